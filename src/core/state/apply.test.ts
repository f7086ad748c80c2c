import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index } from '../../base/brand.ts';
import { World, register, registerNode, jobSpec } from '../../../test/state-world.ts';
import { beginning, entryOf, steps } from '../../../test/state-entries.ts';
import type { Step } from '../../../test/state-entries.ts';
import { apply } from './apply.ts';
import type { Change } from './change.ts';
import { lint } from './lint.ts';
import { allRows, restoreState, rowsToKeep } from './persist.ts';
import type { KeptRow } from './persist.ts';
import { emptyState } from './state.ts';
import type { State } from './state.ts';
import { SHAPES, TABLE_NAMES } from './tables.ts';
import { indexed, row, watch } from './watch.ts';
import type { WatchKey } from './watch.ts';

const RUNS = { numRuns: 150 };
/** Ids below are those of the beginning. */
const FIRST = 100;

/** Every key that a change touches. */
function keysOf(change: Change): readonly WatchKey[] {
  const indexes = SHAPES[change.table].indexes as Record<
    string,
    (row: object) => string | undefined
  >;
  const keys = [watch.table(change.table), row(change.table, change.key)];
  for (const [name, of] of Object.entries(indexes)) {
    for (const side of [change.before, change.after]) {
      const value = side && of(side);
      if (value !== undefined) keys.push(indexed(change.table, name, value));
    }
  }
  return keys;
}

function through(
  run: readonly Step[],
  look: (before: State, after: State, n: number) => void,
): State {
  let state = beginning();
  for (const [n, step] of run.entries()) {
    const entry = entryOf(state, step, FIRST + n);
    const applied = apply(state, (state.index + 1) as Index, entry);
    look(state, applied.state, n);
    state = applied.state;
  }
  return state;
}

test('A1, A3: every state is clean, and the state before is as it was', () => {
  fc.assert(
    fc.property(steps, (run) => {
      through(run, (before, after) => {
        assert.deepEqual(lint(after), []);
        // Its rows still add up to the hash that it had.
        assert.deepEqual(lint(before), []);
      });
    }),
    RUNS,
  );
});

test('A1: the same entries give the same state', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const first = through(run, () => undefined);
      const second = through(run, () => undefined);
      assert.equal(first.hash, second.hash);
    }),
    RUNS,
  );
});

test('A2: what is refused changes nothing but the index', () => {
  fc.assert(
    fc.property(steps, (run) => {
      let state = beginning();
      for (const [n, step] of run.entries()) {
        const applied = apply(state, (state.index + 1) as Index, entryOf(state, step, FIRST + n));
        if (!applied.outcome.ok || !applied.outcome.changed) {
          assert.equal(applied.state.hash, state.hash);
          assert.deepEqual(applied.changes, []);
        }
        assert.equal(applied.state.index, state.index + 1);
        state = applied.state;
      }
    }),
    RUNS,
  );
});

test('W1, W2: keys that a change touched are at its index, all others stay, none falls', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const seen = new Map<WatchKey, Index>();
      let state = beginning();
      for (const [n, step] of run.entries()) {
        const index = (state.index + 1) as Index;
        const applied = apply(state, index, entryOf(state, step, FIRST + n));
        const touched = new Set(applied.changes.flatMap(keysOf));
        for (const key of touched) {
          assert.equal(applied.state.indexOf(key), index, key);
          seen.set(key, index);
        }
        for (const [key, at] of seen) assert.equal(applied.state.indexOf(key), at, key);
        state = applied.state;
      }
    }),
    RUNS,
  );
});

test('R1: a state kept change by change is restored as it was', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 9 }), (run, every) => {
      const kept = new Map<string, KeptRow>();
      let state = beginning();
      for (const kind of allRows(state)) kept.set(`${kind[0]}\0${kind[1]}`, kind);
      let last: State | undefined = state;
      let changes: Change[] = [];
      const keep = (): void => {
        for (const kind of rowsToKeep(last, state, changes)) {
          const [table, key, value] = kind;
          if (value === undefined) kept.delete(`${table}\0${key}`);
          else kept.set(`${table}\0${key}`, structuredClone(kind));
        }
        last = state;
        changes = [];
      };
      const seen = new Set<WatchKey>();
      for (const [n, step] of run.entries()) {
        const applied = apply(state, (state.index + 1) as Index, entryOf(state, step, FIRST + n));
        state = applied.state;
        changes.push(...applied.changes);
        for (const key of applied.changes.flatMap(keysOf)) seen.add(key);
        if (n % every === 0) keep();
      }
      keep();
      const restored = restoreState(state.index, kept.values());
      assert.equal(restored.hash, state.hash);
      assert.deepEqual(lint(restored), []);
      for (const key of seen) assert.equal(restored.indexOf(key), state.indexOf(key), key);
      assert.equal([...allRows(restored)].length, [...allRows(state)].length);
    }),
    RUNS,
  );
});

test('an entry is applied at its index only', () => {
  const world = new World();
  world.do(registerNode(1));
  assert.throws(
    () => apply(world.state, 3 as Index, register(jobSpec('web'), 1)),
    /in order, once, without gaps/,
  );
});

test('every table is in the state, and every shape names its own', () => {
  for (const name of TABLE_NAMES) assert.equal(SHAPES[name].name, name);
  assert.deepEqual(Object.keys(emptyState().counts()).sort(), [...TABLE_NAMES].sort());
});
