/**
 * The leader's loop over evaluations: takes the next from the broker, asks the scheduler, appends
 * what it says, and does so again where part of the plan was refused.
 *
 * W1: plan, decided evaluation and follow-ups are one entry; no crash falls between them.
 * W2: an evaluation is decided on a state at least as new as the evaluation.
 * W3: what goes wrong with one evaluation does not stop the loop.
 */
import { Bug } from '../base/assert.ts';
import type { Index, Millis } from '../base/brand.ts';
import { Failure, explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { earlier } from '../core/controllers/controller.ts';
import {
  BLOCKED_RETRY_MS,
  EVAL_DELIVERIES_MAX,
  PLACEMENTS_PER_ENTRY_MAX,
  SCHEDULE_BUDGET,
} from '../core/limits.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { EvalId } from '../core/model/ids.ts';
import { Blocked, freedBy } from '../core/scheduler/blocked.ts';
import type { Capacity } from '../core/scheduler/blocked.ts';
import { Broker } from '../core/scheduler/broker.ts';
import type { BrokerStats, Delivery } from '../core/scheduler/broker.ts';
import type { ScheduleResult } from '../core/scheduler/contract.ts';
import { Ledger } from '../core/scheduler/ledger.ts';
import {
  afterDeliveries,
  afterRefusals,
  planAttemptsMax,
  superseded,
} from '../core/scheduler/outcome-of-eval.ts';
import { schedule } from '../core/scheduler/schedule.ts';
import type { Change } from '../core/state/change.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { State } from '../core/state/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { Bell } from '../run/bell.ts';
import { propose } from './proposer.ts';
import type { ChangeBatch, Replica } from './replica.ts';

export interface DeciderDeps {
  readonly log: Log<Entry, Outcome>;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly random: Random;
  /** Draws a UUID. */
  readonly newId: () => string;
  readonly note: (line: string) => void;
}

export class Decider {
  readonly name = 'decider';
  readonly #deps: DeciderDeps;
  readonly #bell = new Bell();
  #broker = new Broker();
  #blocked = new Blocked();
  readonly #ledger = new Ledger();
  #isRunning = false;
  /** When those whose plans were refused are tried again. */
  #retryAt = 0 as Millis;

  constructor(deps: DeciderDeps) {
    this.#deps = deps;
  }

  stats(): BrokerStats & { readonly blocked: number } {
    return { ...this.#broker.stats(), blocked: this.#blocked.size };
  }

  /**
   * What would become of an evaluation on another state than the present one; nothing is written.
   *
   * Fails: `unavailable` where this server is not the leader.
   */
  dryRun(state: State, id: EvalId): ScheduleResult {
    const evaluation = state.evaluation(id);
    if (!this.#isRunning) throw new Failure('unavailable', 'this server is not the leader');
    if (evaluation === undefined) throw new Failure('not_found', `eval "${id}" not found`);
    return this.#ask(evaluation, state, PLACEMENTS_PER_ENTRY_MAX);
  }

  /** Decides evaluations until `signal` aborts. Only the leader runs it. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#deps.replica.subscribe((batch) => this.#observe(batch));
    try {
      this.#restore();
      this.#isRunning = true;
      while (!signal.aborted) await this.#turn(signal);
    } finally {
      unsubscribe();
      this.#isRunning = false;
      this.#broker = new Broker();
      this.#blocked = new Blocked();
    }
  }

  /** Rebuilds from the state what a leader must hold. */
  #restore(): void {
    const { state } = this.#deps.replica;
    this.#broker = new Broker();
    this.#blocked = new Blocked();
    this.#ledger.load(state);
    const now = this.#deps.clock.now();
    for (const each of state.openEvals('pending')) this.#broker.enqueue(each, now);
    // What room came free before this leader came is not known: each is tried once.
    for (const each of state.openEvals('blocked')) this.#broker.enqueue(each, now);
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, replica } = this.#deps;
    const now = clock.now();
    const isPaused = replica.state.schedulerConfig.pauseEvalBroker;
    if (now >= this.#retryAt) {
      this.#retryAt = (now + BLOCKED_RETRY_MS) as Millis;
      this.#enqueueAll(this.#blocked.wakeRefused());
    }
    const delivery = isPaused ? undefined : this.#broker.dequeue(now);
    if (delivery === undefined) {
      const retryAt = this.#blocked.size > 0 ? this.#retryAt : undefined;
      const wakeAt = earlier(this.#broker.wakeAt(), retryAt);
      const waitMs = wakeAt === undefined || isPaused ? undefined : Math.max(0, wakeAt - now);
      await this.#bell.wait(clock, waitMs, signal);
      return;
    }
    await this.#deliver(delivery);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { id } = delivery.evaluation;
    try {
      await this.#decide(delivery);
      const rest = this.#broker.ack(id, delivery.token);
      if (rest.length > 0) await this.#upsert(rest.map((each) => superseded(each)));
    } catch (error) {
      if (error instanceof Bug) throw error;
      // W3: another try, after a pause; the broker counts them.
      this.#deps.note(`evaluation ${id}: ${explain(error)}`);
      this.#broker.nack(id, delivery.token, this.#deps.clock.now());
    }
  }

  async #decide(delivery: Delivery): Promise<void> {
    const { replica, clock, newId } = this.#deps;
    const evaluation = replica.state.evaluation(delivery.evaluation.id);
    if (evaluation === undefined || !isOpen(evaluation)) return;
    if (delivery.exhausted) {
      const id = newId() as EvalId;
      const [failed, next] = afterDeliveries(evaluation, id, clock.now(), EVAL_DELIVERIES_MAX);
      await this.#upsert([failed, next].filter((each) => each !== undefined));
      return;
    }
    await this.#attempt(evaluation, delivery.token);
  }

  /** Plans until nothing is refused, or too often without any progress. */
  async #attempt(evaluation: Evaluation, token: number): Promise<void> {
    const attemptsMax = planAttemptsMax(evaluation);
    let attempts = 0;
    while (attempts < attemptsMax) {
      const result = this.#ask(evaluation, this.#deps.replica.state, SCHEDULE_BUDGET);
      if (!this.#broker.holds(evaluation.id, token)) return;
      const progress = await this.#carryOut(result);
      if (progress === 'done') return;
      attempts = progress === 'some' ? 0 : attempts + 1;
    }
    const id = this.#deps.newId() as EvalId;
    await this.#upsert(afterRefusals(evaluation, id, this.#deps.replica.state.index));
  }

  #ask(evaluation: Evaluation, snapshot: State, budget: number): ScheduleResult {
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

  /** Appends what the scheduler said (W1); answers how much of it came to be. */
  async #carryOut(result: ScheduleResult): Promise<'done' | 'some' | 'none'> {
    const { log, clock } = this.#deps;
    const evals = [result.evaluation, ...result.followUps];
    if (result.plan === undefined) {
      await this.#upsert(evals);
      return 'done';
    }
    const { outcome } = await propose(log, {
      type: 'plan.apply',
      at: clock.now(),
      plan: result.plan,
      evals,
    });
    const refused = outcome.refused ?? [];
    if (refused.length === 0) return 'done';
    const lost = refused.reduce((sum, { allocIds }) => sum + allocIds.length, 0);
    return lost < result.plan.placements.length && outcome.changed ? 'some' : 'none';
  }

  async #upsert(evals: readonly Evaluation[]): Promise<void> {
    await propose(this.#deps.log, { type: 'evals.upsert', at: this.#deps.clock.now(), evals });
  }

  #observe(batch: ChangeBatch): void {
    this.#ledger.advance(batch.changes, batch.index);
    const room: Capacity[] = [];
    let rings = false;
    for (const change of batch.changes) {
      const capacity = freedBy(change, batch.index, (id) => this.#deps.replica.state.node(id));
      if (capacity !== undefined) room.push(capacity);
      if (this.#take(change, batch.index)) rings = true;
    }
    const woken = room.length === 0 ? [] : this.#blocked.wake(room);
    this.#enqueueAll(woken);
    if (rings || woken.length > 0) this.#bell.ring();
  }

  /** Takes in one change; answers whether there may be something to decide. */
  #take(change: Change, index: Index): boolean {
    if (change.table === 'evals') return this.#takeEval(change.key as EvalId, change.after);
    if (change.table !== 'config') return false;
    this.#enqueueAll(this.#blocked.wakeAll(index));
    return true;
  }

  #takeEval(id: EvalId, after: Evaluation | undefined): boolean {
    if (after?.status === 'pending') {
      this.#broker.enqueue(after, this.#deps.clock.now());
      return true;
    }
    this.#broker.forget(id);
    this.#blocked.forget(id);
    if (after?.status !== 'blocked' || this.#blocked.add(after)) return false;
    this.#broker.enqueue(after, this.#deps.clock.now());
    return true;
  }

  #enqueueAll(evals: readonly Evaluation[]): void {
    const now = this.#deps.clock.now();
    for (const each of evals) this.#broker.enqueue(each, now);
  }
}

function isOpen(evaluation: Evaluation): boolean {
  return evaluation.status === 'pending' || evaluation.status === 'blocked';
}
