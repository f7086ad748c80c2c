import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../../base/brand.ts';
import { seeded } from '../../../base/random.ts';
import { BROADCASTS_MAX, PENDING_PROBES_MAX } from '../limits.ts';
import { bytesOf, textOf } from '../wire/msgpack.ts';
import { decodeMessage, encodeMessage, type Message } from '../wire/messages.ts';
import { compound, unwrap } from '../wire/packet.ts';
import { wholeStream } from '../wire/stream.ts';
import { BroadcastQueue } from './broadcasts.ts';
import { heardAnswer } from './exchange.ts';
import { heardAlive } from './members.ts';
import { LAN_POLICY, WAN_POLICY, nackMs, pushPullMs, retransmitLimit } from './policy.ts';
import { suspicionLasts, suspicionMs } from './policy.ts';
import { isLiving, newPool, VERSIONS, type Layer, type Pool, type PoolEffect } from './pool.ts';
import { nextSequence } from './probe.ts';
import { stepPool } from './step.ts';
import { Timers } from './timers.ts';

const NOTHING = new Uint8Array(0);
const at = (i: number): { host: string; port: number } => ({ host: `10.0.0.${i}`, port: 8_301 });

interface Seen {
  readonly pool: Pool;
  readonly events: string[];
  readonly step: (message: Message, now: number) => readonly PoolEffect[];
  readonly tick: (now: number) => readonly PoolEffect[];
}

function pool(): Seen {
  const events: string[] = [];
  const layer: Layer = {
    queues: [],
    localState: () => NOTHING,
    ackPayload: () => NOTHING,
    onJoin: ({ name }) => events.push(`join ${name}`),
    onLeave: ({ name, condition }) => events.push(`${condition} ${name}`),
    onUpdate: ({ name }) => events.push(`update ${name}`),
    onConflict: ({ name }) => events.push(`conflict ${name}`),
    onUser: (bytes) => events.push(`user ${textOf(bytes)}`),
    onState: () => undefined,
    onAnswer: ({ name }, ms) => events.push(`answer ${name} ${ms}`),
  };
  const made = newPool(
    { name: 'a', address: at(1), meta: NOTHING, policy: LAN_POLICY, random: seeded('pool') },
    layer,
  );
  return {
    pool: made,
    events,
    step: (message, now) => {
      const bytes = encodeMessage(message);
      return stepPool(made, { type: 'packet', from: at(9), bytes }, now as Millis);
    },
    tick: (now) => stepPool(made, { type: 'tick' }, now as Millis),
  };
}

const alive = (name: string, i: number, incarnation = 1): Message => {
  return { type: 'alive', name, incarnation, address: at(i), meta: NOTHING, versions: VERSIONS };
};
const said = (type: 'suspect' | 'dead', name: string, from: string, incarnation = 1): Message => {
  return { type, name, from, incarnation };
};

/** The messages sent to one address. */
function sentTo(effects: readonly PoolEffect[], host: string): readonly Message[] {
  return effects.flatMap((effect) =>
    effect.do === 'send' && effect.to.host === host
      ? unwrap(effect.bytes).map((each) => decodeMessage(each))
      : [],
  );
}

test('K1: a higher incarnation wins; at the same one dead beats suspect beats alive', () => {
  const { pool: own, events, step } = pool();
  const condition = (): string | undefined => own.peers.get('b')?.condition;
  const rows: readonly [Message, string][] = [
    [alive('b', 2, 5), 'alive'],
    [said('suspect', 'b', 'c', 4), 'alive'],
    [said('suspect', 'b', 'c', 5), 'suspect'],
    [alive('b', 2, 5), 'suspect'],
    [alive('b', 2, 6), 'alive'],
    [said('dead', 'b', 'c', 6), 'dead'],
    [alive('b', 2, 6), 'dead'],
    [said('suspect', 'b', 'c', 9), 'dead'],
    [alive('b', 2, 7), 'alive'],
    [said('dead', 'b', 'b', 7), 'left'],
    [alive('b', 7, 8), 'alive'],
    [alive('b', 8, 9), 'alive'],
  ];
  for (const [i, [message, expected]] of rows.entries()) {
    step(message, i);
    assert.equal(condition(), expected, `row ${i}`);
  }
  const told = ['join b', 'dead b', 'join b', 'left b', 'join b', 'conflict b'];
  assert.deepEqual(events, told);
});

test('K2: what is said of oneself is denied with a higher incarnation', () => {
  for (const accusation of [said('suspect', 'a', 'c'), said('dead', 'a', 'c', 7)]) {
    const { pool: own, step } = pool();
    step(alive('b', 2), 0);
    step(accusation, 1);
    const incarnation = 'incarnation' in accusation ? accusation.incarnation : 0;
    assert.ok(own.self.incarnation > incarnation);
    assert.ok(isLiving(own.self));
    assert.equal(own.awareness, 1);
  }
});

