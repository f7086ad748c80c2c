/** Entries about changes of templates' data; see `entry.ts` for what holds of every entry. */
import type { Millis } from '../../base/brand.ts';
import type { AllocId } from '../model/ids.ts';

export type RolloutEntry = RolloutBegun | RolloutEnded;

/**
 * An instance is about to take a change over. Refused with `conflict` while as many others do as
 * the group's `max_parallel` lets, `invalid` for a change that failed elsewhere, `not_found` for an
 * instance that is over.
 */
export type RolloutBegun = Readonly<{
  type: 'rollout.begin';
  at: Millis;
  allocId: AllocId;
  task: string;
  change: string;
}>;

/** It has, and is healthy; or it could not live with it. One that had not begun is passed over. */
export type RolloutEnded = Readonly<{
  type: 'rollout.end';
  at: Millis;
  allocId: AllocId;
  task: string;
  healthy: boolean;
  /** For people. */
  reason: string;
}>;
