/**
 * Puts the state back to what a snapshot holds.
 *
 * P1: it is one entry, so that nobody sees half of it.
 * P2: a row that is as the snapshot has it is not touched; every other one changes at this entry's
 *     index. So indexes rise, watchers of what changed wake, and nobody else does.
 * P3: an allocation that is not as it was is news to its client, which else would go on as it was
 *     told last: what it ended meanwhile it says so again.
 */
import type { Index } from '../../base/brand.ts';
import { same } from '../../base/same.ts';
import type { Edit } from './edit.ts';
import type { StateRestored } from './entry.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { SHAPES, TABLE_NAMES } from './tables.ts';
import type { TableName } from './watch.ts';

type AnyRow = Readonly<Record<string, unknown>> & { readonly modifyIndex: Index };

export function restoreRows(edit: Edit, { rows }: StateRestored): Outcome {
  const wanted = new Map<string, Map<string, AnyRow>>(TABLE_NAMES.map((name) => [name, new Map()]));
  for (const [table, key, value] of rows) {
    const found = wanted.get(table);
    if (found === undefined) return refused('invalid', `there is no table "${table}"`);
    found.set(key, value as AnyRow);
  }
  for (const name of TABLE_NAMES) restoreTable(edit, name, wanted.get(name) ?? new Map());
  return accepted(edit);
}

function restoreTable(edit: Edit, name: TableName, wanted: ReadonlyMap<string, AnyRow>): void {
  const key = SHAPES[name].key as (row: object) => string;
  for (const present of edit.table(name).valuesFrom('')) {
    const at = key(present);
    if (!wanted.has(at)) edit.replaceRow(name, at, undefined);
  }
  for (const [at, row] of wanted) {
    const present = edit.table(name).get(at) as AnyRow | undefined;
    if (present !== undefined && same(bare(present), bare(row))) continue;
    edit.replaceRow(name, at, stamped(row, present, edit.index));
  }
}

function bare(row: AnyRow): unknown {
  return { ...row, modifyIndex: 0, createIndex: 0, allocModifyIndex: 0 };
}

/** The row with indexes of this log: those of another may lie in its future. */
function stamped(row: AnyRow, present: AnyRow | undefined, index: Index): AnyRow {
  const before = present?.['createIndex'] ?? row['createIndex'];
  return {
    ...row,
    modifyIndex: index,
    ...(typeof before === 'number' && { createIndex: Math.min(before, index) }),
    ...(typeof row['allocModifyIndex'] === 'number' && { allocModifyIndex: index }),
    ...(typeof row['lockIndex'] === 'number' && { lockIndex: Math.min(row['lockIndex'], index) }),
  };
}
