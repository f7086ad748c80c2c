/**
 * Tells the servers what became of allocations, in batches.
 *
 * RP1: an update is kept until the servers acknowledged it or a newer one of its allocation came.
 * RP2: of one allocation only the newest is sent: what it says includes the older ones.
 * RP3: what only adds detail (an event of a task that still starts) waits for company, but not
 *     long.
 * RP4: while more keeps coming, batches are far apart; the last of it does not wait so long.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { AllocUpdate } from '../ports/server-link.ts';
import { isAborted } from '../run/aborted.ts';

/** Between two batches while more keeps coming [ms]. Source: Nomad's `allocSyncIntv`. */
const BATCH_MS = 200;
/** Between two batches at least [ms]. */
const BATCH_MS_MIN = 50;
/** What comes together goes together, even after a quiet time [ms]. */
const GATHER_MS = 10;
/** If nothing more came for so long, that was all [ms]. Under load a task starts in some 25. */
const LULL_MS = 50;
/** How long details alone may wait [ms]: people who look at a slow start see them all the same. */
const DETAIL_MS = 1_000;
const RETRY_MS_MAX = 5_000;
/** An abort without a reason makes an error, with its stack: dearer than the rest of a batch. */
const GATHERED = 'something urgent came';
/** Updates of one call: some 300 KB at ten events a task. */
const UPDATES_MAX = 200;

export class Reporter {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #send: (updates: readonly AllocUpdate[], signal: AbortSignal) => Promise<void>;
  readonly #log: (line: string) => void;
  readonly #waiting = new Map<AllocId, AllocUpdate>();
  #wake: () => void = () => undefined;
  #isUrgent = false;
  /** How many were ever taken. */
  #taken = 0;

  constructor(deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly send: (updates: readonly AllocUpdate[], signal: AbortSignal) => Promise<void>;
    readonly log: (line: string) => void;
  }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#send = deps.send;
    this.#log = deps.log;
  }

  /** Takes an update to be told (RP2). @param urgent false: it only adds detail (RP3) */
  report(update: AllocUpdate, urgent: boolean): void {
    this.#waiting.set(update.id, update);
    this.#taken++;
    this.#isUrgent ||= urgent;
    this.#wake();
  }

  /** The servers no longer know it: nobody is to be told. */
  forget(id: AllocId): void {
    this.#waiting.delete(id);
  }

  /** True while the servers have not acknowledged the newest of it (RP1). */
  isWaiting(id: AllocId): boolean {
    return this.#waiting.has(id);
  }

  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    let failures = 0;
    while (!signal.aborted) {
      const isMore = this.#waiting.size > 0;
      if (!isMore) await this.#something(signal);
      await this.#gather(isMore, signal);
      // What one call cannot take goes with the next, as urgent as it was.
      this.#isUrgent &&= this.#waiting.size > UPDATES_MAX;
      failures = (await this.#flush(failures === 0, signal)) ? 0 : failures + 1;
      await this.#clock.sleep(this.#pause(failures), signal);
    }
    signal.removeEventListener('abort', wake);
  }

  #pause(failures: number): number {
    const backoff = Math.min(BATCH_MS * 2 ** failures, RETRY_MS_MAX);
    return failures === 0 ? BATCH_MS_MIN : backoff * (0.5 + this.#random.next());
  }

  /** True when all that was taken was acknowledged. An outage is told once. */
  async #flush(tell: boolean, signal: AbortSignal): Promise<boolean> {
    const batch = [...this.#waiting.values()].slice(0, UPDATES_MAX);
    if (batch.length === 0 || signal.aborted) return true;
    try {
      await this.#send(batch, signal);
    } catch (error) {
      if (error instanceof Bug) throw error;
      if (tell && !isAborted(signal))
        this.#log(`client: cannot report ${batch.length} allocations: ${explain(error)}`);
      return false;
    }
    for (const update of batch) {
      if (this.#waiting.get(update.id) === update) this.#waiting.delete(update.id);
    }
    return true;
  }

  /**
   * Waits for company: shortly if something urgent waits, else until something urgent comes.
   * @param isMore a batch has just gone: then as long as more keeps coming (RP4)
   */
  async #gather(isMore: boolean, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const details = this.#clock.sleep(DETAIL_MS, over.signal);
    const enough = new AbortController();
    const late = details.then(() => enough.abort());
    while (!this.#isUrgent && !isAborted(enough.signal) && !isAborted(signal)) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, late]);
    }
    over.abort(GATHERED);
    let before: number;
    let pausedMs = isMore ? BATCH_MS_MIN : BATCH_MS;
    do {
      before = this.#taken;
      await this.#clock.sleep(isMore ? LULL_MS : GATHER_MS, signal);
      pausedMs += LULL_MS;
    } while (this.#taken > before && pausedMs < BATCH_MS && !isAborted(signal));
  }

  async #something(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    if (signal.aborted || this.#waiting.size > 0) return;
    await woken;
  }
}
