import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MASS_SILENCE_NODES_MIN, MASS_SILENCE_PERIODS } from '../limits.ts';
import type { NodeId } from '../model/ids.ts';
import { LOOK_MS, Pulses, type Look } from './pulses.ts';

const POLICY = { ttlMsMin: 10_000, graceMs: 10_000 };
const HOLD_MS = MASS_SILENCE_PERIODS * (POLICY.ttlMsMin + POLICY.graceMs);
const TTL_MS = 15_000;
const ids = (count: number): readonly NodeId[] =>
  Array.from({ length: count }, (_, i) => `n${i}` as NodeId);

/** Looks as often as it should, from one instant to another; answers when each was found silent. */
function watch(pulses: Pulses, from: number, to: number, beat?: (now: number) => void): Found {
  const found: Found = { silent: new Map(), looks: [] };
  for (let now = from; now <= to;) {
    beat?.(now);
    const look = pulses.look(now);
    found.looks.push(look);
    for (const id of look.silent) found.silent.set(id, now);
    now = Math.min(pulses.wakeAt(now) ?? now + LOOK_MS, now + LOOK_MS);
  }
  return found;
}

interface Found {
  readonly silent: Map<NodeId, number>;
  readonly looks: Look[];
}

test('PU1: a silent node is told once, when its time and the grace are over', () => {
  const pulses = new Pulses(POLICY);
  const [a, b] = ids(2) as [NodeId, NodeId];
  pulses.heard(a, 0, TTL_MS);
  pulses.heard(b, 0, TTL_MS);
  const found = watch(pulses, 0, 100_000, (now) => {
    pulses.heard(b, now, TTL_MS);
  });
  assert.deepEqual([...found.silent], [[a, TTL_MS + POLICY.graceMs]]);
});

test('what is known to be silent is judged again at its time, unless it was heard', () => {
  const pulses = new Pulses(POLICY);
  const [a, b] = ids(2) as [NodeId, NodeId];
  pulses.judgeAgain(a, 5_500);
  pulses.judgeAgain(b, 5_500);
  pulses.heard(b, 0, TTL_MS);
  assert.deepEqual([...watch(pulses, 0, 20_000).silent], [[a, 5_500]]);
  assert.equal(pulses.size, 1);
});

test('PU2: a pause of the process itself blames nobody', () => {
  const pulses = new Pulses(POLICY);
  for (const id of ids(3)) pulses.heard(id, 0, TTL_MS);
  assert.equal(pulses.look(0).pausedMs, undefined);
  const after = pulses.look(300_000);
  assert.equal(after.pausedMs, 300_000 - LOOK_MS);
  assert.deepEqual(after.silent, []);
  const found = watch(pulses, 300_000, 400_000);
  const due = 300_000 + POLICY.ttlMsMin + POLICY.graceMs;
  assert.deepEqual([...found.silent.values()], [due, due, due]);
});

test('a time without nodes is no pause', () => {
  const pulses = new Pulses(POLICY);
  pulses.look(0);
  pulses.heard('n' as NodeId, 500_000, TTL_MS);
  assert.equal(pulses.look(500_100).pausedMs, undefined);
});

test('PU3: where most are late at once all are waited for, once', () => {
  const pulses = new Pulses(POLICY);
  const all = ids(MASS_SILENCE_NODES_MIN + 2);
  for (const [i, id] of all.entries()) pulses.heard(id, i * 500, TTL_MS);
  const found = watch(pulses, 0, 300_000);
  assert.equal(found.looks.filter(({ doubted }) => doubted !== undefined).length, 1);
  const firstDue = TTL_MS + POLICY.graceMs;
  for (const at of found.silent.values()) assert.ok(at >= firstDue + HOLD_MS, `${at}`);
  assert.equal(found.silent.size, all.length);
});

test('PU3: when most are back, the rest is given up at once', () => {
  const pulses = new Pulses(POLICY);
  const all = ids(10);
  for (const id of all) pulses.heard(id, 0, TTL_MS);
  const back = TTL_MS + POLICY.graceMs + 20_000;
  const found = watch(pulses, 0, 200_000, (now) => {
    if (now >= back) for (const id of all.slice(1)) pulses.heard(id, now, TTL_MS);
  });
  assert.deepEqual([...found.silent.keys()], [all[0]]);
  assert.ok((found.silent.get(all[0] as NodeId) ?? 0) <= back + LOOK_MS);
});

test('a few of many, and most of a few, are given up in their time', () => {
  for (const [nodes, silent] of [
    [20, 9],
    [MASS_SILENCE_NODES_MIN - 1, MASS_SILENCE_NODES_MIN - 1],
  ] as const) {
    const pulses = new Pulses(POLICY);
    const all = ids(nodes);
    for (const id of all) pulses.heard(id, 0, TTL_MS);
    const found = watch(pulses, 0, 40_000, (now) => {
      for (const id of all.slice(silent)) pulses.heard(id, now, TTL_MS);
    });
    assert.deepEqual(
      [...found.silent.values()],
      Array.from({ length: silent }, () => TTL_MS + POLICY.graceMs),
    );
  }
});

test('PU1: nobody who is heard in time is ever called silent, and the silent ones all are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 1, maxLength: 12 }),
      (lastHeard) => {
        const pulses = new Pulses(POLICY);
        const all = ids(lastHeard.length);
        for (const id of all) pulses.heard(id, 0, TTL_MS);
        const found = watch(pulses, 0, 400_000, (now) => {
          for (const [i, id] of all.entries()) {
            if (now <= (lastHeard[i] ?? 0)) pulses.heard(id, now, TTL_MS);
          }
        });
        for (const [i, id] of all.entries()) {
          const at = found.silent.get(id);
          assert.ok(at !== undefined, `${id} was never told`);
          assert.ok(at >= (lastHeard[i] ?? 0) + TTL_MS - LOOK_MS, `${id} at ${at}`);
        }
      },
    ),
  );
});
