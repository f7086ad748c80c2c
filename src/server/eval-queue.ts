/**
 * The leader's evaluations: which is decided next, by whom, and the way of decisions to the log.
 *
 * Q1: plan, decided evaluation and follow-ups are one entry; no crash falls between them.
 * Q2: only who holds an evaluation decides it, and nobody does once this server leads no more.
 *     One whose decision is on its way stays with whoever decided it (B6 of the broker): a worker
 *     that gives up waiting, or is gone, gives back nothing that is being written.
 * Q3: workers of other servers are given what waits behind another evaluation: a single one is
 *     decided here, where no way has to be gone.
 */
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { earlier } from '../core/controllers/controller.ts';
import { BLOCKED_RETRY_MS } from '../core/limits.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { EvalId } from '../core/model/ids.ts';
import { Blocked, freedBy } from '../core/scheduler/blocked.ts';
import type { Capacity } from '../core/scheduler/blocked.ts';
import { Broker } from '../core/scheduler/broker.ts';
import type { BrokerStats, Delivery } from '../core/scheduler/broker.ts';
import { superseded } from '../core/scheduler/outcome-of-eval.ts';
import type { Change } from '../core/state/change.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decision, Evaluations, HeldEval, TakenEval, Verdict } from '../ports/evaluations.ts';
import type { Log } from '../ports/log.ts';
import { Bell } from '../run/bell.ts';
import { propose } from './proposer.ts';
import type { ChangeBatch, Replica } from './replica.ts';

export interface EvalQueueDeps {
  readonly log: Log<Entry, Outcome>;
  readonly replica: Replica;
  readonly clock: Clock;
  /** Draws a UUID. */
  readonly newId: () => string;
  /** Takes a line for the agent's log. */
  readonly note: (line: string) => void;
}

/** Somebody who waits for an evaluation. */
interface Taker {
  readonly isAfar: boolean;
  readonly give: (taken: TakenEval | undefined) => void;
}

export class EvalQueue implements Evaluations {
  readonly #deps: EvalQueueDeps;
  readonly #bell = new Bell();
  /** In the order of their coming, those of this server before all others. */
  #takers: Taker[] = [];
  #broker = new Broker();
  #blocked = new Blocked();
  /** Of this time of leading (Q2); empty while this server does not. */
  #term = '';
  /** When those whose plans were refused are tried again. */
  #retryAt = 0 as Millis;

  constructor(deps: EvalQueueDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#term !== '';
  }

