import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index } from '../../base/brand.ts';
import { CoordinationWorld, sessionId } from '../../../test/coordination-world.ts';
import { beginning, entryOf, steps } from '../../../test/state-entries.ts';
import { T0 } from '../../../test/state-world.ts';
import { apply } from './apply.ts';
import type { StateRestored } from './entry.ts';
import { lint } from './lint.ts';
import { allRows } from './persist.ts';
import type { State } from './state.ts';
import { TABLE_NAMES } from './tables.ts';
import { watch } from './watch.ts';

function restored(state: State, from: State): State {
  const names = new Set<string>(TABLE_NAMES);
  const kept = [...allRows(from)].filter(([table]) => names.has(table));
  const rows = structuredClone(kept) as StateRestored['rows'];
  const applied = apply(state, (state.index + 1) as Index, { type: 'state.restore', at: T0, rows });
  assert.ok(applied.outcome.ok);
  return applied.state;
}

test('P2: what is as it was stays, what is not changes now, and watchers of it wake', () => {
  const world = new CoordinationWorld();
  world.session(1);
  world.set('same');
  world.set('changed');
  world.set('gone-later');
  world.lock('held', 1);
  const { state: then } = world;
  world.set('changed', 'bmV3');
  world.set('new');
  world.write({ verb: 'delete', key: 'gone-later' });
  world.unlock('held', 1);
  const now = restored(world.state, then);
  const index = now.index;
  assert.equal(now.indexOf(watch.kvPair('same')), then.indexOf(watch.kvPair('same')));
  for (const key of ['changed', 'new', 'gone-later', 'held']) {
    assert.equal(now.indexOf(watch.kvPair(key)), index, key);
  }
  assert.equal(now.kvPair('changed')?.value, then.kvPair('changed')?.value);
  assert.equal(now.kvPair('new'), undefined);
  assert.equal(now.kvPair('held')?.session, sessionId(1));
  assert.deepEqual(lint(now), []);
});

test('any state is put back to any other, and all sums are right', () => {
  fc.assert(
    fc.property(steps, steps, (first, second) => {
      let state = beginning();
      for (const [n, step] of first.entries()) {
        state = apply(state, (state.index + 1) as Index, entryOf(state, step, 100 + n)).state;
      }
      const then = state;
      for (const [n, step] of second.entries()) {
        state = apply(state, (state.index + 1) as Index, entryOf(state, step, 300 + n)).state;
      }
      const now = restored(state, then);
      assert.deepEqual(lint(now), []);
      assert.deepEqual(now.counts(), then.counts());
      for (const alloc of now.allocs()) {
        if (alloc.modifyIndex === now.index) assert.equal(alloc.allocModifyIndex, now.index, 'P3');
      }
    }),
    { numRuns: 40 },
  );
});

test('a table that this build does not know is refused', () => {
  const world = new CoordinationWorld();
  const { outcome } = world.do({ type: 'state.restore', at: T0, rows: [['no-such', 'k', {}]] });
  assert.equal(outcome.ok, false);
});
