/**
 * Where evaluations to decide come from, and where what was decided goes: the leader's queue, in
 * this process or over the link.
 */
import type { Index } from '../base/brand.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { EvalId } from '../core/model/ids.ts';
import type { ScheduleResult } from '../core/scheduler/contract.ts';

export interface Evaluations {
  /**
   * The next evaluation to decide, once there is one; undefined where none came within some time,
   * or `signal` aborts. Whoever takes one hands a decision in, or gives it back.
   */
  take(signal: AbortSignal): Promise<TakenEval | undefined>;
  /** Hands a decision in; the evaluation remains taken unless the verdict is `done` or `lost`. */
  submit(held: HeldEval, decision: Decision, signal: AbortSignal): Promise<Verdict>;
  /** It could not be decided: it comes again after a pause. */
  giveBack(held: HeldEval, why: string): Promise<void>;
}

/** Proves who may decide an evaluation. */
export interface HeldEval {
  readonly id: EvalId;
  readonly token: string;
}

export interface TakenEval extends HeldEval {
  readonly evaluation: Evaluation;
  /** It was given back too often: call it failed rather than decide it. */
  readonly exhausted: boolean;
  /** The state that it is decided on must be at least as new. */
  readonly index: Index;
}

/** What becomes of an evaluation: one entry. */
export type Decision = Pick<ScheduleResult, 'plan' | 'evaluation' | 'followUps'>;

export interface Verdict {
  /**
   * `done`: all of it was carried out; `some`, `none`: the state was not what it was taken for, so
   * that the rest of the plan was refused; `lost`: somebody else decides it by now.
   */
  readonly progress: 'done' | 'some' | 'none' | 'lost';
  /** Of a state that shows what was refused, and why. */
  readonly index: Index;
}
