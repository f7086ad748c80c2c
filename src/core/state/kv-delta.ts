/**
 * What a reader of many keys has to be told so that its copy stays exact: everything once, then
 * what each entry changed.
 *
 * D1: a base as of index N with the deltas of all later entries up to M is the base as of M.
 */
import type { KvPair } from '../model/kv.ts';
import type { Change } from './change.ts';
import type { StateReader } from './snapshot.ts';

/** The keys that somebody follows. An empty prefix stands for all. */
export interface FollowedKeys {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

/** What became of one key; absent `pair`: it is gone. */
export interface KvDelta {
  readonly key: string;
  readonly pair?: KvPair;
}

/** All followed keys that exist, in their order, each once. */
export function kvBase(
  state: Pick<StateReader, 'kvPair' | 'kvPairs'>,
  { keys, prefixes }: FollowedKeys,
): readonly KvPair[] {
  const found = new Map<string, KvPair>();
  for (const prefix of prefixes) {
    for (const pair of state.kvPairs(prefix)) found.set(pair.key, pair);
  }
  for (const key of keys) {
    const pair = state.kvPair(key);
    if (pair !== undefined) found.set(key, pair);
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * What one entry did to the followed keys: each once, as it is after the entry. What came and went
 * within it nobody could have seen.
 */
export function kvDelta(
  changes: readonly Change[],
  { keys, prefixes }: FollowedKeys,
): readonly KvDelta[] {
  const touched = new Map<string, { before: KvPair | undefined; after: KvPair | undefined }>();
  for (const change of changes) {
    if (change.table !== 'kv') continue;
    const { key, before, after } = change;
    if (!keys.includes(key) && !prefixes.some((prefix) => key.startsWith(prefix))) continue;
    const known = touched.get(key);
    touched.set(key, { before: known === undefined ? before : known.before, after });
  }
  const deltas: KvDelta[] = [];
  for (const [key, { before, after }] of touched) {
    if (after !== undefined) deltas.push({ key, pair: after });
    else if (before !== undefined) deltas.push({ key });
  }
  return deltas;
}
