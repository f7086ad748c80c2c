/** The leader's evaluations with the worker of this server. */
import type { Random } from '../base/random.ts';
import { Failure } from '../base/failure.ts';
import { PLACEMENTS_PER_ENTRY_MAX } from '../core/limits.ts';
import type { EvalId } from '../core/model/ids.ts';
import type { BrokerStats } from '../core/scheduler/broker.ts';
import type { ScheduleResult } from '../core/scheduler/contract.ts';
import type { State } from '../core/state/state.ts';
import { EvalQueue, type EvalQueueDeps } from './eval-queue.ts';
import { SchedulingWorker } from './scheduling-worker.ts';

export interface DeciderDeps extends EvalQueueDeps {
  readonly random: Random;
}

export class Decider {
  readonly name = 'decider';
  /** For workers of other servers, too. */
  readonly queue: EvalQueue;
  readonly #worker: SchedulingWorker;

  constructor(deps: DeciderDeps) {
    this.queue = new EvalQueue(deps);
    this.#worker = new SchedulingWorker({ ...deps, evaluations: this.queue });
  }

  /** Evaluations that this server decided while it led. */
  get decided(): number {
    return this.#worker.decided;
  }

  stats(): BrokerStats & { readonly blocked: number } {
    return this.queue.stats();
  }

  /**
   * What would become of an evaluation on another state than the present one; nothing is written.
   *
   * Fails: `unavailable` where this server is not the leader.
   */
  dryRun(state: State, id: EvalId): ScheduleResult {
    const evaluation = state.evaluation(id);
    if (!this.queue.isOpen) throw new Failure('unavailable', 'this server is not the leader');
    if (evaluation === undefined) throw new Failure('not_found', `eval "${id}" not found`);
    return this.#worker.ask(evaluation, state, PLACEMENTS_PER_ENTRY_MAX);
  }

  /** Decides evaluations until `signal` aborts. Only the leader runs it. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    signal.addEventListener('abort', end, { once: true });
    // What ends one of them ends the other.
    const both = [this.queue, this.#worker].map((each) => each.run(stop.signal).finally(end));
    await Promise.all(both);
    signal.removeEventListener('abort', end);
  }
}
