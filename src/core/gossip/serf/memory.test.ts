import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../../base/brand.ts';
import { seeded } from '../../../base/random.ts';
import { REMEMBERED_MAX } from '../limits.ts';
import { VERSIONS } from '../member-list/pool.ts';
import { encodeMessage } from '../wire/messages.ts';
import { encodeSerf } from '../wire/serf-messages.ts';
import { decodeMemory, encodeMemory, memoryOf, recall, type RingMemory } from './memory.ts';
import type { Ring, RingEffect } from './ring.ts';
import { LAN, newRing, stepRing } from './step.ts';

const at = (i: number): { host: string; port: number } => ({ host: `10.0.0.${i}`, port: 8_301 });
const NOTHING = new Uint8Array(0);

function ringOf(): Ring {
  const random = seeded('memory');
  return newRing({ name: 'a', address: at(1), tags: {}, keys: [], policy: LAN, random });
}

function hear(ring: Ring, bytes: Uint8Array, now: number): readonly RingEffect[] {
  return stepRing(ring, { type: 'packet', from: at(2), bytes }, now as Millis).effects;
}

function alive(name: string, i: number): Uint8Array {
  return encodeMessage({
    ...{ type: 'alive', name, incarnation: 1, address: at(i), meta: NOTHING, versions: VERSIONS },
  });
}

function event(lTime: number): Uint8Array {
  const message = { type: 'event', lTime, name: 'e', payload: NOTHING, coalesces: false } as const;
  return encodeMessage({ type: 'user', bytes: encodeSerf(message) });
}

const toldEvents = (effects: readonly RingEffect[]): number =>
  effects.filter((effect) => effect.do === 'tell' && effect.news.type === 'event').length;

/** A ring that knows `b` and `c`, of which `c` has left, and heard events up to time 7. */
function lived(): Ring {
  const ring = ringOf();
  hear(ring, alive('b', 2), 0);
  hear(ring, alive('c', 3), 0);
  hear(ring, encodeMessage({ type: 'dead', name: 'c', incarnation: 1, from: 'c' }), 1);
  hear(ring, event(7), 2);
  return ring;
}

test('M1: who is remembered is tried, and is no member until it is heard of', () => {
  const memory = memoryOf(lived());
  assert.deepEqual(memory.members, [{ name: 'b', address: at(2) }]);
  const ring = ringOf();
  recall(ring, memory, false, 5_000);
  assert.deepEqual([...ring.members.keys()], ['a']);
  const { reconnectIntervalMs } = LAN;
  const { effects } = stepRing(ring, { type: 'tick' }, (5_000 + reconnectIntervalMs) as Millis);
  const tried = effects.flatMap((effect) => (effect.do === 'exchange' ? [effect.to] : []));
  assert.deepEqual(tried, [at(2)]);
  // Nobody answers: it is remembered on, also by what is kept next.
  assert.deepEqual(memoryOf(ring).members, memory.members);
  hear(ring, alive('b', 9), 60_000);
  assert.equal(ring.remembered.size, 0);
  assert.deepEqual(memoryOf(ring).members, [{ name: 'b', address: at(9) }]);
});

test('M1: nobody is tried for longer than a member that failed', () => {
  const ring = ringOf();
  recall(ring, memoryOf(lived()), false, 0);
  const late = LAN.reconnectTimeoutMs + LAN.reconnectIntervalMs;
  const { effects } = stepRing(ring, { type: 'tick' }, late as Millis);
  assert.deepEqual(
    effects.filter((effect) => effect.do === 'exchange'),
    [],
  );
  assert.equal(ring.remembered.size, 0);
});

test('M2: what was heard before is not told again, and what is said now is later', () => {
  const before = lived();
  const ring = ringOf();
  recall(ring, memoryOf(before), false, 0);
  hear(ring, alive('b', 2), 1);
  assert.equal(toldEvents(hear(ring, event(7), 2)), 0);
  assert.equal(toldEvents(hear(ring, event(8), 3)), 1);
  assert.ok(ring.clocks.event.time > before.clocks.event.time);
  assert.ok(ring.clocks.status.time >= before.clocks.status.time);
});

test('M3: who left stays away, unless it is to come back by itself', () => {
  const left = lived();
  stepRing(left, { type: 'leave' }, 10 as Millis);
  const memory = memoryOf(left);
  assert.equal(memory.hasLeft, true);
  for (const [comesBack, expected] of [
    [false, 0],
    [true, 1],
  ] as const) {
    const ring = ringOf();
    recall(ring, memory, comesBack, 0);
    assert.equal(ring.remembered.size, expected);
    assert.equal(ring.clocks.event.time, memory.clocks.event);
  }
});

test('what is kept is read again; what is no memory is none', () => {
  const memory = memoryOf(lived());
  assert.deepEqual(decodeMemory(encodeMemory(memory)), memory);
  const many: RingMemory = {
    ...memory,
    members: Array.from({ length: REMEMBERED_MAX + 1 }, (_, i) => {
      return { name: `m${i}`, address: at(1) };
    }),
  };
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '{"members":[]}',
    encodeMemory(many),
    encodeMemory({ ...memory, members: [{ name: '', address: at(1) }] }),
    encodeMemory({ ...memory, members: [{ name: 'x', address: { host: 'h', port: 70_000 } }] }),
    encodeMemory({ ...memory, clocks: { ...memory.clocks, event: -1 } }),
  ];
  for (const text of bad) assert.equal(decodeMemory(text), undefined, text.slice(0, 60));
  fc.assert(
    fc.property(fc.json(), (text) => {
      decodeMemory(text);
    }),
  );
});
