/**
 * Keys and values, and who holds the lock on one.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/kv
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { SessionId } from './session.ts';

export interface KvPair {
  readonly key: string;
  /** The bytes, as Base64. */
  readonly value: string;
  /** An unsigned 64-bit number as decimal text: JavaScript's numbers are not exact there. */
  readonly flags: string;
  /**
   * The index at which the present or last holder was granted the lock, its fencing token; 0: the
   * key was never locked. It only rises.
   */
  readonly lockIndex: Index;
  /** Who holds the lock. */
  readonly session?: SessionId;
  /** When the key expires by itself; absent: never. */
  readonly expiresAt?: Millis;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/**
 * A key that nobody may lock for a while, since its holder was lost: until the leader lifts that,
 * which counts on a clock that nobody sets.
 */
export interface LockDelay {
  readonly key: string;
  /** When that will be, for people. */
  readonly until: Millis;
  /** For how long [ms]; absent in what an older build wrote. */
  readonly ms?: number;
  readonly modifyIndex: Index;
}

export const NO_FLAGS = '0';
