import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { TableEdits } from './table-edits.ts';
import { emptyTables } from './tables.ts';

const PAIR = { key: 'k', value: '', flags: '0', lockIndex: 0 as Index };

test('what an entry did not touch is shared, what it did is new', () => {
  const base = emptyTables();
  const edits = new TableEdits(base, 7 as Index);
  assert.equal(edits.of('kv'), edits.of('kv'), 'opened once');
  edits.of('kv').put({ ...PAIR, createIndex: 7 as Index, modifyIndex: 7 as Index });
  const after = edits.finish();
  assert.equal(after.jobs, base.jobs);
  assert.notEqual(after.kv, base.kv);
  assert.equal(after.kv.get('k')?.modifyIndex, 7);
  assert.equal(base.kv.get('k'), undefined);
});
