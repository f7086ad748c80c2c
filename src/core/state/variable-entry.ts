/** Entries about variables; see `entry.ts` for what holds of every entry. */
import type { Index, Millis } from '../../base/brand.ts';
import type { Namespace } from '../model/ids.ts';
import type { VariableFacts } from '../model/variable.ts';

export type VariableEntry = VariableSet | VariableDeleted;

/** Equal to what is there: nothing changes. */
export type VariableSet = Readonly<{
  type: 'variable.set';
  at: Millis;
  variable: VariableFacts;
  /** Refused with `conflict` unless the variable's `modifyIndex` is this; 0: it must be new. */
  ifModifyIndex?: Index;
}>;

/** One that does not exist is as the caller wants it, unless a condition says otherwise. */
export type VariableDeleted = Readonly<{
  type: 'variable.delete';
  at: Millis;
  namespace: Namespace;
  path: string;
  /** As for `variable.set`. */
  ifModifyIndex?: Index;
}>;
