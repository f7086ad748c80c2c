/**
 * What the scheduler is asked and what it answers. The worker that calls it is a loop of the server
 * role: it takes an evaluation from the broker, calls `schedule` on a snapshot, and appends what
 * comes back as one entry (plan, completed evaluation and follow-ups together, so that no crash
 * falls between them).
 *
 * S1: the same input gives the same answer; nothing here reads a clock or draws chance of its own.
 * S2: the ledger is the same after the call as before it.
 * S3: no node is over-committed, and no port given twice, by a plan on the state it was based on.
 * S4: another node never makes a job unplaceable that was placeable without it.
 */
import type { Millis } from '../../base/brand.ts';
import type { Random } from '../../base/random.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Plan, PlanAnnotations } from '../model/plan.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Ledger } from './ledger.ts';

/** One evaluation to decide, and all that the decision may depend on. */
export interface ScheduleInput {
  readonly snapshot: Snapshot;
  /** `pending`, or `blocked` where a blocked one was woken. */
  readonly evaluation: Evaluation;
  /**
   * What is free on each node, advanced to `snapshot.index`. One behind is harmless for a dry run
   * on a forked state: `verify` is the judge of what really fits.
   */
  readonly ledger: Ledger;
  readonly now: Millis;
  /** Breaks ties between equally good nodes and draws dynamic ports. Forked by the scheduler. */
  readonly random: Random;
  /** Draws the next unused UUID: for allocations, deployments and follow-up evaluations. */
  readonly nextId: () => string;
  /** At most so many placements, at least 1; the rest is left to the remainder. */
  readonly budget: number;
}

export interface ScheduleResult {
  /** Absent where nothing is to change. */
  readonly plan?: Plan;
  /**
   * The evaluation as it is to be stored once the plan was applied: `complete` with its reasons, or
   * still `blocked` (with fresh reasons) where a woken one found too little room again.
   */
  readonly evaluation: Evaluation;
  /**
   * New evaluations: `blocked` ones, delayed ones (`waitUntil`), and the `pending` remainder. Their
   * indexes are 0; apply stamps them.
   */
  readonly followUps: readonly Evaluation[];
  /** What would change, counted by group: `plan` prints it. */
  readonly annotations: PlanAnnotations;
  /** The budget ran out; the last of `followUps` goes on where this stopped. */
  readonly remainder: boolean;
}
