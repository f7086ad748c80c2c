/**
 * Transactions: several operations, carried out all or none.
 *
 * X1: each operation sees the state as those before it left it.
 * X2: one that fails undoes all; every failure is told, by the place of its operation.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/txn
 */
import type { Index } from '../../base/brand.ts';
import type { KvPair } from '../model/kv.ts';
import { NO_FLAGS } from '../model/kv.ts';
import type { KvCheck, KvWrite, TxnApplied, TxnOp } from './discovery-entry.ts';
import { Edit } from './edit.ts';
import { writeKv } from './kv-edits.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome, TxnFailure, TxnResult } from './outcome.ts';
import { invalidateSession } from './session-edits.ts';
import type { State } from './state.ts';
import { changeCatalogRow } from './txn-catalog.ts';

/** What came of the operations, in their order; any failure means that nothing was changed. */
export interface TxnAnswer {
  readonly results: readonly TxnResult[];
  readonly failures: readonly TxnFailure[];
}

export function applyTxn(edit: Edit, { ops }: TxnApplied): Outcome {
  // X2: tried where it leaves no trace, as an edit cannot take back what it has begun.
  const { failures } = run(new Edit(edit.base, edit.index, edit.at), ops);
  const [first] = failures;
  if (first !== undefined) return { ...refused('conflict', first.message), failures };
  const { results } = run(edit, ops);
  return accepted(edit, { results });
}

/** The same for operations that change nothing (`isReadOnly`), outside the log. */
export function readTxn(state: State, ops: readonly TxnOp[]): TxnAnswer {
  return run(new Edit(state, state.index, state.at), ops);
}

/** True where no operation can change anything. */
export function isReadOnly(ops: readonly TxnOp[]): boolean {
  return ops.every((each) => {
    if (each.of === 'kv') return !isWrite(each.op);
    return each.of !== 'session' && each.verb === 'get';
  });
}

function run(edit: Edit, ops: readonly TxnOp[]): TxnAnswer {
  const results: TxnResult[] = [];
  const failures: TxnFailure[] = [];
  for (const [op, each] of ops.entries()) {
    const done = carryOut(edit, each);
    if (typeof done === 'string') failures.push({ op, message: done });
    else results.push(...done);
  }
  return { results, failures };
}

/** Answers the results of one operation, or why it cannot be. */
function carryOut(edit: Edit, op: TxnOp): readonly TxnResult[] | string {
  switch (op.of) {
    case 'kv':
      return isWrite(op.op) ? write(edit, op.op) : check(edit, op.op);
    case 'session':
      invalidateSession(edit, op.id);
      return [];
    case 'node':
    case 'service':
    case 'check':
      return changeCatalogRow(edit, op);
  }
}

function isWrite(op: KvWrite | KvCheck): op is KvWrite {
  switch (op.verb) {
    case 'set':
    case 'cas':
    case 'lock':
    case 'unlock':
    case 'delete':
    case 'delete-cas':
    case 'delete-tree':
      return true;
    case 'get':
    case 'get-or-empty':
    case 'get-tree':
    case 'check-not-exists':
    case 'check-index':
    case 'check-session':
      return false;
  }
}

function write(edit: Edit, op: KvWrite): readonly TxnResult[] | string {
  const problem = writeKv(edit, op);
  if (problem !== undefined) return problem.message;
  if (op.verb === 'delete' || op.verb === 'delete-cas' || op.verb === 'delete-tree') return [];
  const pair = edit.table('kv').get(op.key);
  return pair === undefined ? [] : [{ of: 'kv', pair, withValue: false }];
}

function check(edit: Edit, op: KvCheck): readonly TxnResult[] | string {
  const name = JSON.stringify(op.key);
  if (op.verb === 'get-tree') {
    const pairs = edit.table('kv').valuesFrom(op.key);
    return pairs.map((pair) => ({ of: 'kv', pair, withValue: true }));
  }
  const pair = edit.table('kv').get(op.key);
  switch (op.verb) {
    case 'get':
      return pair === undefined
        ? `key ${name} doesn't exist`
        : [{ of: 'kv', pair, withValue: true }];
    case 'get-or-empty':
      return [{ of: 'kv', pair: pair ?? nothingAt(op.key), withValue: true }];
    case 'check-not-exists':
      return pair === undefined ? [] : `key ${name} exists`;
    case 'check-index':
      return compare(pair, 'index', op);
    case 'check-session':
      return compare(pair, 'session', op);
  }
}

/** Answers the pair where its index, or its holder, is the one expected. */
function compare(
  pair: KvPair | undefined,
  what: 'index' | 'session',
  { key, ...expected }: { readonly key: string; readonly index?: Index; readonly session?: string },
): readonly TxnResult[] | string {
  const name = JSON.stringify(key);
  if (pair === undefined) return `failed to check ${what}, key ${name} doesn't exist`;
  const is = what === 'index' ? pair.modifyIndex : (pair.session ?? '');
  if (is === expected[what]) return [{ of: 'kv', pair, withValue: false }];
  const current = what === 'index' ? 'current modify index' : 'current session';
  const [has, wants] = [JSON.stringify(is), JSON.stringify(expected[what])];
  return `failed ${what} check for key ${name}, ${current} ${has} != ${wants}`;
}

function nothingAt(key: string): KvPair {
  const index = 0 as Index;
  const indexes = { lockIndex: index, createIndex: index, modifyIndex: index };
  return { key, value: '', flags: NO_FLAGS, ...indexes };
}
