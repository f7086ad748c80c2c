/**
 * Which evaluation is decided next. The leader holds one; it is rebuilt from the state by whoever
 * becomes the leader, so nothing in here has to survive.
 *
 * B1: a job has at most one evaluation with a worker at a time.
 * B2: higher priority first, then the older.
 * B3: what is not acknowledged within its lease is delivered again, a bounded number of times; then
 *     it is delivered as `exhausted`, for the worker to call it failed.
 * B4: of those that waited behind an acknowledged one of the same job, only the newest is decided:
 *     it sees all that the others would have seen.
 * B5: nothing is delivered before its `waitUntil`.
 * B6: while a decision is on its way to the log, its job waits, whatever becomes of the worker: the
 *     next one would be decided without what this one does, and do it again.
 */
import TinyQueue from 'tinyqueue';
import type { Millis } from '../../base/brand.ts';
import { EVAL_DELIVERIES_MAX, EVAL_LEASE_MS, EVAL_NACK_DELAYS_MS } from '../limits.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import { jobKey } from '../state/watch.ts';

/** An evaluation handed to a worker. */
export type Delivery = Readonly<{
  evaluation: Evaluation;
  /** Proves, with the id, that the worker still holds it. */
  token: number;
  /** It failed too often: call it failed rather than decide it. */
  exhausted: boolean;
}>;

export interface BrokerStats {
  readonly ready: number;
  readonly unacked: number;
  readonly pendingByJob: number;
  readonly waiting: number;
  readonly byType: Readonly<Record<string, { readonly ready: number; readonly unacked: number }>>;
}

interface Lease {
  readonly evaluation: Evaluation;
  readonly token: number;
  readonly expiresAt: Millis;
  /** Its decision is on its way to the log (B6). */
  isSubmitted: boolean;
  /** It is to be taken back once that is known. */
  isReturned: boolean;
}

interface JobQueue {
  leased: EvalId | undefined;
  /** In the order of arrival. */
  waiting: Evaluation[];
}

interface Delayed {
  readonly evaluation: Evaluation;
  readonly dueAt: Millis;
}

export class Broker {
  readonly #jobs = new Map<string, JobQueue>();
  readonly #ready = new TinyQueue<Evaluation>([], compareReady);
  readonly #delayed = new TinyQueue<Delayed>([], (a, b) => a.dueAt - b.dueAt);
  readonly #leases = new Map<EvalId, Lease>();
  /** The newest value of everything that waits, ready, behind another or for its time. */
  readonly #held = new Map<EvalId, Evaluation>();
  /** Came in anew while it was with a worker. */
  readonly #again = new Map<EvalId, Evaluation>();
  readonly #deliveries = new Map<EvalId, number>();
  #token = 0;

  /**
   * Takes an evaluation in. Known ones are refreshed, not doubled.
   *
   * @param now here and below: on a clock that nobody sets
   * @param aheadMs how far the wall clock, on which evaluations wait, is ahead of that
   */
  enqueue(evaluation: Evaluation, now: Millis, aheadMs = 0): void {
    if (this.#leases.has(evaluation.id)) {
      this.#again.set(evaluation.id, evaluation);
      return;
    }
    const isNew = !this.#held.has(evaluation.id);
    this.#held.set(evaluation.id, evaluation);
    if (!isNew) return;
    const dueAt = ((evaluation.waitUntil ?? 0) - aheadMs) as Millis;
    if (evaluation.waitUntil !== undefined && dueAt > now) {
      this.#delayed.push({ evaluation, dueAt });
      return;
    }
    this.#queue(evaluation);
  }

