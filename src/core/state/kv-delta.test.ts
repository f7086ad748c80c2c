import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index, Millis } from '../../base/brand.ts';
import type { KvPair } from '../model/kv.ts';
import { apply } from './apply.ts';
import type { KvWrite } from './discovery-entry.ts';
import type { Entry } from './entry.ts';
import { kvBase, kvDelta, type KvDelta } from './kv-delta.ts';
import { emptyState } from './state.ts';

const key = fc.constantFrom('a', 'a/1', 'a/2', 'ab', 'b', 'b/1');
const write: fc.Arbitrary<KvWrite> = fc.oneof(
  fc.record({
    verb: fc.constant('set' as const),
    key,
    value: fc.constantFrom('', 'eA==', 'eQ=='),
    flags: fc.constant('0'),
  }),
  fc.record({ verb: fc.constantFrom('delete' as const, 'delete-tree' as const), key }),
);
const at = 1 as Millis;
const entry: fc.Arbitrary<Entry> = fc.oneof(
  write.map((op): Entry => ({ type: 'kv.write', at, op })),
  fc.array(write, { minLength: 1, maxLength: 4 }).map((all): Entry => {
    const ops = all.map((op) => ({ of: 'kv' as const, op }));
    return { type: 'txn.apply', at, ops };
  }),
);
const followed = fc.record({
  keys: fc.array(key, { maxLength: 2 }),
  prefixes: fc.array(fc.constantFrom('', 'a', 'a/', 'b/', 'c'), { maxLength: 2 }),
});

function told(copy: ReadonlyMap<string, KvPair>, deltas: readonly KvDelta[]): Map<string, KvPair> {
  const next = new Map(copy);
  for (const { key: name, pair } of deltas) {
    if (pair === undefined) next.delete(name);
    else next.set(name, pair);
  }
  return next;
}

test('D1: a copy that is told of every entry is what the state holds, after each of them', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), followed, (entries, wanted) => {
      let state = emptyState();
      let copy = new Map<string, KvPair>();
      for (const [i, each] of entries.entries()) {
        const before = kvBase(state, wanted);
        const applied = apply(state, (i + 1) as Index, each);
        ({ state } = applied);
        const deltas = kvDelta(applied.changes, wanted);
        copy = told(copy, deltas);
        const base = kvBase(state, wanted);
        const sorted = [...copy.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
        assert.deepEqual(sorted, base);
        assert.equal(new Set(deltas.map((delta) => delta.key)).size, deltas.length);
        // Nobody is told of nothing.
        if (deltas.length > 0) assert.notDeepEqual(base, before);
      }
    }),
  );
});
