/**
 * Sessions: who holds locks, and what ends that.
 *
 * Source: https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions
 */
import type { Brand, Index } from '../../base/brand.ts';

/** A UUID drawn at the edge. */
export type SessionId = Brand<string, 'SessionId'>;

/** What becomes of the keys that a lost session held. */
export type SessionBehavior = 'release' | 'delete';

export interface SessionFacts {
  readonly id: SessionId;
  /** For people. */
  readonly name: string;
  /** Name of the node it is bound to, as registered: gone with it. */
  readonly node: string;
  /** How long nobody may lock what it held, after it was invalidated [ms]. */
  readonly lockDelayMs: number;
  readonly behavior: SessionBehavior;
  /** Not renewed for so long, it may be invalidated [ms]; 0: it lives without renewal. */
  readonly ttlMs: number;
  /** Ids of checks of the node: one critical ends the session. */
  readonly nodeChecks: readonly string[];
  /** Ids of checks of instances on the node. */
  readonly serviceChecks: readonly string[];
}

export interface Session extends SessionFacts {
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** How long keys are kept from others after a lost holder, unless it said otherwise [ms]. */
export const LOCK_DELAY_MS = 15_000;
