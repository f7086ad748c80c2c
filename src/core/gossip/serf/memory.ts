/**
 * What a member remembers from one life to the next: whom it knew, and how late it was.
 *
 * M1: who is remembered is only an address to try. Nobody is a member before it was heard of.
 * M2: what this member heard in its last life is not told again in this one.
 * M3: who left stays away until it is told to join, unless it is to come back by itself.
 *
 * Source: Serf's snapshots (https://www.serf.io/docs/agent/options.html)
 */
import { z } from 'zod';
import type { Address } from '../address.ts';
import { MEMBER_NAME_MAX, REMEMBERED_MAX } from '../limits.ts';
import type { Ring } from './ring.ts';
import { armReconnect } from './statuses.ts';

export interface Acquaintance {
  readonly name: string;
  readonly address: Address;
}

export interface RingMemory {
  /** Whoever was there or had failed; this member itself is none of them. */
  readonly members: readonly Acquaintance[];
  /** The next times of the Lamport clocks. */
  readonly clocks: Readonly<Record<'status' | 'event' | 'query', number>>;
  /** It went in good order. */
  readonly hasLeft: boolean;
}

/** What is to be kept of a ring. */
export function memoryOf(ring: Ring): RingMemory {
  const { members, remembered, pool, clocks, leaving } = ring;
  const known: Acquaintance[] = [];
  for (const { name, address, status } of members.values()) {
    if (name !== pool.name && status !== 'left') known.push({ name, address });
  }
  for (const [name, { address }] of remembered) known.push({ name, address });
  return {
    members: known.slice(0, REMEMBERED_MAX),
    clocks: {
      status: clocks.status.time,
      event: clocks.event.time,
      query: clocks.query.time,
    },
    hasLeft: leaving.phase !== 'no',
  };
}

/**
 * Recalls the last life, once, before the first step (M1, M2, M3).
 *
 * @param comesBack also after it had left
 * @param now the time of the first step
 */
export function recall(ring: Ring, memory: RingMemory, comesBack: boolean, now: number): void {
  const { clocks, pool, policy, remembered } = ring;
  pool.now = now;
  for (const kind of ['status', 'event', 'query'] as const) {
    clocks[kind].witness(memory.clocks[kind] - 1);
  }
  ring.seenEvents.ignoreBefore(memory.clocks.event);
  ring.seenQueries.ignoreBefore(memory.clocks.query);
  if (memory.hasLeft && !comesBack) return;
  const until = now + policy.reconnectTimeoutMs;
  for (const { name, address } of memory.members) {
    if (name !== pool.name) remembered.set(name, { address, until });
  }
  if (remembered.size > 0) armReconnect(ring);
}

const LAMPORT = z.int().min(0);

const MEMORY = z.object({
  members: z
    .array(
      z.object({
        name: z.string().min(1).max(MEMBER_NAME_MAX),
        address: z.object({ host: z.string().min(1).max(64), port: z.int().min(1).max(65_535) }),
      }),
    )
    .max(REMEMBERED_MAX),
  clocks: z.object({ status: LAMPORT, event: LAMPORT, query: LAMPORT }),
  hasLeft: z.boolean(),
});

export function encodeMemory(memory: RingMemory): string {
  return `${JSON.stringify(memory)}\n`;
}

/** Undefined for what no `encodeMemory` made. */
export function decodeMemory(text: string): RingMemory | undefined {
  try {
    return MEMORY.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
