/**
 * Decides evaluations, one after another, on this server's copy of the state: those of the queue of
 * this server, where it leads, or of the server that does.
 *
 * W1: an evaluation is decided on a state at least as new as the evaluation.
 * W2: what goes wrong with one evaluation does not stop the loop.
 * W3: a server whose state is behind takes no more until it has caught up: an evaluation that is
 *     given back too often is called failed.
 */
import { Bug } from '../base/assert.ts';
import type { Index } from '../base/brand.ts';
import { Failure, explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { EVAL_DELIVERIES_MAX, REPLICA_BEHIND_MS_MAX, SCHEDULE_BUDGET } from '../core/limits.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { EvalId } from '../core/model/ids.ts';
import type { ScheduleResult } from '../core/scheduler/contract.ts';
import { Ledger } from '../core/scheduler/ledger.ts';
import {
  afterDeliveries,
  afterRefusals,
  planAttemptsMax,
} from '../core/scheduler/outcome-of-eval.ts';
import { schedule } from '../core/scheduler/schedule.ts';
import type { State } from '../core/state/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decision, Evaluations, TakenEval } from '../ports/evaluations.ts';
import type { Service } from '../ports/service.ts';
import type { Replica } from './replica.ts';

export interface SchedulingWorkerDeps {
  readonly evaluations: Evaluations;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly random: Random;
  /** Draws a UUID. */
  readonly newId: () => string;
}

export class SchedulingWorker implements Service {
  readonly name = 'scheduling worker';
  readonly #deps: SchedulingWorkerDeps;
  readonly #ledger = new Ledger();
  #decided = 0;

  constructor(deps: SchedulingWorkerDeps) {
    this.#deps = deps;
  }

  /** Evaluations that it came to the end of, in all. */
  get decided(): number {
    return this.#decided;
  }

  /** Decides evaluations until `signal` aborts. Fails: as `take` of `Evaluations`. */
  async run(signal: AbortSignal): Promise<void> {
    const { replica, evaluations } = this.#deps;
    const unsubscribe = replica.subscribe(({ changes, index }) =>
      this.#ledger.advance(changes, index),
    );
    try {
      this.#ledger.load(replica.state);
      while (!signal.aborted) {
        const taken = await evaluations.take(signal);
        if (taken !== undefined) await this.#work(taken, signal);
      }
    } finally {
      unsubscribe();
    }
  }

  /** What becomes of an evaluation on a state; nothing is written. */
  ask(evaluation: Evaluation, snapshot: State, budget: number): ScheduleResult {
    const { clock, random, newId } = this.#deps;
    return schedule({
      snapshot,
      evaluation,
      ledger: this.#ledger,
      now: clock.now(),
      random: random.fork(`${evaluation.id}/${snapshot.index}`),
      nextId: newId,
      budget,
    });
  }

  async #work(taken: TakenEval, signal: AbortSignal): Promise<void> {
    try {
      await this.#reached(taken.index, signal);
      if (taken.exhausted) await this.#deps.evaluations.submit(taken, this.#failed(taken), signal);
      else await this.#decide(taken, signal);
      this.#decided += 1;
    } catch (error) {
      if (error instanceof Bug) throw error;
      // W2
      await this.#deps.evaluations.giveBack(taken, explain(error));
      // W3
      while (!signal.aborted && !(await this.#arrive(taken.index, signal)));
    }
  }

  /** Plans until nothing is refused, or too often without any progress. */
  async #decide(taken: TakenEval, signal: AbortSignal): Promise<void> {
    const { evaluations, replica } = this.#deps;
    const { evaluation } = taken;
    const attemptsMax = planAttemptsMax(evaluation);
    let needed = taken.index;
    for (let attempts = 0; attempts < attemptsMax;) {
      await this.#reached(needed, signal);
      const decision = this.ask(evaluation, replica.state, SCHEDULE_BUDGET);
      const { progress, index } = await evaluations.submit(taken, decision, signal);
      if (progress === 'done' || progress === 'lost') return;
      attempts = progress === 'some' ? 0 : attempts + 1;
      needed = index;
    }
    await evaluations.submit(taken, this.#refused(evaluation), signal);
  }

  #refused(evaluation: Evaluation): Decision {
    const { newId, replica } = this.#deps;
    const id = newId() as EvalId;
    const [failed, blocked] = afterRefusals(evaluation, id, replica.state.index);
    return { evaluation: failed, followUps: [blocked] };
  }

  #failed({ evaluation }: TakenEval): Decision {
    const { newId, clock } = this.#deps;
    const id = newId() as EvalId;
    const [failed, next] = afterDeliveries(evaluation, id, clock.now(), EVAL_DELIVERIES_MAX);
    return { evaluation: failed, followUps: [next] };
  }

  /** Resolves when this server's state is as new as that (W1). Fails: `unavailable` */
  async #reached(index: Index, signal: AbortSignal): Promise<void> {
    if (await this.#arrive(index, signal)) return;
    const message = `this server's state is at ${this.#deps.replica.state.index}, before ${index}`;
    throw new Failure('unavailable', message);
  }

  /** Answers whether this server's state came to be as new as that within some time. */
  async #arrive(index: Index, signal: AbortSignal): Promise<boolean> {
    const { replica, clock } = this.#deps;
    if (replica.state.index >= index) return true;
    const done = new AbortController();
    const end = (): void => done.abort();
    const unsubscribe = replica.subscribe((batch) => {
      if (batch.index >= index) end();
    });
    signal.addEventListener('abort', end, { once: true });
    await clock.sleep(REPLICA_BEHIND_MS_MAX, done.signal);
    signal.removeEventListener('abort', end);
    unsubscribe();
    return replica.state.index >= index;
  }
}
