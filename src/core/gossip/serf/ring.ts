/**
 * A pool with what stands above membership: statuses with reasons, events, queries, keys,
 * coordinates. Like the pool it is changed in place, by `stepRing` alone (G1, G2 there).
 */
import type { Random } from '../../../base/random.ts';
import type { Coordinate } from '../../model/coordinate.ts';
import type { Address } from '../address.ts';
import type { CoordinateClient } from '../coordinates.ts';
import type { KeyRing } from '../key-ring.ts';
import type { BroadcastQueue } from '../member-list/broadcasts.ts';
import type { Policy } from '../member-list/policy.ts';
import { armGossip, type Pool, type PoolEffect, type PoolInput } from '../member-list/pool.ts';
import type { Timers } from '../member-list/timers.ts';
import { encodeSerf, type Filter, type SerfMessage } from '../wire/serf-messages.ts';
import type { Tags } from '../wire/tags.ts';
import type { LamportClock } from './lamport.ts';
import type { SeenTimes } from './seen-times.ts';

/** `failed` was not heard of any more; `left` said so. */
export type MemberStatus = 'alive' | 'leaving' | 'left' | 'failed';

export interface Member {
  readonly name: string;
  readonly address: Address;
  readonly tags: Tags;
  readonly status: MemberStatus;
  /** Lamport time of what was last said of its coming and going. */
  readonly statusTime: number;
  /** When it left or failed, on the pool's clock; 0: it is there. */
  readonly goneAt: number;
}

export interface RingPolicy {
  readonly pool: Policy;
  /** After this a failed member, and one that left, is forgotten. */
  readonly reconnectTimeoutMs: number;
  readonly tombstoneMs: number;
  readonly reapIntervalMs: number;
  readonly reconnectIntervalMs: number;
  /** Each of the two messages of a leave is spread for so long at most. */
  readonly broadcastTimeoutMs: number;
  readonly leavePropagateMs: number;
  /** What was said of a member that nobody knows yet is kept for so long. */
  readonly intentMs: number;
}

/** Where the members that were asked see the owner of a name that two use. */
export interface Votes {
  /** The other that uses it. */
  readonly rival: Address;
  here: number;
  elsewhere: number;
}

/** What is told of the ring. */
export type RingNews =
  | Readonly<{ type: 'member'; change: MemberChange; member: Member }>
  | Readonly<{ type: 'event'; name: string; payload: Uint8Array; lTime: number }>
  /** Somebody asks; `respond` with this number answers. */
  | Readonly<{ type: 'query'; query: number; name: string; payload: Uint8Array; from: string }>
  /** To a question of this member. */
  | Readonly<{ type: 'reply'; ask: number; from: string; isAck: boolean; payload: Uint8Array }>
  | Readonly<{ type: 'asked'; ask: number }>
  /** Another member has this one's name, and keeps it: so many know that one, and this one. */
  | (Readonly<{ type: 'name-lost' }> & Votes)
  | Readonly<{ type: 'left' }>;

export type MemberChange = 'joined' | 'left' | 'failed' | 'updated' | 'reaped';

export type RingEffect =
  | PoolEffect
  | Readonly<{ do: 'tell'; news: RingNews }>
  /** The ring of keys has changed and is to be kept. */
  | Readonly<{ do: 'keep-keys'; keys: KeyRing }>;

export interface Ask {
  readonly ask: number;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly filters: readonly Filter[];
  readonly wantsAcks: boolean;
  readonly relayFactor: number;
  /** Undefined: as the size of the pool suggests. */
  readonly timeoutMs?: number;
}

export type RingInput =
  | PoolInput
  | Readonly<{ type: 'fire'; name: string; payload: Uint8Array; coalesces: boolean }>
  | (Readonly<{ type: 'ask' }> & Ask)
  | Readonly<{ type: 'respond'; query: number; payload: Uint8Array }>
  | Readonly<{ type: 'force-leave'; name: string; prune: boolean }>
  | Readonly<{ type: 'tags'; tags: Tags }>
  | Readonly<{ type: 'leave' }>;

/** A question of this member, until its time is over. */
export interface OpenAsk {
  readonly ask: number;
  readonly lTime: number;
  readonly id: number;
  readonly acked: Set<string>;
  readonly answered: Set<string>;
  /** Set where the ring itself asks: who has its name. */
  readonly votes?: Votes;
}

/** A question of somebody that may still be answered. */
export interface HeardQuery {
  readonly lTime: number;
  readonly id: number;
  readonly from: Address;
  readonly relayFactor: number;
  readonly endsAt: number;
}

export type RingTimer =
  | Readonly<{ kind: 'reap' | 'reconnect' | 'leave' }>
  | Readonly<{ kind: 'ask-ends'; id: number }>
  | Readonly<{ kind: 'query-ends'; query: number }>;

/** How far a leave is: the intent is spread, then that it is gone, then time to be heard. */
export type LeavePhase = 'no' | 'intent' | 'gone' | 'heard' | 'done';

export interface Ring {
  readonly pool: Pool;
  readonly policy: RingPolicy;
  readonly random: Random;
  readonly members: Map<string, Member>;
  /** Names of members that failed or left. */
  readonly gone: Set<string>;
  /** Members of the last life that were not heard of in this one, and until when they are tried. */
  readonly remembered: Map<string, { readonly address: Address; readonly until: number }>;
  /** What was said of members that are not known yet. */
  readonly intents: Map<string, { readonly type: 'join' | 'leave'; lTime: number; at: number }>;
  readonly clocks: Readonly<Record<'status' | 'event' | 'query', LamportClock>>;
  readonly seenEvents: SeenTimes<{ readonly name: string; readonly payload: Uint8Array }>;
  readonly seenQueries: SeenTimes<number>;
  readonly queues: Readonly<Record<'intents' | 'queries' | 'events', BroadcastQueue>>;
  readonly asks: Map<number, OpenAsk>;
  readonly heard: Map<number, HeardQuery>;
  queries: number;
  readonly coordinates: CoordinateClient;
  /** Of the others, as they last answered. */
  readonly answered: Map<string, Coordinate>;
  keys: KeyRing;
  readonly timers: Timers<RingTimer>;
  readonly armed: Set<'reap' | 'reconnect'>;
  leaving: { phase: LeavePhase; deadline: number };
  effects: RingEffect[];
}

export function tell(ring: Ring, news: RingNews): void {
  ring.effects.push({ do: 'tell', news });
}

/** Spreads a message, bytes as they were heard where they were. */
export function spread(
  ring: Ring,
  queue: keyof Ring['queues'],
  message: SerfMessage,
  about?: string,
): void {
  if (living(ring) < 2) return;
  ring.queues[queue].add(encodeSerf(message), about);
  armGossip(ring.pool);
}

/** How many members are there, this one too. */
export function living({ members, gone }: Ring): number {
  return members.size - gone.size;
}
