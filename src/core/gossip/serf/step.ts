/**
 * One step of a ring: the pool's, and what the layer above makes of it.
 *
 * E1: effects are in the order in which they came about; whoever carries them out keeps it.
 */
import type { Millis } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import type { Random } from '../../../base/random.ts';
import type { Turn } from '../../../base/turn.ts';
import { addressText, type Address } from '../address.ts';
import { CoordinateClient } from '../coordinates.ts';
import type { KeyRing } from '../key-ring.ts';
import { BroadcastQueue } from '../member-list/broadcasts.ts';
import { RECONNECTING } from '../member-list/exchange.ts';
import { announce, leave } from '../member-list/members.ts';
import { LAN_POLICY, WAN_POLICY } from '../member-list/policy.ts';
import { newPool, type Layer, type Peer, type PoolInput } from '../member-list/pool.ts';
import { stepPool } from '../member-list/step.ts';
import { Timers } from '../member-list/timers.ts';
import { bytesOf } from '../wire/msgpack.ts';
import { decodePingPayload, encodePingPayload } from '../wire/ping-payload.ts';
import { decodeSerf, encodeSerf } from '../wire/serf-messages.ts';
import type { EventMessage, SerfMessage, SerfState } from '../wire/serf-messages.ts';
import { decodeTags, encodeTags, type Tags } from '../wire/tags.ts';
import { LamportClock } from './lamport.ts';
import {
  answer,
  ask,
  askEnded,
  heardQuery,
  heardRelay,
  heardResponse,
  INTERNAL,
} from './queries.ts';
import { living, spread, tell } from './ring.ts';
import type { Ring, RingEffect, RingInput, RingPolicy, RingTimer } from './ring.ts';
import { SeenTimes } from './seen-times.ts';
import { heardIntent, peerJoined, peerLeft, peerUpdated } from './statuses.ts';
import { reap, reconnectTo, sayJoin, sayLeave } from './statuses.ts';

/** Source: Serf's and Consul's defaults. */
export const LAN: RingPolicy = {
  pool: LAN_POLICY,
  reconnectTimeoutMs: 72 * 3_600_000,
  tombstoneMs: 72 * 3_600_000,
  reapIntervalMs: 15_000,
  reconnectIntervalMs: 30_000,
  broadcastTimeoutMs: 5_000,
  leavePropagateMs: 1_000,
  intentMs: 5 * 60_000,
};

/** Between regions. Source: the same. */
export const WAN: RingPolicy = { ...LAN, pool: WAN_POLICY };

export interface RingOptions {
  readonly name: string;
  /** Where others reach it. */
  readonly address: Address;
  readonly tags: Tags;
  /** Empty: no encryption. */
  readonly keys: KeyRing;
  readonly policy: RingPolicy;
  readonly random: Random;
  /** Why a member of these tags is of another ring; absent: everybody is welcome. */
  readonly refusal?: (tags: Tags) => string | undefined;
}

