/**
 * What clients may ask of changes of what templates read: see `Operations`.
 *
 * Fails (all): as `Operations`.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { RolloutBegun, RolloutEnded } from '../core/state/rollout-entry.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';

export interface RolloutOperations {
  /** Fails: `not_found` the allocation is over. */
  begin(id: AllocId, what: Pick<RolloutBegun, 'task' | 'change'>): Promise<RolloutReply>;
  end(id: AllocId, what: Pick<RolloutEnded, 'task' | 'healthy' | 'reason'>): Promise<Index>;
}

export interface RolloutReply {
  readonly begun: boolean;
  /** Why it never will be; absent: others are changing. */
  readonly stopped?: string;
}

export interface RolloutOperationDeps {
  readonly log: Log<Entry, Outcome>;
  readonly clock: Clock;
}

/** Bytes of what is told of a failure: it is kept, and shown in every task's events. */
const REASON_MAX = 512;

export function rolloutOperations({ log, clock }: RolloutOperationDeps): RolloutOperations {
  return {
    async begin(allocId, { task, change }) {
      try {
        await propose(log, { type: 'rollout.begin', at: clock.now(), allocId, task, change });
        return { begun: true };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.fault === 'conflict') return { begun: false };
        if (error.fault === 'invalid') return { begun: false, stopped: error.message };
        throw error;
      }
    },
    async end(allocId, { task, healthy, reason }) {
      const told = { allocId, task, healthy, reason: reason.slice(0, REASON_MAX) };
      return (await propose(log, { type: 'rollout.end', at: clock.now(), ...told })).index;
    },
  };
}