test('K2: what was denied already is denied again for whoever missed that, once at a time', () => {
  const { pool: own, step, tick } = pool();
  step(alive('b', 2), 0);
  const told = (effects: readonly PoolEffect[]): number =>
    sentTo(effects, at(2).host).filter((each) => each.type === 'alive' && each.name === 'a').length;
  for (const [i, type] of (['suspect', 'dead'] as const).entries()) {
    const from = 10_000 * i;
    step(said(type, 'a', 'b', own.self.incarnation), from);
    const { incarnation } = own.self;
    // It is told until it was told often enough; then nobody hears of it.
    let now = from;
    for (; own.broadcasts.has('a'); now += 100) tick(now);
    step(said(type, 'a', 'b', incarnation - 1), now);
    let again = 0;
    for (; own.broadcasts.has('a'); now += 100) {
      again += told(step(said(type, 'a', 'b', incarnation - 1), now));
    }
    assert.equal(own.self.incarnation, incarnation, 'it is the same denial');
    assert.equal(again, retransmitLimit(LAN_POLICY.retransmitMult, 2));
  }
});

test('K3: who is given up alone is told so first, and gone as soon as it denies that', () => {
  const { pool: own, step, tick } = pool();
  for (const [i, name] of ['b', 'c', 'd', 'e'].entries()) step(alive(name, i + 2), 0);
  step(said('suspect', 'b', 'c'), 0);
  const ends = own.peers.get('b')?.suspicion?.endsAt ?? 0;
  const calls: string[] = [];
  const until = (end: number): void => {
    for (let now = own.now; now <= end; now += 100) {
      own.probing ??= 1;
      const sent = sentTo(tick(now), at(2).host).map(({ type }) => type);
      if (sent.includes('ping')) calls.push(sent.slice(0, 2).join());
    }
  };
  until(ends - 200);
  assert.deepEqual(calls, []);
  until(ends + LAN_POLICY.lastCalls * LAN_POLICY.probeTimeoutMs - 200);
  assert.deepEqual(calls, Array<string>(LAN_POLICY.lastCalls).fill('suspect,ping'));
  assert.equal(own.peers.get('b')?.condition, 'suspect');
  until(ends + LAN_POLICY.lastCalls * LAN_POLICY.probeTimeoutMs + 200);
  assert.equal(own.peers.get('b')?.condition, 'dead');
});

test('the answer to a probe of a suspect carries its denial', () => {
  const { pool: own } = pool();
  heardAlive(own, { ...alive('b', 2), type: 'alive' } as never);
  const packet = [
    encodeMessage(said('suspect', 'a', 'b')),
    encodeMessage({ type: 'ping', sequence: 5, target: 'a' }),
  ];
  const [bytes = NOTHING] = compound(packet);
  const sent = sentTo(
    stepPool(own, { type: 'packet', from: at(2), bytes }, 1 as Millis),
    at(2).host,
  );
  const denial = sent.find((each) => each.type === 'alive' && each.name === 'a');
  assert.deepEqual(
    [sent[0]?.type, denial?.type === 'alive' && denial.incarnation],
    ['ack', own.self.incarnation],
  );
  assert.equal(own.self.incarnation, 2);
});

test('a round that a stream saved goes on until its end, and blames nobody', () => {
  const { pool: own, events, step, tick } = pool();
  step(alive('b', 2), 0);
  own.awareness = 2;
  for (const isPacketLate of [true, false]) {
    let now = own.now;
    while (own.probing === undefined) tick(++now);
    const sequence = own.probing;
    const [exchange] = tick(now + LAN_POLICY.probeTimeoutMs).flatMap((effect) =>
      effect.do === 'exchange' ? [effect] : [],
    );
    assert.ok(exchange !== undefined);
    const ack = { type: 'ack', sequence, payload: NOTHING } as const;
    stepPool(
      own,
      { type: 'answered', id: exchange.id, message: ack },
      (now + LAN_POLICY.probeTimeoutMs + 1) as Millis,
    );
    assert.equal(own.probing, sequence);
    if (isPacketLate) step(ack, now + LAN_POLICY.probeTimeoutMs + 2);
    const end = now + 3 * LAN_POLICY.probeIntervalMs;
    let notes = '';
    while (own.probing === sequence && now <= end) {
      now += 100;
      notes += tick(now)
        .map((effect) => (effect.do === 'note' ? effect.line : ''))
        .join('');
    }
    assert.equal(notes.includes('answers over TCP only'), !isPacketLate, notes);
    assert.equal(own.peers.get('b')?.condition, 'alive');
  }
  assert.equal(own.awareness, 0);
  assert.deepEqual(events, ['join b']);
});

