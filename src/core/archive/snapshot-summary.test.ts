import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { META, ROWS } from './saved-state.ts';
import { summarize, type KeyDetails, type SnapshotSummary } from './snapshot-summary.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ALL: KeyDetails = { depth: 2, filter: '' };

function summaryOf(rows: string, details = ALL): ReturnType<typeof summarize> {
  const files = { [META]: bytes('{"ID":"7-1","Index":7,"Version":1}'), [ROWS]: bytes(rows) };
  return summarize({ files }, details);
}

function sound(summary: ReturnType<typeof summarize>): SnapshotSummary {
  if ('problem' in summary) assert.fail(summary.problem);
  return summary;
}

test('rows are counted by table, keys by path', () => {
  const rows = [
    ['kv', 'app/db/host', { value: 'a' }],
    ['kv', 'app/db/port', { value: 'b' }],
    ['kv', 'app/colour', {}],
    ['kv', 'other', {}],
    ['sessions', 's', {}],
  ]
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
  const { tables, keys, ...told } = sound(summaryOf(rows));
  assert.deepEqual(told, { id: '7-1', index: 7, version: 1, size: rows.length });
  assert.deepEqual(
    tables.map(({ name, count }) => `${name} ${count}`),
    ['kv 4', 'sessions 1'],
  );
  assert.equal(
    tables.reduce((sum, { bytes }) => sum + bytes, 0),
    rows.length,
  );
  assert.deepEqual(
    keys.map(({ name, count }) => `${name} ${count}`),
    ['app/db 2', 'app/colour 1', 'other 1'],
  );
  const part = sound(summaryOf(rows, { depth: 1, filter: 'app/' }));
  assert.deepEqual(
    part.keys.map(({ name, count }) => `${name} ${count}`),
    ['app 3'],
  );
});

test('a line that is no row is told', () => {
  const rows: readonly [rows: string, problem: RegExp][] = [
    ['{}\n', /line 1: expected a row/],
    ['["kv","a",{}]\n["kv"]\n', /line 2: expected a table/],
    ['["kv","a",{}]', /line 1: expected a row/],
  ];
  for (const [text, problem] of rows) {
    const summary = summaryOf(text);
    assert.ok('problem' in summary);
    assert.match(summary.problem, problem);
  }
  fc.assert(fc.property(fc.string(), (text) => void summaryOf(text)));
});
