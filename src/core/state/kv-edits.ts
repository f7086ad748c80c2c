/**
 * What becomes of keys: every change of the table `kv` is made here, whichever entry asks for it.
 *
 * L1: a lock is granted only where nobody holds it; its `lockIndex`, the index of the entry that
 *     granted it, is higher than that of every grant before (a fencing token). Taking a lock that
 *     one holds already leaves the token as it is.
 * L2: no lock is granted while the lock-delay of its key runs: until the leader has lifted it.
 * L3: a write that says what is so already changes nothing.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/kv
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { KvPair } from '../model/kv.ts';
import type { KvWrite } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { refused } from './outcome.ts';
import type { Refused } from './outcome.ts';

type Put = Extract<KvWrite, { verb: 'set' | 'cas' | 'lock' | 'unlock' }>;
type Grant = Extract<KvWrite, { verb: 'lock' | 'unlock' }>;

/** The parts of a pair that a write decides. */
interface Holding {
  readonly session: KvPair['session'];
  readonly lockIndex: Index;
}

/**
 * Carries out one change. Answers why not, having changed nothing: `conflict` where its condition
 * does not hold, `invalid` for a session that does not exist.
 */
export function writeKv(edit: Edit, op: KvWrite): Refused | undefined {
  switch (op.verb) {
    case 'set':
      put(edit, op, holdingOf(pairOf(edit, op.key)));
      return undefined;
    case 'cas':
      return compareAndSet(edit, op);
    case 'lock':
      return grant(edit, op);
    case 'unlock':
      return release(edit, op);
    case 'delete':
      edit.deletePlain('kv', op.key);
      return undefined;
    case 'delete-cas':
      return compareAndDelete(edit, op.key, op.index);
    case 'delete-tree':
      for (const { key } of edit.table('kv').valuesFrom(op.key)) edit.deletePlain('kv', key);
      return undefined;
  }
}

/** The instant that counts for what is over: it never goes back, whatever the edge's clock did. */
export function nowOf(edit: Edit): Millis {
  return edit.at > edit.base.at ? edit.at : edit.base.at;
}

/** Takes the lock from its holder, who has lost its session. */
export function freePair(edit: Edit, pair: KvPair): void {
  put(edit, { verb: 'set', ...pair }, { session: undefined, lockIndex: pair.lockIndex });
}

function pairOf(edit: Edit, key: string): KvPair | undefined {
  return edit.table('kv').get(key);
}

function holdingOf(pair: KvPair | undefined): Holding {
  return { session: pair?.session, lockIndex: pair?.lockIndex ?? NEVER };
}

function compareAndSet(edit: Edit, op: Put & { readonly index: Index }): Refused | undefined {
  const before = pairOf(edit, op.key);
  if ((before?.modifyIndex ?? NEVER) !== op.index) {
    return refused('conflict', `failed to set key ${JSON.stringify(op.key)}, index is stale`);
  }
  put(edit, op, holdingOf(before));
  return undefined;
}

/** What does not exist is as the caller wants it. */
function compareAndDelete(edit: Edit, key: string, index: Index): Refused | undefined {
  const before = pairOf(edit, key);
  if (before === undefined) return undefined;
  if (before.modifyIndex !== index) {
    return refused('conflict', `failed to delete key ${JSON.stringify(key)}, index is stale`);
  }
  edit.deletePlain('kv', key);
  return undefined;
}

function grant(edit: Edit, op: Grant): Refused | undefined {
  const name = JSON.stringify(op.key);
  if (edit.table('sessions').get(op.session) === undefined) {
    return refused('invalid', `invalid session ${JSON.stringify(op.session)}`);
  }
  const before = pairOf(edit, op.key);
  if (before?.session === op.session) {
    put(edit, op, holdingOf(before));
    return undefined;
  }
  if (before?.session !== undefined) {
    return refused('conflict', `failed to lock key ${name}, lock is already held`);
  }
  if (edit.table('lockDelays').get(op.key) !== undefined) {
    return refused('conflict', `failed to lock key ${name} due to lock delay`);
  }
  put(edit, op, { session: op.session, lockIndex: edit.index });
  return undefined;
}

function release(edit: Edit, op: Grant): Refused | undefined {
  const before = pairOf(edit, op.key);
  if (before?.session === undefined || before.session !== op.session) {
    const why = "lock isn't held, or is held by another session";
    return refused('conflict', `failed to unlock key ${JSON.stringify(op.key)}, ${why}`);
  }
  put(edit, op, { session: undefined, lockIndex: before.lockIndex });
  return undefined;
}

function put(edit: Edit, op: Put, { session, lockIndex }: Holding): void {
  const { key, value, flags, expiresAt } = op;
  const before = pairOf(edit, key);
  if (
    before?.value === value &&
    before.flags === flags &&
    before.session === session &&
    before.lockIndex === lockIndex &&
    before.expiresAt === expiresAt
  ) {
    return;
  }
  const pair: KvPair = {
    key,
    value,
    flags,
    lockIndex,
    ...(session !== undefined && { session }),
    ...(expiresAt !== undefined && { expiresAt }),
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  edit.putPlain('kv', pair, key);
}

/** The index of what does not exist, or never was. */
const NEVER = 0 as Index;
