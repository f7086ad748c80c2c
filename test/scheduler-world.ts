/** A state, its ledger and the scheduler, driven together as a server's worker drives them. */
import { seeded } from '../src/base/random.ts';
import type { Index, Millis } from '../src/base/brand.ts';
import type { Alloc } from '../src/core/model/alloc.ts';
import type { Evaluation } from '../src/core/model/evaluation.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../src/core/model/ids.ts';
import type { JobSpec } from '../src/core/model/job.ts';
import type { ScheduleResult } from '../src/core/scheduler/contract.ts';
import { createIdSource } from '../src/core/scheduler/draw-id.ts';
import { Ledger } from '../src/core/scheduler/ledger.ts';
import { schedule } from '../src/core/scheduler/schedule.ts';
import { apply, type Applied } from '../src/core/state/apply.ts';
import type { Entry } from '../src/core/state/entry.ts';
import { emptyState, type State } from '../src/core/state/state.ts';
import { register, T0 } from './state-world.ts';

/** As the worker's: a plan entry is bounded. */
const BUDGET = 1_000;
/** More evaluations than any test leads to: something goes in circles. */
const SETTLE_MAX = 1_000;

export class SchedulerWorld {
  state: State = emptyState();
  now: Millis = T0;
  readonly ledger = new Ledger();
  readonly #ids: () => string;
  readonly #seed: string;
  #registered = 0;

  constructor(seed = 'test') {
    this.#seed = seed;
    this.#ids = createIdSource(seed);
  }

  do(entry: Entry): Applied {
    const applied = apply(this.state, (this.state.index + 1) as Index, entry);
    this.state = applied.state;
    this.ledger.advance(applied.changes, this.state.index);
    return applied;
  }

  /** Registers the job and decides whatever evaluations that leads to. */
  run(spec: JobSpec): readonly ScheduleResult[] {
    this.do(register(spec, ++this.#registered, this.now));
    return this.settle();
  }

  /** What the scheduler would say of an evaluation now; nothing is changed. */
  ask(evaluation: Evaluation, budget = BUDGET): ScheduleResult {
    return schedule({
      snapshot: this.state,
      evaluation,
      ledger: this.ledger,
      now: this.now,
      random: seeded(`${this.#seed}/${evaluation.id}`),
      nextId: this.#ids,
      budget,
    });
  }

  /** Decides one evaluation and carries the answer out. */
  evaluate(evaluation: Evaluation, budget = BUDGET): ScheduleResult {
    const result = this.ask(evaluation, budget);
    const evals = [result.evaluation, ...result.followUps];
    if (result.plan === undefined) this.do({ type: 'evals.upsert', at: this.now, evals });
    else this.do({ type: 'plan.apply', at: this.now, plan: result.plan, evals });
    return result;
  }

  /** Decides pending evaluations whose time has come until there are none. */
  settle(budget = BUDGET): readonly ScheduleResult[] {
    const results: ScheduleResult[] = [];
    while (results.length < SETTLE_MAX) {
      const due = [...this.state.openEvals('pending')].find(
        (evaluation) => (evaluation.waitUntil ?? 0) <= this.now,
      );
      if (due === undefined) return results;
      results.push(this.evaluate(due, budget));
    }
    throw new Error(`does not settle: ${JSON.stringify(results[SETTLE_MAX - 1], undefined, 1)}`);
  }

  allocs(job: string): readonly Alloc[] {
    const allocs = [...this.state.allocsByJob(DEFAULT_NAMESPACE, job as JobId)];
    return allocs.sort((a, b) => a.createIndex - b.createIndex || (a.name < b.name ? -1 : 1));
  }

  live(job: string): readonly Alloc[] {
    return this.allocs(job).filter(
      (alloc) =>
        alloc.desiredStatus === 'run' && ['pending', 'running'].includes(alloc.clientStatus),
    );
  }
}
