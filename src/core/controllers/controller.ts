/**
 * Controllers: level-triggered functions of the state and the time. The leader asks each one when a
 * table it looks at has changed, or when it asked to be woken, and appends what it proposes.
 *
 * K1: what was carried out is not proposed again: a controller looks at what is, not at what
 *     happened. A lost wake-up costs time, never correctness.
 */
import type { Millis } from '../../base/brand.ts';
import type { Entry } from '../state/entry.ts';
import type { State } from '../state/state.ts';
import type { TableName } from '../state/watch.ts';

export interface Decision {
  readonly propose: readonly Entry[];
  /** Ask again then, even if nothing changes. */
  readonly wakeAt?: Millis;
}

export interface Controller {
  readonly name: string;
  /** Changes elsewhere cannot alter what it says. */
  readonly tables: readonly TableName[];
  /** @param newId draws a UUID */
  decide(state: State, now: Millis, newId: () => string): Decision;
}

/** The earlier of two instants, where undefined is never. */
export function earlier(a: Millis | undefined, b: Millis | undefined): Millis | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

export function decision(propose: readonly Entry[], wakeAt: Millis | undefined): Decision {
  return wakeAt === undefined ? { propose } : { propose, wakeAt };
}