/** A ring with this member alone. Fails: `invalid` for tags that are too long. */
export function newRing(options: RingOptions): Ring {
  const { name, address, tags, policy, random, refusal } = options;
  const queues = {
    intents: new BroadcastQueue(),
    queries: new BroadcastQueue(),
    events: new BroadcastQueue(),
  };
  const layer: Layer = {
    queues: [queues.intents, queues.queries, queues.events],
    localState: () => encodeSerf(localState(ring)),
    ackPayload: () => encodePingPayload(ring.coordinates.coordinate),
    onJoin: (peer) => peerJoined(ring, peer),
    onLeave: (peer) => peerLeft(ring, peer),
    onUpdate: (peer) => peerUpdated(ring, peer),
    refusal: (peer) => {
      const why = refusal?.(decodeTags(peer.meta));
      return why === undefined ? undefined : `"${peer.name}" ${why}`;
    },
    onConflict: (known, other) => conflict(ring, known, other),
    onUser: (bytes, from) => heard(ring, bytes, from),
    onState: (user, isJoin) => heardState(ring, user, isJoin),
    onAnswer: ({ name: from }, rttMs, payload) => {
      const other = decodePingPayload(payload);
      if (other === undefined) return;
      ring.answered.set(from, other);
      ring.coordinates.observe(from, other, rttMs);
    },
  };
  const pool = newPool(
    { name, address, meta: encodeTags(tags), policy: policy.pool, random: random.fork('pool') },
    layer,
  );
  const ring: Ring = {
    ...{ pool, policy, random: random.fork('ring'), members: new Map(), gone: new Set() },
    ...{
      remembered: new Map(),
      intents: new Map(),
      queues,
      asks: new Map(),
      heard: new Map(),
      queries: 0,
    },
    clocks: { status: new LamportClock(), event: new LamportClock(), query: new LamportClock() },
    seenEvents: new SeenTimes((a, b) => a.name === b.name && isSame(a.payload, b.payload)),
    seenQueries: new SeenTimes((a, b) => a === b),
    coordinates: new CoordinateClient(random.fork('coordinates')),
    answered: new Map(),
    ...{ keys: options.keys, timers: new Timers(), armed: new Set(), effects: [] },
    leaving: { phase: 'no', deadline: 0 },
  };
  peerJoined(ring, pool.self);
  ring.effects = [];
  return ring;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * Takes one input, then whatever is due.
 *
 * @param now of a clock that nobody sets; never earlier than before
 */
export function stepRing(ring: Ring, input: RingInput, now: Millis): Turn<Ring, RingEffect> {
  ring.effects = [];
  ring.pool.now = now;
  takeOwn(ring, input);
  poolStep(ring, isForPool(input) ? input : TICK, now);
  for (let timer = ring.timers.due(now); timer !== undefined; timer = ring.timers.due(now)) {
    run(ring, timer, now);
  }
  const wakes = [ring.timers.nextAt, ring.pool.timers.nextAt].filter((at) => at !== undefined);
  const wakeAt = wakes.length === 0 ? {} : { wakeAt: Math.min(...wakes) as Millis };
  return { state: ring, effects: ring.effects, ...wakeAt };
}

const TICK: PoolInput = { type: 'tick' };

function isForPool(input: RingInput): input is PoolInput {
  return POOL_INPUTS.has(input.type);
}

const POOL_INPUTS: ReadonlySet<string> = new Set([
  ...['tick', 'packet', 'asked', 'answered', 'unanswered', 'join'],
]);

function poolStep(ring: Ring, input: PoolInput, now: Millis): void {
  // The pool calls the layer as it goes: its own effects come after what the layer said.
  for (const effect of stepPool(ring.pool, input, now)) {
    ring.effects.push(effect);
    // Who has joined says so, that nobody takes it for leaving.
    const hasJoined = effect.do === 'told' && effect.problem === undefined;
    if (hasJoined && effect.joinId !== RECONNECTING) sayJoin(ring);
  }
}

function takeOwn(ring: Ring, input: RingInput): void {
  switch (input.type) {
    case 'fire':
      fire(ring, input);
      return;
    case 'ask':
      ask(ring, input);
      return;
    case 'respond':
      answer(ring, input.query, input.payload);
      return;
    case 'force-leave':
      if (input.name === ring.pool.name) return;
      sayLeave(ring, input.name, input.prune);
      return;
    case 'tags':
      ring.pool.self.meta = encodeTags(input.tags);
      ring.pool.self.incarnation++;
      announce(ring.pool);
      peerUpdated(ring, ring.pool.self);
      return;
    case 'leave':
      beginLeave(ring);
      return;
    case 'tick':
    case 'packet':
    case 'asked':
    case 'answered':
    case 'unanswered':
    case 'join':
      return;
  }
}

function run(ring: Ring, timer: RingTimer, now: Millis): void {
  switch (timer.kind) {
    case 'reap':
      reap(ring);
      return;
    case 'reconnect': {
      const to = reconnectTo(ring);
      if (to !== undefined) poolStep(ring, { type: 'join', joinId: RECONNECTING, to }, now);
      return;
    }
    case 'ask-ends':
      askEnded(ring, timer.id);
      return;
    case 'query-ends':
      ring.heard.delete(timer.query);
      return;
    case 'leave':
      goOnLeaving(ring);
  }
}

/** A message for this layer. */
function heard(ring: Ring, bytes: Uint8Array, from: Address): void {
  try {
    take(ring, decodeSerf(bytes));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const line = `a message of ${addressText(from)} is dropped: ${error.message}`;
    ring.effects.push({ do: 'note', line });
  }
}

function take(ring: Ring, message: SerfMessage): void {
  switch (message.type) {
    case 'join':
    case 'leave':
      if (heardIntent(ring, message)) {
        spread(ring, 'intents', message, `${message.type} ${message.name}`);
      }
      return;
    case 'event':
      if (heardEvent(ring, message)) spread(ring, 'events', message);
      return;
    case 'query':
      if (heardQuery(ring, message)) spread(ring, 'queries', message);
      return;
    case 'response':
      heardResponse(ring, message);
      return;
    case 'relay':
      heardRelay(ring, message);
      return;
    case 'push-pull':
      return;
  }
}

function fire(ring: Ring, input: Extract<RingInput, { type: 'fire' }>): void {
  const { name, payload, coalesces } = input;
  const lTime = ring.clocks.event.tick();
  const event: EventMessage = { type: 'event', lTime, name, payload, coalesces };
  heardEvent(ring, event);
  spread(ring, 'events', event);
}

/** True where it is new, and is to be passed on. */
function heardEvent(ring: Ring, { lTime, name, payload }: EventMessage): boolean {
  ring.clocks.event.witness(lTime);
  if (!ring.seenEvents.add(lTime, { name, payload }, ring.clocks.event.time)) return false;
  tell(ring, { type: 'event', name, payload, lTime });
  return true;
}

function localState(ring: Ring): SerfState {
  const { clocks, members, gone } = ring;
  const left = [...gone].filter((name) => members.get(name)?.status === 'left');
  return {
    type: 'push-pull',
    lTime: clocks.status.time,
    statusTimes: new Map(Array.from(members, ([name, { statusTime }]) => [name, statusTime])),
    left,
    eventTime: clocks.event.time,
    events: Array.from(ring.seenEvents.entries(), ([lTime, { name, payload }]) => ({
      ...{ type: 'event' as const, lTime, name, payload, coalesces: false },
    })),
    queryTime: clocks.query.time,
  };
}

/** What the other side knew of times, leavers and events. */
function heardState(ring: Ring, user: Uint8Array, isJoin: boolean): void {
  const state = readState(ring, user);
  if (state === undefined) return;
  const { clocks } = ring;
  // Its clocks stand at the next time; nothing happened at it yet.
  clocks.status.witness(state.lTime - 1);
  clocks.event.witness(state.eventTime - 1);
  clocks.query.witness(state.queryTime - 1);
  const left = new Set(state.left);
  for (const name of left) {
    const lTime = state.statusTimes.get(name) ?? 0;
    heardIntent(ring, { type: 'leave', lTime, name, prune: false });
  }
  for (const [name, lTime] of state.statusTimes) {
    if (!left.has(name)) heardIntent(ring, { type: 'join', lTime, name, prune: false });
  }
  // Who joins a cluster has no business with what happened before.
  if (isJoin) ring.seenEvents.ignoreBefore(state.eventTime);
  for (const event of state.events) heardEvent(ring, event);
}

function readState(ring: Ring, user: Uint8Array): SerfState | undefined {
  try {
    const state = decodeSerf(user);
    return state.type === 'push-pull' ? state : undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    ring.effects.push({ do: 'note', line: `a state is dropped: ${error.message}` });
    return undefined;
  }
}

/** Two members use one name: those that have nothing to do with it are asked which they know. */
function conflict(ring: Ring, known: Peer, other: Address): void {
  const where = `${addressText(known.address)} and ${addressText(other)}`;
  ring.effects.push({ do: 'note', line: `${known.name} is the name of two members: ${where}` });
  const isAsked = [...ring.asks.values()].some(({ votes }) => votes !== undefined);
  if (known !== ring.pool.self || isAsked || ring.leaving.phase !== 'no') return;
  ask(
    ring,
    {
      ...{ ask: 0, name: `${INTERNAL}conflict`, payload: bytesOf(known.name) },
      ...{ filters: [], wantsAcks: false, relayFactor: 0 },
    },
    { rival: other, here: 0, elsewhere: 0 },
  );
}

/** Others are told that this member means to leave; then that it has. */
function beginLeave(ring: Ring): void {
  if (ring.leaving.phase !== 'no') return;
  const { now } = ring.pool;
  ring.leaving = { phase: 'intent', deadline: now + ring.policy.broadcastTimeoutMs };
  sayLeave(ring, ring.pool.name, false);
  goOnLeaving(ring);
}

/** How often it is looked whether everybody was told [ms]. */
const LEAVE_POLL_MS = 50;

function goOnLeaving(ring: Ring): void {
  const { now } = ring.pool;
  if (isPhaseOver(ring)) {
    const { broadcastTimeoutMs, leavePropagateMs } = ring.policy;
    switch (ring.leaving.phase) {
      case 'intent':
        leave(ring.pool);
        ring.leaving = { phase: 'gone', deadline: now + broadcastTimeoutMs };
        break;
      case 'gone':
        ring.leaving = { phase: 'heard', deadline: now + (isAlone(ring) ? 0 : leavePropagateMs) };
        break;
      case 'no':
      case 'heard':
      case 'done':
        ring.leaving = { phase: 'done', deadline: now };
        tell(ring, { type: 'left' });
        return;
    }
  }
  ring.timers.set(now + LEAVE_POLL_MS, { kind: 'leave' });
}

function isPhaseOver(ring: Ring): boolean {
  const { phase, deadline } = ring.leaving;
  const { name, now, broadcasts } = ring.pool;
  if (now >= deadline) return true;
  if (phase === 'intent') return !ring.queues.intents.has(`leave ${name}`);
  return phase === 'gone' && (isAlone(ring) || !broadcasts.has(name));
}

/** Of one that has left itself: nobody else is there. */
function isAlone(ring: Ring): boolean {
  return living(ring) === 0;
}
