import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { summarize, sumOf } from './snapshot-summary.ts';
import type { TarFile } from './tar.ts';

const META = '{"ID":"7-1","Index":7,"Size":9,"Version":1}\n';
const ALL = { depth: 2, filter: '' };

function files(meta: string, state: string, sums = ''): readonly TarFile[] {
  return Object.entries({ 'meta.json': meta, 'state.bin': state, SHA256SUMS: sums }).map(
    ([name, text]) => ({ name, bytes: new TextEncoder().encode(text) }),
  );
}

test('rows are counted by table, keys by path', () => {
  const rows = [
    ['kv', 'app/db/host', { value: 'a' }],
    ['kv', 'app/db/port', { value: 'b' }],
    ['kv', 'app/colour', {}],
    ['kv', 'other', {}],
    ['sessions', 's', {}],
  ].map((row) => `${JSON.stringify(row)}\n`);
  const state = rows.join('');
  const told = summarize(files(META, state), ALL);
  assert.ok(!('problem' in told), JSON.stringify(told));
  assert.deepEqual(
    { ...told, tables: [], keys: [] },
    {
      ...{ id: '7-1', index: 7, version: 1, size: state.length, tables: [], keys: [] },
    },
  );
  assert.deepEqual(
    told.tables.map(({ name, count }) => `${name} ${count}`),
    ['kv 4', 'sessions 1'],
  );
  assert.equal(
    told.tables.reduce((sum, { bytes }) => sum + bytes, 0),
    state.length,
  );
  assert.deepEqual(
    told.keys.map(({ name, count }) => `${name} ${count}`),
    ['app/db 2', 'app/colour 1', 'other 1'],
  );
  const part = summarize(files(META, state), { depth: 1, filter: 'app/' });
  assert.ok(!('problem' in part));
  assert.deepEqual(
    part.keys.map(({ name, count }) => `${name} ${count}`),
    ['app 3'],
  );
});

test('sums are found by name', () => {
  const some = files('', '', 'aa  meta.json\nbb  state.bin\n');
  assert.equal(sumOf(some, 'state.bin'), 'bb');
  assert.equal(sumOf(some, 'else'), undefined);
  assert.equal(sumOf([], 'state.bin'), undefined);
});

test('S1: what is no saved state is told', () => {
  const rows: readonly [meta: string, state: string, problem: RegExp][] = [
    ['', '', /expected an object/],
    ['[]', '', /expected an object/],
    ['{"ID":7}', '', /expected ID, Index and Version/],
    [META, '{}\n', /line 1: expected a row/],
    [META, '["kv","a",{}]\n["kv"]\n', /line 2: expected a table/],
    [META, '["kv","a",{}]', /line 1: expected a row/],
  ];
  for (const [meta, state, problem] of rows) {
    const told = summarize(files(meta, state), ALL);
    assert.ok('problem' in told);
    assert.match(told.problem, problem);
  }
  assert.deepEqual(summarize([], ALL), { problem: 'it is no saved state' });
  fc.assert(
    fc.property(fc.string(), fc.string(), (meta, state) => {
      summarize(files(meta, state), ALL);
      summarize(files(META, state), ALL);
    }),
  );
});
