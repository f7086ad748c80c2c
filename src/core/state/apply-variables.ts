/**
 * Variables.
 *
 * V1: a write that says what is so already changes nothing, so that nobody wakes for it.
 */
import { same } from '../../base/same.ts';
import type { Index } from '../../base/brand.ts';
import type { Edit } from './edit.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome, Refused } from './outcome.ts';
import type { VariableDeleted, VariableSet } from './variable-entry.ts';
import { variableKey } from './watch.ts';

export function setVariable(edit: Edit, { variable, ifModifyIndex, at }: VariableSet): Outcome {
  const key = variableKey(variable.namespace, variable.path);
  const before = edit.table('variables').get(key);
  const conflict = conflictOf(before, ifModifyIndex, variable.path);
  if (conflict !== undefined) return conflict;
  if (before !== undefined && same(before.items, variable.items)) return accepted(edit);
  const written = {
    ...variable,
    createdAt: before?.createdAt ?? at,
    modifiedAt: at,
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  edit.putPlain('variables', written, key);
  return accepted(edit);
}

export function deleteVariable(edit: Edit, entry: VariableDeleted): Outcome {
  const key = variableKey(entry.namespace, entry.path);
  const before = edit.table('variables').get(key);
  const conflict = conflictOf(before, entry.ifModifyIndex, entry.path);
  if (conflict !== undefined) return conflict;
  edit.deletePlain('variables', key);
  return accepted(edit);
}

function conflictOf(
  before: { readonly modifyIndex: Index } | undefined,
  wanted: Index | undefined,
  path: string,
): Refused | undefined {
  const present = before?.modifyIndex ?? 0;
  if (wanted === undefined || wanted === present) return undefined;
  const why = `requested index ${wanted}, the present one is ${present}`;
  return refused('conflict', `cas error: variable ${JSON.stringify(path)}: ${why}`);
}
