import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../../base/brand.ts';
import { seeded } from '../../../base/random.ts';
import { installKey, parseKey, removeKey, useKey } from '../key-ring.ts';
import { LAMPORT_BUFFER, SAME_TIME_MAX } from '../limits.ts';
import { encodeMessage } from '../wire/messages.ts';
import { VERSIONS } from '../member-list/pool.ts';
import { decodeKeyResponse, encodeKeyRequest, encodeSerf } from '../wire/serf-messages.ts';
import type { QueryMessage, SerfMessage } from '../wire/serf-messages.ts';
import type { PeerState } from '../wire/stream.ts';
import { encodeTags, type Tags } from '../wire/tags.ts';
import { decodeConflict, encodeConflict } from './conflict.ts';
import { answerInternal } from './internal-queries.ts';
import { LamportClock } from './lamport.ts';
import { INTERNAL } from './queries.ts';
import type { Ring, RingEffect, RingNews } from './ring.ts';
import { SeenTimes } from './seen-times.ts';
import { heardIntent } from './statuses.ts';
import { LAN, newRing, stepRing, WAN } from './step.ts';

const KEY = 'cg8StVXbQJ0gPvMd9o7yrg==';
const OTHER = 'T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=';
const at = (i: number): { host: string; port: number } => ({ host: `10.0.0.${i}`, port: 8_301 });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function ringOf(keys: readonly string[] = []): Ring {
  const random = seeded('ring');
  return newRing({ name: 'a', address: at(1), tags: { role: 'x' }, keys, policy: LAN, random });
}

/** A ring that knows `b`. */
function withPeer(): Ring {
  const ring = ringOf();
  const packet = encodeMessage({
    ...{ type: 'alive', name: 'b', incarnation: 1, address: at(2) },
    ...{ meta: new Uint8Array(0), versions: VERSIONS },
  });
  stepRing(ring, { type: 'packet', from: at(2), bytes: packet }, 0 as Millis);
  return ring;
}

function hear(ring: Ring, message: SerfMessage, now = 1): readonly RingEffect[] {
  const packet = encodeMessage({ type: 'user', bytes: encodeSerf(message) });
  return stepRing(ring, { type: 'packet', from: at(2), bytes: packet }, now as Millis).effects;
}

function news(effects: readonly RingEffect[]): readonly RingNews[] {
  return effects.flatMap((effect) => (effect.do === 'tell' ? [effect.news] : []));
}

test('I1: the intent of the later time counts', () => {
  const ring = withPeer();
  const intent = (type: 'join' | 'leave', lTime: number): boolean =>
    heardIntent(ring, { type, lTime, name: 'b', prune: false });
  assert.deepEqual([intent('leave', 5), ring.members.get('b')?.status], [true, 'leaving']);
  assert.deepEqual([intent('join', 5), ring.members.get('b')?.status], [false, 'leaving']);
  assert.deepEqual([intent('join', 6), ring.members.get('b')?.status], [true, 'alive']);
  assert.equal(heardIntent(ring, { type: 'leave', lTime: 9, name: 'new', prune: false }), true);
  assert.equal(heardIntent(ring, { type: 'leave', lTime: 8, name: 'new', prune: false }), false);
});

test('I2: a member that is said to leave, and does not, says that it joins', () => {
  const ring = withPeer();
  hear(ring, { type: 'leave', lTime: 7, name: 'a', prune: false });
  assert.equal(ring.members.get('a')?.status, 'alive');
  assert.ok(ring.queues.intents.has('join a'));
});

test('L1: an event is told once, whoever says it again; one too old is not', () => {
  const ring = withPeer();
  const event = (lTime: number, name = 'e'): number => {
    const message = { type: 'event', lTime, name, payload: bytes('p'), coalesces: false } as const;
    return news(hear(ring, message)).length;
  };
  assert.deepEqual([event(3), event(3), event(3, 'f'), event(4)], [1, 0, 1, 1]);
  assert.deepEqual([event(4 + 2 * LAMPORT_BUFFER), event(5)], [1, 0]);
  const seen = new SeenTimes<number>((a, b) => a === b);
  const added = Array.from({ length: SAME_TIME_MAX + 5 }, (_, i) => seen.add(1, i, 2));
  assert.equal(added.filter(Boolean).length, SAME_TIME_MAX);
  seen.ignoreBefore(10);
  assert.equal(seen.add(9, 1, 20), false);
});

test('Q1, Q2: a query is heard once, by whom it means; each answers once', () => {
  const ring = withPeer();
  const query: QueryMessage = {
    type: 'query',
    lTime: 2,
    id: 5,
    from: at(2),
    source: 'b',
    flags: 1,
    relayFactor: 0,
    timeoutMs: 1_000,
    name: 'load',
    payload: bytes(''),
    filters: [{ by: 'tag', tag: 'role', expression: '^x$' }],
  };
  const [heard, ...rest] = news(hear(ring, query));
  assert.ok(heard?.type === 'query' && rest.length === 0);
  assert.equal(news(hear(ring, query)).length, 0);
  assert.equal(
    news(hear(ring, { ...query, id: 6, filters: [{ by: 'node', names: ['c'] }] })).length,
    0,
  );
  const bad = [{ by: 'tag', tag: 'role', expression: '(' }] as const;
  assert.equal(news(hear(ring, { ...query, id: 7, filters: bad })).length, 0);
  const answered = stepRing(
    ring,
    { type: 'respond', query: heard.query, payload: bytes('1') },
    2 as Millis,
  );
  assert.ok(answered.effects.some((effect) => effect.do === 'send'));
  const wish = { name: 'q', payload: bytes(''), filters: [], wantsAcks: true, relayFactor: 0 };
  stepRing(ring, { type: 'ask', ask: 4, timeoutMs: 500, ...wish }, 3 as Millis);
  const [open] = ring.asks.values();
  assert.ok(open !== undefined);
  const { lTime, id } = open;
  const response = {
    type: 'response',
    lTime,
    id,
    from: 'b',
    isAck: false,
    payload: bytes('2'),
  } as const;
  assert.equal(news(hear(ring, response, 4)).length, 1);
  assert.equal(news(hear(ring, response, 5)).length, 0);
  const ended = news(stepRing(ring, { type: 'tick' }, 600 as Millis).effects);
  assert.deepEqual(ended, [{ type: 'asked', ask: 4 }]);
});

