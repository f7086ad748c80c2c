/**
 * The members of a pool as one of them knows them, and what it is about to do.
 *
 * G1: a pool is changed in place, by `step` alone: who steps it hands it over. Thousands of members
 *     and tens of messages a second allow no copies. Nothing in it is shared with another pool.
 * G2: times are of a clock that nobody sets, in milliseconds with fractions; chance comes from the
 *     pool's own stream, so that the same inputs give the same turns.
 */
import type { Random } from '../../../base/random.ts';
import type { Address } from '../address.ts';
import { encodeMessage, type Message } from '../wire/messages.ts';
import { COMPOUND_ROOM, PART_BYTES, compound, compressed, withChecksum } from '../wire/packet.ts';
import type { PeerState, StreamMessage } from '../wire/stream.ts';
import { BroadcastQueue } from './broadcasts.ts';
import { retransmitLimit, type Policy } from './policy.ts';
import { Timers } from './timers.ts';

/** A suspicion of one member. */
export interface Suspicion {
  startedAt: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations after which it is as short as it gets. */
  readonly expected: number;
  /** Who suspects; the first does not count as confirming. */
  readonly voices: Set<string>;
  /** How often the member was asked once more at its end. */
  calls: number;
  endsAt: number;
}

/** One member; what others said of it, at its highest incarnation. */
export interface Peer {
  readonly name: string;
  address: Address;
  meta: Uint8Array;
  versions: Uint8Array;
  incarnation: number;
  condition: PeerState['condition'];
  changedAt: number;
  suspicion: Suspicion | undefined;
}

/** A probe of ours that waits for its answer, or one made for somebody else. */
export type Pending =
  | {
      readonly kind: 'probe';
      readonly peer: Peer;
      readonly sentAt: number;
      /** Until the direct answer is late: its round trip counts. */
      isDirect: boolean;
      /** It answered over a stream: it lives, whatever becomes of the packets. */
      isReached: boolean;
      nacks: number;
      nacksExpected: number;
    }
  | {
      readonly kind: 'relay';
      readonly asker: Address;
      readonly sequence: number;
    };

/** What is asked over a stream and waits for its answer. */
export type Exchange =
  | Readonly<{ kind: 'push-pull' }>
  | Readonly<{ kind: 'join'; joinId: number }>
  | Readonly<{ kind: 'ping'; sequence: number }>;

export type Timer =
  | Readonly<{ kind: 'probe' | 'gossip' | 'push-pull' }>
  | Readonly<{ kind: 'probe-timeout' | 'probe-deadline'; sequence: number }>
  | Readonly<{ kind: 'relay-nack' | 'relay-timeout'; sequence: number }>
  | Readonly<{ kind: 'suspicion'; name: string }>;

/** What the edge is to do. */
export type PoolEffect =
  | Readonly<{ do: 'send'; to: Address; bytes: Uint8Array }>
  /** Asks over a stream; the answer comes back as `answered`, or `unanswered`. */
  | Readonly<{ do: 'exchange'; id: number; to: Address; bytes: Uint8Array }>
  /** Answers who asked over a stream. */
  | Readonly<{ do: 'answer'; connection: number; bytes: Uint8Array }>
  | Readonly<{ do: 'told'; joinId: number; problem?: string }>
  | Readonly<{ do: 'note'; line: string }>;

export type PoolInput =
  | Readonly<{ type: 'tick' }>
  /** A packet, decrypted. */
  | Readonly<{ type: 'packet'; from: Address; bytes: Uint8Array }>
  /** Somebody asks over a stream. */
  | Readonly<{ type: 'asked'; connection: number; from: Address; message: StreamMessage }>
  | Readonly<{ type: 'answered'; id: number; message: StreamMessage }>
  | Readonly<{ type: 'unanswered'; id: number; why: string }>
  | Readonly<{ type: 'join'; joinId: number; to: Address }>;

/** What the layer above hears, and what it adds. It is called in the middle of a step. */
export interface Layer {
  /** Its messages to spread, most urgent first. */
  readonly queues: readonly BroadcastQueue[];
  /** What it tells with a whole state. */
  localState(): Uint8Array;
  /** What it adds to the answer to a ping. */
  ackPayload(): Uint8Array;
  onJoin(peer: Peer): void;
  onLeave(peer: Peer): void;
  onUpdate(peer: Peer): void;
  /** Why somebody belongs to another pool; undefined, or absent: welcome. */
  refusal?(peer: Pick<Peer, 'name' | 'meta'>): string | undefined;
  /** Two members use one name. */
  onConflict(known: Peer, other: Address): void;
  onUser(bytes: Uint8Array, from: Address): void;
  /** @param isJoin of this member, to a pool that it was no part of */
  onState(user: Uint8Array, isJoin: boolean): void;
  /** @param rttMs of a direct answer */
  onAnswer(peer: Peer, rttMs: number, payload: Uint8Array): void;
}

export interface PoolOptions {
  readonly name: string;
  /** Where others reach it. */
  readonly address: Address;
  readonly meta: Uint8Array;
  readonly policy: Policy;
  readonly random: Random;
}

