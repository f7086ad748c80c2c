import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { due, ending, extended, leaseOf, TERM_GRACE_MS, watching } from './guard.ts';
import type { GuardState } from './guard.ts';

test('a lease ends before its session may', () => {
  assert.deepEqual(leaseOf(100_000, 15_000), { termAt: 109_000, killAt: 114_000 });
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 86_400_000 }), (sentAt, ttlMs) => {
      const { termAt, killAt } = leaseOf(sentAt, ttlMs);
      assert.ok(sentAt < termAt && termAt < killAt && killAt < sentAt + ttlMs);
    }),
  );
});

type Event = Readonly<{ at: number; do: 'look' | 'extend' | 'end' }>;

const events = fc
  .array(
    fc.record({
      at: fc.nat(60_000),
      do: fc.constantFrom<Event['do']>('look', 'look', 'extend', 'end'),
    }),
    { maxLength: 40 },
  )
  .map((all) => [...all].sort((a, b) => a.at - b.at));

/** Runs a guard that looks at its clock every 100 ms, besides what happens to it. */
function run(happens: readonly Event[], heard: (at: number, signal: string) => void): GuardState {
  let state = watching(leaseOf(0, 15_000));
  const ticks = Array.from({ length: 900 }, (_, i): Event => ({ at: i * 100, do: 'look' }));
  const all = [...happens, ...ticks].sort((a, b) => a.at - b.at);
  for (const { at, do: what } of all) {
    if (what === 'extend') state = extended(state, leaseOf(at, 15_000));
    if (what === 'end') state = ending(state, at);
    const turn = due(state, at);
    state = turn.state;
    if (turn.signal !== undefined) heard(at, turn.signal);
  }
  return state;
}

test('G1: nothing that happens lets the program live past its lease', () => {
  fc.assert(
    fc.property(events, (happens) => {
      let killedAt = Infinity;
      const state = run(happens, (at, signal) => {
        if (signal === 'SIGKILL') killedAt = Math.min(killedAt, at);
      });
      assert.ok(killedAt <= state.lease.killAt + 100);
      const last = Math.max(0, ...happens.filter((e) => e.do === 'extend').map((e) => e.at));
      assert.ok(killedAt <= last + 15_000);
    }),
  );
});

test('G2: the program is asked once, and has its time to go', () => {
  fc.assert(
    fc.property(events, (happens) => {
      const asked: number[] = [];
      const killed: number[] = [];
      run(happens, (at, signal) => (signal === 'SIGTERM' ? asked : killed).push(at));
      assert.equal(asked.length, 1);
      assert.ok((killed[0] ?? 0) >= (asked[0] ?? 0) + TERM_GRACE_MS - 200);
    }),
  );
});

test('G3: who was asked to go is not called back', () => {
  let state = due(watching({ termAt: 10, killAt: 20 }), 10).state;
  state = extended(state, { termAt: 110, killAt: 120 });
  assert.equal(due(state, 20).signal, 'SIGKILL');
  assert.equal(due(ending(watching({ termAt: 10, killAt: 20 }), 5), 5).signal, 'SIGTERM');
});
