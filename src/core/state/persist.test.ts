/** What is kept and restored as it was is seen in apply.test.ts; here, what may not be restored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { World, T0, registerNode } from '../../../test/state-world.ts';
import { apply } from './apply.ts';
import { ENTRY_VERSION } from './entry-version.ts';
import type { Entry } from './entry.ts';
import { allRows, restoreState, rowsToKeep } from './persist.ts';
import type { State } from './state.ts';

function someState(): State {
  const world = new World();
  world.do(registerNode(1));
  return world.state;
}

const isLaterBuilds = { fault: 'unsupported', message: /a later build knows: upgrade this server/ };

test('EV2: rows of a table that this build does not know are refused', () => {
  const state = someState();
  const rows = [...allRows(state), ['inventions', 'x', {}]] as const;
  assert.throws(() => restoreState(state.index, rows), isLaterBuilds);
});

test('EV2: a state that came of entries of a later version is refused, ever after', () => {
  const early = someState();
  const later = early.needing(ENTRY_VERSION + 1);
  assert.throws(() => restoreState(later.index, allRows(later)), isLaterBuilds);
  // Whether the entries that follow are refused, change something, or replace everything.
  const next = (later.index + 1) as Index;
  const tag = { namespace: 'default', jobId: 'none', name: 'a', description: '', version: 1 };
  const rows = [...allRows(early)].filter(([table]) => table === 'nodes');
  const entries = [
    { type: 'job.tag', at: T0, ...tag },
    registerNode(2),
    { type: 'state.restore', at: T0, rows },
  ];
  for (const entry of entries) {
    const { state, changes } = apply(later, next, entry as Entry);
    assert.equal(state.entryVersion, ENTRY_VERSION + 1);
    const kept = [...allRows(later), ...rowsToKeep(later, state, changes)];
    assert.throws(() => restoreState(next, kept), isLaterBuilds);
  }
});

test('what was kept before there were versions needs the first', () => {
  const state = someState();
  const rows = [...allRows(state)].filter(([table]) => table !== 'meta');
  const kept = restoreState(state.index, [...rows, ['meta', 'state', { at: T0 }]]);
  assert.deepEqual([kept.entryVersion, kept.at, kept.hash], [1, T0, state.hash]);
});