test('K3: a suspicion ends in death; sooner with each independent voice', () => {
  const lasts = (voices: readonly string[]): number => {
    const { pool: own, step, tick } = pool();
    for (const [i, name] of ['b', 'c', 'd', 'e', 'f'].entries()) step(alive(name, i + 2), 0);
    for (const voice of voices) step(said('suspect', 'b', voice), 0);
    for (let now = 0; now < 60_000; now += 100) {
      if (own.peers.get('b')?.condition === 'dead') return now;
      // The others answer nothing: only this suspicion is looked at.
      own.probing ??= 1;
      tick(now);
    }
    return Infinity;
  };
  const [one, again, two, three] = [['c'], ['c', 'c'], ['c', 'd'], ['c', 'd', 'e', 'f']].map(lasts);
  assert.equal(one, again);
  assert.ok((one ?? 0) > (two ?? 0) && (two ?? 0) > (three ?? 0), `${one} ${two} ${three}`);
  const shortest = suspicionMs(LAN_POLICY, 6);
  assert.ok((three ?? 0) >= shortest && (three ?? 0) <= shortest + 200);
});

test('K6: a suspicion of a higher incarnation begins anew, and ends no older one', () => {
  const { pool: own, step, tick } = pool();
  for (const [i, name] of ['b', 'c', 'd', 'e', 'f'].entries()) step(alive(name, i + 2), 0);
  const until = (end: number): void => {
    for (let now = own.now; now <= end; now += 100) {
      own.probing ??= 1;
      tick(now);
    }
  };
  const suspicion = (): unknown => {
    const { incarnation, suspicion: of } = own.peers.get('b') ?? {};
    return { incarnation, from: of?.startedAt, voices: of?.voices.size };
  };
  step(said('suspect', 'b', 'c', 1), 0);
  const shortest = suspicionMs(LAN_POLICY, 6);
  until(3 * shortest);
  // It denied that long ago, unheard here, and others suspect it again: that does not confirm it.
  for (const voice of ['d', 'e', 'f']) step(said('suspect', 'b', voice, 2), 3 * shortest);
  assert.deepEqual(suspicion(), { incarnation: 2, from: 3 * shortest, voices: 3 });
  step(said('suspect', 'b', 'c', 1), 3 * shortest);
  until(4 * shortest - 100);
  assert.equal(own.peers.get('b')?.condition, 'suspect');
  until(4 * shortest + 100);
  assert.equal(own.peers.get('b')?.condition, 'dead');
});

test('R1, R2: directly, then through others and a stream; then it blames itself', () => {
  const { pool: own, step, tick } = pool();
  for (const [i, name] of ['b', 'c'].entries()) step(alive(name, i + 2), 0);
  let now = 0;
  while (own.probing === undefined) tick(++now);
  const probed = own.pending.get(own.probing);
  assert.ok(probed?.kind === 'probe');
  const { peer } = probed;
  const late = tick(now + LAN_POLICY.probeTimeoutMs);
  const helper = peer.name === 'b' ? at(3) : at(2);
  assert.ok(sentTo(late, helper.host).some(({ type }) => type === 'indirect-ping'));
  assert.ok(late.some((effect) => effect.do === 'exchange'));
  tick(now + LAN_POLICY.probeIntervalMs);
  assert.equal(peer.condition, 'suspect');
  assert.equal(own.awareness, 1, 'not even a nack came');
});

test('a direct answer counts as a round trip; one to somebody else is passed on', () => {
  const { pool: own, events, step, tick } = pool();
  step(alive('b', 2), 0);
  let now = 0;
  while (own.probing === undefined) tick(++now);
  step({ type: 'ack', sequence: own.probing, payload: NOTHING }, now + 7);
  assert.deepEqual(events, ['join b', 'answer b 7']);
  const asked = step(
    { type: 'indirect-ping', sequence: 77, target: 'b', at: at(2), wantsNack: true },
    now + 8,
  );
  const ping = sentTo(asked, at(2).host).find(({ type }) => type === 'ping');
  assert.ok(ping?.type === 'ping');
  const passed = step({ type: 'ack', sequence: ping.sequence, payload: NOTHING }, now + 9);
  assert.ok(sentTo(passed, at(9).host).some((each) => each.type === 'ack' && each.sequence === 77));
  step({ type: 'indirect-ping', sequence: 78, target: 'b', at: at(2), wantsNack: true }, now + 10);
  // In time for who asked when half of its round was over, and with time for the way.
  const nack = tick(now + 10 + nackMs(LAN_POLICY));
  assert.ok(nackMs(LAN_POLICY) < LAN_POLICY.probeIntervalMs - LAN_POLICY.probeTimeoutMs);
  assert.ok(nackMs(WAN_POLICY) < WAN_POLICY.probeIntervalMs - WAN_POLICY.probeTimeoutMs);
  assert.ok(sentTo(nack, at(9).host).some((each) => each.type === 'nack' && each.sequence === 78));
  const late = tick(now + 10 + LAN_POLICY.probeTimeoutMs);
  assert.deepEqual([late.length, [...own.pending.values()].length], [0, 0]);
});