  stats(): BrokerStats & { readonly blocked: number } {
    return { ...this.#broker.stats(), blocked: this.#blocked.size };
  }

  /** Gives out evaluations until `signal` aborts. Only the leader runs it. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#deps.replica.subscribe((batch) => this.#observe(batch));
    try {
      this.#restore();
      while (!signal.aborted) {
        this.#giveOut();
        await this.#bell.wait(this.#deps.clock, this.#waitMs(), signal);
      }
    } finally {
      unsubscribe();
      this.#term = '';
      this.#broker = new Broker();
      this.#blocked = new Blocked();
      for (const { give } of this.#takers.splice(0)) give(undefined);
    }
  }

  take(signal: AbortSignal): Promise<TakenEval | undefined> {
    return this.#wait(false, signal);
  }

  /** The same for workers of other servers (Q3). `take` fails: `unavailable` nobody leads here. */
  forOthers(): Evaluations {
    return {
      take: async (signal) => {
        if (!this.isOpen) throw new Failure('unavailable', 'this server is not the leader');
        return this.#wait(true, signal);
      },
      submit: (held, decision) => this.submit(held, decision),
      giveBack: (held, why) => this.giveBack(held, why),
    };
  }

  async submit(held: HeldEval, decision: Decision): Promise<Verdict> {
    const { replica } = this.#deps;
    const token = this.#tokenOf(held);
    // By the time that it is written there may be another time of leading, and another broker.
    const broker = this.#broker;
    if (token === undefined || !broker.submit(held.id, token)) {
      return { progress: 'lost', index: replica.state.index };
    }
    try {
      const progress = await this.#carryOut(decision);
      if (progress === 'done') {
        const rest = broker.ack(held.id, token);
        this.#bell.ring();
        if (rest.length > 0) await this.#upsert(rest.map((each) => superseded(each)));
      }
      return { progress, index: replica.state.index };
    } finally {
      broker.settle(held.id, token, this.#now());
      this.#bell.ring();
    }
  }

  giveBack(held: HeldEval, why: string): Promise<void> {
    const token = this.#tokenOf(held);
    if (token !== undefined) this.#nack(held.id, token, why);
    return Promise.resolve();
  }

  /** Rebuilds from the state what a leader must hold. */
  #restore(): void {
    const { replica, newId } = this.#deps;
    const { state } = replica;
    this.#broker = new Broker();
    this.#blocked = new Blocked();
    this.#term = newId();
    for (const each of state.openEvals('pending')) this.#enqueue(each);
    // What room came free before this leader came is not known: each is tried once.
    for (const each of state.openEvals('blocked')) this.#enqueue(each);
  }

  #wait(isAfar: boolean, signal: AbortSignal): Promise<TakenEval | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const leave = (): void => give(undefined);
      const give = (taken: TakenEval | undefined): void => {
        signal.removeEventListener('abort', leave);
        this.#takers = this.#takers.filter((each) => each !== taker);
        resolve(taken);
      };
      const taker: Taker = { isAfar, give };
      signal.addEventListener('abort', leave, { once: true });
      if (isAfar) this.#takers.push(taker);
      else this.#takers.unshift(taker);
      this.#giveOut();
      // The loop may sleep for ever, as nobody was there: it is to look when something is due.
      this.#bell.ring();
    });
  }

  /** Gives as much as is ready to those who wait. */
  #giveOut(): void {
    const now = this.#now();
    if (now >= this.#retryAt) {
      this.#retryAt = (now + BLOCKED_RETRY_MS) as Millis;
      this.#enqueueAll(this.#blocked.wakeRefused());
    }
    this.#broker.tick(now);
    for (;;) {
      const [taker] = this.#takers;
      if (taker === undefined || !this.isOpen || this.#isPaused()) return;
      if (taker.isAfar && this.#broker.readyAtMost < 2) return;
      const delivery = this.#broker.dequeue(now);
      if (delivery === undefined) return;
      this.#giveTo(taker, delivery);
    }
  }

  #giveTo({ give }: Taker, { evaluation: { id }, token, exhausted }: Delivery): void {
    const { state } = this.#deps.replica;
    const evaluation = state.evaluation(id);
    if (evaluation !== undefined && isOpen(evaluation)) {
      const held = { id, token: `${this.#term}/${token}` };
      give({ ...held, evaluation, exhausted, index: state.index });
    } else {
      this.#broker.ack(id, token);
    }
  }

  /** How long until there may be something to give out that nothing rings for. */
  #waitMs(): number | undefined {
    // Whoever comes looks first, and rings.
    if (this.#takers.length === 0 || this.#isPaused()) return undefined;
    const retryAt = this.#blocked.size > 0 ? this.#retryAt : undefined;
    const wakeAt = earlier(this.#broker.wakeAt(), retryAt);
    return wakeAt === undefined ? undefined : Math.max(0, wakeAt - this.#now());
  }

  #isPaused(): boolean {
    return this.#deps.replica.state.schedulerConfig.pauseEvalBroker;
  }

  /** The broker's own token; undefined where the evaluation is no longer theirs (Q2). */
  #tokenOf({ id, token }: HeldEval): number | undefined {
    if (!this.isOpen || !token.startsWith(`${this.#term}/`)) return undefined;
    const own = Number(token.slice(this.#term.length + 1));
    return this.#broker.holds(id, own) ? own : undefined;
  }

  #nack(id: EvalId, token: number, why: string): void {
    this.#deps.note(`evaluation ${id}: ${why}`);
    // Another try, after a pause; the broker counts them.
    this.#broker.nack(id, token, this.#now());
    this.#bell.ring();
  }

  /** Appends a decision (Q1); answers how much of it came to be. */
  async #carryOut({ plan, evaluation, followUps }: Decision): Promise<'done' | 'some' | 'none'> {
    const { log, clock } = this.#deps;
    const evals = [evaluation, ...followUps];
    if (plan === undefined) {
      await this.#upsert(evals);
      return 'done';
    }
    const { outcome } = await propose(log, { type: 'plan.apply', at: clock.now(), plan, evals });
    const refused = outcome.refused ?? [];
    if (refused.length === 0) return 'done';
    const lost = refused.reduce((sum, { allocIds }) => sum + allocIds.length, 0);
    return lost < plan.placements.length && outcome.changed ? 'some' : 'none';
  }

  async #upsert(evals: readonly Evaluation[]): Promise<void> {
    await propose(this.#deps.log, { type: 'evals.upsert', at: this.#deps.clock.now(), evals });
  }

  #observe(batch: ChangeBatch): void {
    const room: Capacity[] = [];
    let rings = false;
    for (const change of batch.changes) {
      const capacity = freedBy(change, batch.index, (id) => this.#deps.replica.state.node(id));
      if (capacity !== undefined) room.push(capacity);
      if (this.#observeChange(change, batch.index)) rings = true;
    }
    const woken = room.length === 0 ? [] : this.#blocked.wake(room);
    this.#enqueueAll(woken);
    if (rings || woken.length > 0) this.#bell.ring();
  }

  /** Takes in one change; answers whether there may be something to decide. */
  #observeChange(change: Change, index: Index): boolean {
    if (change.table === 'evals') return this.#observeEval(change.key as EvalId, change.after);
    if (change.table !== 'config') return false;
    this.#enqueueAll(this.#blocked.wakeAll(index));
    return true;
  }

  #observeEval(id: EvalId, after: Evaluation | undefined): boolean {
    if (after?.status === 'pending') {
      this.#enqueue(after);
      return true;
    }
    this.#broker.forget(id);
    this.#blocked.forget(id);
    if (after?.status !== 'blocked' || this.#blocked.add(after)) return false;
    this.#enqueue(after);
    return true;
  }

  #enqueueAll(evals: readonly Evaluation[]): void {
    for (const each of evals) this.#enqueue(each);
  }

  #enqueue(evaluation: Evaluation): void {
    const now = this.#now();
    this.#broker.enqueue(evaluation, now, this.#deps.clock.now() - now);
  }

  /** Leases and pauses are counted on a clock that nobody sets. */
  #now(): Millis {
    return this.#deps.clock.elapsedMs() as Millis;
  }
}

function isOpen(evaluation: Evaluation): boolean {
  return evaluation.status === 'pending' || evaluation.status === 'blocked';
}
