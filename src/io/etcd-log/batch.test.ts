import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../base/failure.ts';
import { entryCodec } from '../log/entry-codec.ts';
import { decodeBatch, encodeBatch, readBatchHead } from './batch.ts';
import { logKeys } from './keys.ts';
import { BATCH_BYTES_MAX } from './limits.ts';

type Fact = Readonly<{ n: number; text: string }>;
const codec = entryCodec<Fact>();
const facts = fc.array(
  fc.record({ n: fc.integer(), text: fc.string() }, { noNullPrototype: true }),
  { minLength: 1 },
);

test('B1: batches come back as they went in', () => {
  const property = fc.property(fc.array(facts, { minLength: 1 }), (appends) => {
    const chunks = appends.map((each) => ({ bytes: codec.encode(each), entries: each.length }));
    const { value, pieces } = encodeBatch(chunks, 7);
    assert.deepEqual(readBatchHead(value), { term: 7, pieces: 0 });
    assert.equal(pieces.length, 0);
    assert.deepEqual(decodeBatch(value, codec), appends.flat());
  });
  fc.assert(property);
});

test('B1: a large append is cut into pieces that fit', () => {
  const large = [{ n: 1, text: 'x'.repeat(3 * BATCH_BYTES_MAX) }];
  const { value, pieces } = encodeBatch([{ bytes: codec.encode(large), entries: 1 }], 9);
  assert.deepEqual(readBatchHead(value), { term: 9, pieces: 3 });
  for (const each of [value, ...pieces]) assert.ok(each.length <= BATCH_BYTES_MAX);
  assert.deepEqual(decodeBatch(Buffer.concat([value, ...pieces]), codec), large);
});

test('what is cut off anywhere is told', () => {
  const bytes = codec.encode([{ n: 1, text: 'some text' }]);
  const { value } = encodeBatch([{ bytes, entries: 1 }], 7);
  for (let length = 14; length < value.length; length++) {
    const isTold = (error: unknown): boolean =>
      error instanceof Failure && error.fault === 'internal';
    assert.throws(() => decodeBatch(value.subarray(0, length), codec), isTold);
  }
});

test('keys sort by index and say what they hold', () => {
  const keys = logKeys('muster/');
  const property = fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, size) => {
    const key = keys.batch(a, a + size);
    assert.deepEqual(keys.spanOf(key), { first: a, last: a + size });
    assert.equal(key > keys.batchesFrom(b), a >= b);
    assert.ok(key >= keys.log.key && key < keys.log.end);
    const { key: from, end } = keys.parts(a, b);
    assert.ok(keys.part(a, b, size) >= from && keys.part(a, b, size) < end);
    assert.equal(keys.part(a, b, 0) < keys.partsBefore(b).end, a < b);
  });
  fc.assert(property);
  assert.equal(keys.spanOf('muster/head'), undefined);
});
