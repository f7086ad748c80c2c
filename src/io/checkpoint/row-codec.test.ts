import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Packr } from 'msgpackr';
import { RowCodec } from './row-codec.ts';

/** Written by one codec, read by another that knows only the stored names. */
function roundTrip(values: readonly unknown[]): readonly unknown[] {
  const writer = new RowCodec([]);
  const rows = values.map((value) => writer.encode(value));
  const reader = new RowCodec(writer.pending ?? []);
  // The newest first: no row may lean on one read before it.
  return rows
    .reverse()
    .map((bytes) => reader.decode(bytes))
    .reverse();
}

test('a row may repeat a shape whose names are not shared', () => {
  const value = { list: [{ 's-1': { 'a-b': 1, c: 2 } }, { 's-1': { 'a-b': 3, c: 4 } }], tail: 5 };
  assert.deepEqual(roundTrip([value, value]), [value, value]);
});

test('more shapes than have names: all rows decode', () => {
  const values = Array.from({ length: 1_500 }, (_, n) => {
    const inner = { [`f${n}`]: 1, common: n };
    return { first: inner, second: { ...inner, common: n + 1 }, [`g${n}`]: [inner, inner] };
  });
  assert.deepEqual(roundTrip(values), values);
});

test('a codec goes on from what was stored', () => {
  const stored = (codec: RowCodec): number => codec.pending?.length ?? 0;
  const first = new RowCodec([]);
  const row = first.encode({ a: 1, b: { c: 2 } });
  const second = new RowCodec(first.pending ?? []);
  assert.deepEqual(second.decode(row), { a: 1, b: { c: 2 } });
  second.encode({ a: 1, b: { c: 3 } });
  assert.equal(stored(second), 0);
  second.encode({ d: 1 });
  assert.ok(stored(second) > stored(first));
});

test('V3: what rows share comes back in each of them, and as it is in those of an older build', () => {
  const metrics = { nodesEvaluated: 5, scores: [{ nodeId: 'n1', normScore: 0.5 }] };
  const resources = { cpu: 100, cores: [] };
  const rows = ['a', 'b'].map((id) => ({ id, metrics, resources }));
  assert.deepEqual(roundTrip(rows), rows);
  assert.deepEqual(roundTrip([{ id: 'c', metrics: 5, resources: [1] }]), [
    { id: 'c', metrics: 5, resources: [1] },
  ]);
  assert.deepEqual(rows[0], { id: 'a', metrics, resources }, 'what is written stays as it was');
  const old = new Packr({ useRecords: false }).pack(rows[1]);
  assert.deepEqual(new RowCodec([]).decode(old), rows[1]);
});