  /** Drops an evaluation that was decided, cancelled or deleted otherwise. */
  forget(id: EvalId): void {
    // Queues still name it; they skip what is not held.
    this.#held.delete(id);
    this.#again.delete(id);
    if (!this.#leases.has(id)) this.#deliveries.delete(id);
  }

  /** The next evaluation to decide, leased to the caller; undefined where none is ready. */
  dequeue(now: Millis): Delivery | undefined {
    this.tick(now);
    for (let next = this.#ready.pop(); next !== undefined; next = this.#ready.pop()) {
      const evaluation = this.#held.get(next.id);
      const queue = this.#jobs.get(keyOf(next));
      if (queue?.leased !== undefined) continue;
      if (evaluation !== undefined && queue !== undefined)
        return this.#lease(evaluation, queue, now);
      this.#drop(next);
    }
    return undefined;
  }

  /** How many `dequeue` might answer before it has none: some of them may be gone by then. */
  get readyAtMost(): number {
    return this.#ready.length;
  }

  /** True while the worker that was given the token is still the one to decide it. */
  holds(id: EvalId, token: number): boolean {
    return this.#leases.get(id)?.token === token;
  }

  /**
   * From now on a decision is on its way to the log, until `settle` (B6). Answers false where
   * another one is already, or the worker does not hold it.
   */
  submit(id: EvalId, token: number): boolean {
    const lease = this.#leases.get(id);
    if (lease?.token !== token || lease.isSubmitted) return false;
    lease.isSubmitted = true;
    return true;
  }

  /** What became of the decision is known. Where the worker gave it back meanwhile, that counts. */
  settle(id: EvalId, token: number, now: Millis): void {
    const lease = this.#leases.get(id);
    if (lease?.token !== token) return;
    lease.isSubmitted = false;
    if (lease.isReturned) this.nack(id, token, now);
  }

  /**
   * The worker is done with it. Answers those of the same job that need not be decided any more
   * (B4): the caller cancels them.
   */
  ack(id: EvalId, token: number): readonly Evaluation[] {
    const lease = this.#leases.get(id);
    if (lease?.token !== token) return [];
    this.#leases.delete(id);
    this.#deliveries.delete(id);
    const queue = this.#queueOf(lease.evaluation);
    queue.leased = undefined;
    const again = this.#again.get(id);
    this.#again.delete(id);
    if (again !== undefined) {
      this.#held.set(id, again);
      queue.waiting.push(again);
    }
    const waiting = queue.waiting.filter((each) => this.#held.has(each.id)).sort(compareAge);
    const newest = waiting.at(-1);
    queue.waiting = newest === undefined ? [] : [newest];
    if (newest === undefined) this.#jobs.delete(keyOf(lease.evaluation));
    else this.#ready.push(newest);
    const superseded = waiting.slice(0, -1);
    for (const each of superseded) this.#held.delete(each.id);
    return superseded;
  }

  /** The worker could not decide it: it comes again after a pause. */
  nack(id: EvalId, token: number, now: Millis): void {
    const lease = this.#leases.get(id);
    if (lease?.token !== token) return;
    if (lease.isSubmitted) {
      lease.isReturned = true;
      return;
    }
    this.#leases.delete(id);
    this.#queueOf(lease.evaluation).leased = undefined;
    const evaluation = this.#again.get(id) ?? lease.evaluation;
    this.#again.delete(id);
    this.#held.set(id, evaluation);
    const deliveries = this.#deliveries.get(id) ?? 1;
    const delay = EVAL_NACK_DELAYS_MS[Math.min(deliveries, EVAL_NACK_DELAYS_MS.length) - 1] ?? 0;
    this.#delayed.push({ evaluation, dueAt: (now + delay) as Millis });
    this.#readyNext(lease.evaluation);
  }

  /** Takes back leases that ran out, and makes ready what is due. */
  tick(now: Millis): void {
    for (const [id, lease] of this.#leases) {
      if (lease.expiresAt <= now) this.nack(id, lease.token, now);
    }
    for (let next = this.#delayed.peek(); next !== undefined; next = this.#delayed.peek()) {
      if (next.dueAt > now) return;
      this.#delayed.pop();
      const evaluation = this.#held.get(next.evaluation.id);
      if (evaluation !== undefined) this.#queue(evaluation);
    }
  }

  /** When `tick` has something to do next; undefined: not before another call. */
  wakeAt(): Millis | undefined {
    let at = this.#delayed.peek()?.dueAt;
    for (const { expiresAt, isSubmitted } of this.#leases.values()) {
      if (!isSubmitted && (at === undefined || expiresAt < at)) at = expiresAt;
    }
    return at;
  }

  stats(): BrokerStats {
    const byType: Record<string, { ready: number; unacked: number }> = {};
    const of = (type: string): { ready: number; unacked: number } =>
      (byType[type] ??= { ready: 0, unacked: 0 });
    let behind = 0;
    for (const queue of this.#jobs.values()) {
      const held = queue.waiting.filter(({ id }) => this.#held.has(id));
      const ready = queue.leased === undefined ? Math.min(1, held.length) : 0;
      behind += held.length - ready;
      const first = held[0];
      if (ready > 0 && first !== undefined) of(first.type).ready += 1;
    }
    for (const { evaluation } of this.#leases.values()) of(evaluation.type).unacked += 1;
    const ready = Object.values(byType).reduce((sum, each) => sum + each.ready, 0);
    return {
      ready,
      unacked: this.#leases.size,
      pendingByJob: behind,
      waiting: this.#held.size - ready - behind,
      byType,
    };
  }

  #queue(evaluation: Evaluation): void {
    const queue = this.#queueOf(evaluation);
    queue.waiting.push(evaluation);
    if (queue.leased === undefined && queue.waiting.length === 1) this.#ready.push(evaluation);
  }

  #queueOf(evaluation: Evaluation): JobQueue {
    const key = keyOf(evaluation);
    let queue = this.#jobs.get(key);
    if (queue === undefined) {
      queue = { leased: undefined, waiting: [] };
      this.#jobs.set(key, queue);
    }
    return queue;
  }

  #lease(evaluation: Evaluation, queue: JobQueue, now: Millis): Delivery {
    const deliveries = (this.#deliveries.get(evaluation.id) ?? 0) + 1;
    this.#deliveries.set(evaluation.id, deliveries);
    this.#token += 1;
    const token = this.#token;
    queue.leased = evaluation.id;
    queue.waiting = queue.waiting.filter(({ id }) => id !== evaluation.id);
    this.#held.delete(evaluation.id);
    const expiresAt = (now + EVAL_LEASE_MS) as Millis;
    const lease = { evaluation, token, expiresAt, isSubmitted: false, isReturned: false };
    this.#leases.set(evaluation.id, lease);
    return { evaluation, token, exhausted: deliveries > EVAL_DELIVERIES_MAX };
  }

  /** Takes a name that is no longer held out of its job's queue, and lets the next one forward. */
  #drop(gone: Evaluation): void {
    const queue = this.#jobs.get(keyOf(gone));
    if (queue === undefined) return;
    queue.waiting = queue.waiting.filter(({ id }) => this.#held.has(id));
    this.#readyNext(gone);
  }

  #readyNext(of: Evaluation): void {
    const key = keyOf(of);
    const queue = this.#jobs.get(key);
    if (queue === undefined || queue.leased !== undefined) return;
    const first = queue.waiting[0];
    if (first !== undefined) this.#ready.push(first);
    else this.#jobs.delete(key);
  }
}

function keyOf(evaluation: Evaluation): string {
  return jobKey(evaluation.namespace, evaluation.jobId);
}

function compareReady(a: Evaluation, b: Evaluation): number {
  return b.priority - a.priority || compareAge(a, b);
}

/** Older first; ids decide between those of one entry. */
function compareAge(a: Evaluation, b: Evaluation): number {
  return a.createIndex - b.createIndex || (a.id < b.id ? -1 : 1);
}