test('probes for others are bounded; a ping for somebody else is not answered', () => {
  const { pool: own, step } = pool();
  for (let i = 0; i < PENDING_PROBES_MAX + 10; i++) {
    step({ type: 'indirect-ping', sequence: i, target: 'b', at: at(2), wantsNack: false }, 0);
  }
  assert.equal(own.pending.size, PENDING_PROBES_MAX);
  assert.deepEqual(sentTo(step({ type: 'ping', sequence: 1, target: 'x' }, 1), at(9).host), []);
  assert.equal(
    sentTo(step({ type: 'ping', sequence: 1, target: 'a' }, 1), at(9).host)[0]?.type,
    'ack',
  );
});

test('a join tells what is known, and learns what the other side knows', () => {
  const { pool: own, events } = pool();
  const asked = stepPool(own, { type: 'join', joinId: 3, to: at(2) }, 0 as Millis);
  const [exchange] = asked.flatMap((effect) => (effect.do === 'exchange' ? [effect] : []));
  assert.ok(exchange !== undefined);
  const told = wholeStream(exchange.bytes);
  assert.ok(told.type === 'push-pull' && told.isJoin);
  const peers = told.peers.map((peer) => ({ ...peer, name: 'b', address: at(2) }));
  const effects = stepPool(
    own,
    { type: 'answered', id: exchange.id, message: { ...told, isJoin: false, peers } },
    1 as Millis,
  );
  assert.deepEqual(events, ['join b']);
  assert.ok(effects.some((effect) => effect.do === 'told' && effect.problem === undefined));
  heardAnswer(own, exchange.id, told);
  heardAlive(own, { ...peers[0], type: 'alive', name: '' } as never);
  assert.equal(own.peers.size, 2);
  const again = stepPool(own, { type: 'join', joinId: 4, to: at(5) }, 2 as Millis);
  const id = again.flatMap((effect) => (effect.do === 'exchange' ? [effect.id] : []))[0] ?? 0;
  const failed = stepPool(own, { type: 'unanswered', id, why: 'nobody' }, 3 as Millis);
  assert.ok(failed.some((effect) => effect.do === 'told' && effect.problem === 'nobody'));
});

test('no packet breaks a pool', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(13), (bytes, kind) => {
      const { pool: own } = pool();
      for (const each of [bytes, Uint8Array.of(kind, ...bytes)]) {
        stepPool(own, { type: 'packet', from: at(9), bytes: each }, 0 as Millis);
      }
    }),
  );
});

test('B1, B2: told least goes first; newer news of the same take the place of older', () => {
  const queue = new BroadcastQueue();
  const take = (bytes: number): readonly string[] =>
    queue.take({ overhead: 0, bytes, limit: 2 }).map(textOf);
  queue.add(bytesOf('old'), 'x');
  queue.add(bytesOf('new'), 'x');
  queue.add(bytesOf('other'));
  assert.deepEqual(take(5), ['other']);
  assert.deepEqual(take(20), ['new', 'other']);
  assert.deepEqual([take(20), queue.size, queue.has('x')], [['new'], 0, false]);
  for (let i = 0; i < BROADCASTS_MAX + 5; i++) queue.add(bytesOf('n'));
  assert.equal(queue.size, BROADCASTS_MAX);
});

test('formulas: retransmissions, suspicion, whole states; timers in order', () => {
  assert.deepEqual(
    [1, 9, 10, 2_000].map((n) => retransmitLimit(4, n)),
    [4, 4, 8, 16],
  );
  assert.equal(suspicionMs(LAN_POLICY, 3), 4_000);
  assert.equal(Math.round(suspicionMs(LAN_POLICY, 1_000)), 12_000);
  const range = { minMs: 4_000, maxMs: 24_000 };
  assert.deepEqual(
    [0, 1, 2, 3].map((n) => suspicionLasts(range, n, 2)),
    [24_000, 11_381, 4_000, 4_000],
  );
  assert.equal(suspicionLasts(range, 0, 0), 4_000);
  assert.deepEqual(
    [32, 33, 65, 2_000].map((n) => pushPullMs(30_000, n)),
    [30_000, 60_000, 90_000, 210_000],
  );
  const timers = new Timers<string>();
  timers.set(5, 'b');
  timers.set(1, 'a');
  timers.set(5, 'c');
  assert.deepEqual(
    [timers.due(5), timers.due(5), timers.due(4), timers.due(5)],
    ['a', 'b', undefined, 'c'],
  );
  const { pool: own } = pool();
  own.sequence = 0xffff_ffff;
  assert.equal(nextSequence(own), 0);
});