export interface Pool {
  readonly name: string;
  readonly policy: Policy;
  readonly random: Random;
  readonly layer: Layer;
  readonly peers: Map<string, Peer>;
  /** The members in the order of being probed, this one too, and who is next. */
  order: Peer[];
  orderAt: number;
  readonly self: Peer;
  sequence: number;
  /** 0 is healthy. */
  awareness: number;
  isLeaving: boolean;
  readonly broadcasts: BroadcastQueue;
  readonly pending: Map<number, Pending>;
  readonly exchanges: Map<number, Exchange>;
  readonly timers: Timers<Timer>;
  readonly armed: Set<'probe' | 'gossip' | 'push-pull'>;
  /** The probe of this round; undefined: it has ended. */
  probing: number | undefined;
  /** Of the step that runs. */
  effects: PoolEffect[];
  now: number;
}

/** The protocols that this member speaks: 1 to 5, tells 2; then the same of the layer above. */
export const VERSIONS = Uint8Array.of(1, 5, 2, 2, 5, 4);

/** A pool of which nobody is known yet. */
export function newPool(options: PoolOptions, layer: Layer): Pool {
  const self: Peer = {
    ...{ name: options.name, address: options.address, meta: options.meta, versions: VERSIONS },
    ...{ incarnation: 1, condition: 'alive', changedAt: 0, suspicion: undefined },
  };
  return {
    ...{ name: options.name, policy: options.policy, random: options.random, layer, self },
    ...{ peers: new Map([[self.name, self]]), order: [self], orderAt: 0 },
    ...{ sequence: 0, awareness: 0, isLeaving: false, broadcasts: new BroadcastQueue() },
    ...{ pending: new Map(), exchanges: new Map(), timers: new Timers(), armed: new Set() },
    ...{ probing: undefined, effects: [], now: 0 },
  };
}

/** Neither dead nor gone. */
export function isLiving({ condition }: Peer): boolean {
  return condition === 'alive' || condition === 'suspect';
}

/** Some others that fit, drawn; fewer where there are fewer. */
export function drawPeers(
  pool: Pool,
  count: number,
  fits: (peer: Peer) => boolean,
): readonly Peer[] {
  const drawn = new Set<Peer>();
  const { order } = pool;
  // Enough attempts to find some in a large pool; a small one is gone through a few times.
  for (let i = 0; i < 3 * order.length + 3 && drawn.size < count; i++) {
    const peer = order[Math.floor(pool.random.next() * order.length)];
    if (peer !== undefined && peer !== pool.self && fits(peer)) drawn.add(peer);
  }
  return [...drawn];
}

/** Sets one of the recurring timers, unless it is set. */
export function arm(pool: Pool, kind: 'probe' | 'gossip' | 'push-pull', afterMs: number): void {
  if (pool.armed.has(kind)) return;
  pool.armed.add(kind);
  pool.timers.set(pool.now + afterMs, { kind });
}

/** Passes a message about a member on. */
export function broadcast(pool: Pool, message: Message & { readonly name: string }): void {
  pool.broadcasts.add(encodeMessage(message), message.name);
  armGossip(pool);
}

/** Gossip runs only while there is something to tell, and somebody to tell it to. */
export function armGossip(pool: Pool): void {
  if (pool.order.length < 2) return;
  if (pool.broadcasts.size === 0 && pool.layer.queues.every(({ size }) => size === 0)) return;
  arm(pool, 'gossip', pool.policy.gossipIntervalMs);
}

/** Bytes of a message's kind where it is for the layer above. */
const USER_BYTES = 1;

/** What is to be told and fits, with each message's own bytes counted. */
export function takeBroadcasts(pool: Pool, bytes: number): readonly Uint8Array[] {
  const limit = retransmitLimit(pool.policy.retransmitMult, pool.order.length);
  const taken = [...pool.broadcasts.take({ overhead: PART_BYTES, bytes, limit })];
  let left = bytes;
  for (const { length } of taken) left -= length + PART_BYTES;
  for (const queue of pool.layer.queues) {
    const room = { overhead: PART_BYTES + USER_BYTES, bytes: left, limit };
    for (const message of queue.take(room)) {
      taken.push(encodeMessage({ type: 'user', bytes: message }));
      left -= message.length + PART_BYTES + USER_BYTES;
    }
  }
  return taken;
}

/** Sends messages as one packet. */
export function send(pool: Pool, to: Address, messages: readonly Uint8Array[], peer?: Peer): void {
  for (const packet of compound(messages)) {
    const packed = compressed(packet);
    // Whom we do not know may not know it.
    const checks = (peer?.versions[1] ?? 0) >= 5;
    pool.effects.push({ do: 'send', to, bytes: checks ? withChecksum(packed) : packed });
  }
}

/** Sends a message, and with it what is to be told anyway. */
export function sendWithNews(pool: Pool, to: Address, message: Message): void {
  const bytes = encodeMessage(message);
  send(pool, to, [bytes, ...takeBroadcasts(pool, COMPOUND_ROOM - bytes.length - PART_BYTES)]);
}

/** Worsens, or betters, what this member thinks of its own health. */
export function adjustAwareness(pool: Pool, delta: number): void {
  pool.awareness = Math.min(pool.policy.awarenessMax - 1, Math.max(0, pool.awareness + delta));
}
