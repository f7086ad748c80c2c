import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index } from '../../base/brand.ts';
import { emptyTable, restoreTable } from './table.ts';
import type { Table, TableShape } from './table.ts';

interface Row {
  readonly id: string;
  readonly team: string | undefined;
  readonly modifyIndex: Index;
}

const SHAPE: TableShape<Row> = {
  name: 'test',
  key: ({ id }) => id,
  indexes: { team: ({ team }) => team },
};

const IDS = ['a', 'b', 'c', 'd'];
const TEAMS = ['red', 'blue', undefined];

const edits = fc.array(
  fc.record({
    id: fc.constantFrom(...IDS),
    team: fc.constantFrom(...TEAMS),
    deletes: fc.boolean(),
  }),
  { size: 'max', maxLength: 60 },
);

function step(
  table: Table<Row>,
  at: number,
  row: { id: string; team: string | undefined },
): Table<Row> {
  const edit = table.edit(at as Index);
  edit.put({ ...row, modifyIndex: at as Index });
  return edit.finish();
}

test('T1, T2: a table is a map with groups, and older ones stay as they were', () => {
  fc.assert(
    fc.property(edits, (list) => {
      let table = emptyTable(SHAPE);
      const model = new Map<string, Row>();
      const past: [Table<Row>, Row[]][] = [];
      for (const [i, { id, team, deletes }] of list.entries()) {
        const at = (i + 2) as Index;
        past.push([table, sorted(model)]);
        const edit = table.edit(at);
        if (deletes) edit.delete(id);
        else edit.put({ id, team, modifyIndex: at });
        if (deletes) model.delete(id);
        else model.set(id, { id, team, modifyIndex: at });
        table = edit.finish();
        for (const each of ['red', 'blue']) {
          const mates = sorted(model).filter((row) => row.team === each);
          assert.deepEqual([...table.valuesBy('team', each)], mates);
          assert.equal(table.sizeBy('team', each), mates.length);
        }
      }
      for (const [old, rows] of past) assert.deepEqual([...old.values()], rows);
    }),
  );
});

test('T3, T4: indexes are those of the last change, also after a restore', () => {
  fc.assert(
    fc.property(edits, (list) => {
      let table = emptyTable(SHAPE);
      const rowAt = new Map<string, number>();
      const teamAt = new Map<string, number>();
      for (const [i, { id, team, deletes }] of list.entries()) {
        const at = (i + 2) as Index;
        const before = table.get(id);
        const edit = table.edit(at);
        if (deletes) edit.delete(id);
        else edit.put({ id, team, modifyIndex: at });
        table = edit.finish();
        if (!deletes || before !== undefined) rowAt.set(id, at);
        if (before?.team !== undefined) teamAt.set(before.team, at);
        if (!deletes && team !== undefined) teamAt.set(team, at);
      }
      const restored = restoreTable(SHAPE, [...table.values()], table.marks);
      for (const each of [table, restored]) {
        for (const id of IDS) assert.equal(each.indexOfRow(id), rowAt.get(id) ?? 1);
        for (const team of ['red', 'blue']) {
          assert.equal(each.indexOfGroup('team', team), teamAt.get(team) ?? 1);
        }
        assert.equal(each.lastIndex(), Math.max(1, ...rowAt.values()));
        assert.deepEqual(each.hash, table.hash);
      }
    }),
  );
});

test('insert writes only what is new', () => {
  const table = step(emptyTable(SHAPE), 2, { id: 'a', team: 'red' });
  const edit = table.edit(3 as Index);
  assert.equal(edit.insert({ id: 'a', team: 'blue', modifyIndex: 3 as Index }), false);
  assert.equal(edit.insert({ id: 'b', team: 'blue', modifyIndex: 3 as Index }), true);
  const after = edit.finish();
  assert.equal(after.get('a')?.team, 'red');
  assert.equal(after.sizeBy('team', 'blue'), 1);
});

test('a row that does not remember its entry is a bug', () => {
  const edit = emptyTable(SHAPE).edit(3 as Index);
  assert.throws(() => edit.put({ id: 'a', team: undefined, modifyIndex: 2 as Index }));
});

function sorted(model: ReadonlyMap<string, Row>): Row[] {
  return [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