test('alone, a leave is over at once; with others it takes its time', () => {
  const alone = ringOf();
  let now = 0;
  const leave = (ring: Ring): number => {
    let told = news(stepRing(ring, { type: 'leave' }, now as Millis).effects);
    while (!told.some(({ type }) => type === 'left')) {
      now += 50;
      told = news(stepRing(ring, { type: 'tick' }, now as Millis).effects);
    }
    return now;
  };
  assert.ok(leave(alone) <= 200);
  now = 0;
  const took = leave(withPeer());
  assert.ok(took >= LAN.leavePropagateMs && took <= 2 * LAN.broadcastTimeoutMs + 2_000, `${took}`);
});

test('who has a name; what becomes of keys', () => {
  const ring = withPeer();
  const member = ring.members.get('b');
  assert.ok(member !== undefined);
  assert.deepEqual(decodeConflict(encodeConflict(member)), at(2));
  assert.equal(decodeConflict(bytes('x')), undefined);
  assert.deepEqual(
    decodeConflict(answerInternal(ring, 'conflict', bytes('b')) ?? bytes('')),
    at(2),
  );
  assert.equal(answerInternal(ring, 'conflict', bytes('a')), undefined);
  assert.equal(answerInternal(ring, 'ping', bytes('')), undefined);
  assert.ok(INTERNAL.length > 0);
  const keyed = ringOf([KEY]);
  const request = encodeKeyRequest(parseKey(OTHER) ?? bytes(''));
  const ask = (verb: string): boolean =>
    decodeKeyResponse(answerInternal(keyed, verb, request) ?? bytes('')).ok;
  assert.deepEqual(['use-key', 'install-key', 'use-key', 'remove-key'].map(ask), [
    false,
    true,
    true,
    false,
  ]);
  assert.deepEqual(keyed.keys, [OTHER, KEY]);
  const listed = decodeKeyResponse(answerInternal(keyed, 'list-keys', bytes('')) ?? bytes(''));
  assert.deepEqual([listed.ok, listed.primaryKey, listed.keys], [true, OTHER, [OTHER, KEY]]);
});

test('Y1: the key in use stays; what is no key is refused; the clock only goes on', () => {
  const [key, other] = [parseKey(KEY), parseKey(OTHER)];
  assert.ok(key !== undefined && other !== undefined);
  assert.deepEqual(installKey([KEY], other), { ring: [KEY, OTHER] });
  assert.deepEqual(useKey([KEY, OTHER], other), { ring: [OTHER, KEY] });
  assert.deepEqual(removeKey([OTHER, KEY], key), { ring: [OTHER] });
  assert.ok('problem' in removeKey([KEY], key));
  for (const change of [installKey, useKey, removeKey]) assert.ok('problem' in change([], key));
  assert.deepEqual([parseKey('word'), parseKey('AQID')], [undefined, undefined]);
  const clock = new LamportClock();
  clock.witness(7);
  clock.witness(3);
  clock.witness(2 ** 50);
  assert.deepEqual([clock.time, clock.tick(), clock.time], [8, 8, 9]);
});

test('who belongs to another ring is not admitted, nor joined with all that it knows', () => {
  const random = seeded('ring');
  const refusal = ({ region }: Tags): string | undefined =>
    region === undefined || region === 'eu' ? undefined : `is of region ${region}`;
  const ring = newRing({
    ...{ name: 'a', address: at(1), tags: { region: 'eu' }, keys: [], policy: WAN, random },
    refusal,
  });
  const peer = (name: string, i: number, tags: Tags): PeerState => ({
    ...{ name, address: at(i), meta: encodeTags(tags), versions: VERSIONS },
    ...{ incarnation: 1, condition: 'alive' },
  });
  const told = (peers: readonly PeerState[]): readonly RingEffect[] => {
    const join = stepRing(ring, { type: 'join', joinId: 7, to: at(2) }, 1 as Millis).effects;
    const id = join.flatMap((effect) => (effect.do === 'exchange' ? [effect.id] : []))[0] ?? 0;
    const message = { type: 'push-pull', isJoin: false, peers, user: new Uint8Array(0) } as const;
    const { effects } = stepRing(ring, { type: 'answered', id, message }, 2 as Millis);
    return effects.filter((effect) => effect.do === 'told');
  };
  const [b, c, d] = [
    peer('b', 2, {}),
    peer('c', 3, { region: 'us' }),
    peer('d', 4, { region: 'eu' }),
  ];
  assert.deepEqual(told([b, c]), [{ do: 'told', joinId: 7, problem: '"c" is of region us' }]);
  assert.deepEqual([...ring.members.keys()], ['a']);
  assert.deepEqual(told([b, d]), [{ do: 'told', joinId: 7 }]);
  const { incarnation, name, address, meta, versions } = c;
  const alive = { type: 'alive', name, incarnation, address, meta, versions } as const;
  const bytes = encodeMessage(alive);
  stepRing(ring, { type: 'packet', from: at(2), bytes }, 3 as Millis);
  assert.deepEqual([...ring.members.keys()], ['a', 'b', 'd']);
});
