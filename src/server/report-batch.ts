/**
 * Gathers clients' reports, so that many share one entry: the first goes at once, those that come
 * while it is being written, or soon after, go together.
 */
import type { Clock } from '../ports/clock.ts';
import { PLACEMENTS_PER_ENTRY_MAX, REPORT_BATCH_MS } from '../core/limits.ts';
import type { AllocClientFacts } from '../core/state/entry.ts';

interface Waiting {
  readonly updates: readonly AllocClientFacts[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class ReportBatch {
  readonly #write: (updates: readonly AllocClientFacts[]) => Promise<unknown>;
  readonly #clock: Clock;
  readonly #never = new AbortController().signal;
  #waiting: Waiting[] = [];
  #isWriting = false;
  #draining: Promise<void> = Promise.resolve();

  /** `write` makes one entry durable; it is called by one at a time. */
  constructor(
    write: (updates: readonly AllocClientFacts[]) => Promise<unknown>,
    deps: { readonly clock: Clock },
  ) {
    this.#write = write;
    this.#clock = deps.clock;
  }

  /** Resolves once nothing is being written any more. */
  settled(): Promise<void> {
    return this.#draining;
  }

  /** Resolves once the reports are durable. Fails: as `write` does. */
  add(updates: readonly AllocClientFacts[]): Promise<void> {
    if (updates.length === 0) return Promise.resolve();
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ updates, resolve, reject });
    });
    if (!this.#isWriting) {
      this.#isWriting = true;
      // It never rejects: what fails is told to those who wait.
      this.#draining = this.#drain();
    }
    return done;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      const updates = batch.flatMap((each) => each.updates);
      try {
        for (let i = 0; i < updates.length; i += PLACEMENTS_PER_ENTRY_MAX) {
          await this.#write(updates.slice(i, i + PLACEMENTS_PER_ENTRY_MAX));
        }
        for (const each of batch) each.resolve();
      } catch (error) {
        for (const each of batch) each.reject(error);
      }
      // A full entry gains nothing by waiting.
      const isFull = this.#countWaiting() >= PLACEMENTS_PER_ENTRY_MAX;
      if (this.#waiting.length > 0 && !isFull) {
        await this.#clock.sleep(REPORT_BATCH_MS, this.#never);
      }
    }
    this.#isWriting = false;
  }

  #countWaiting(): number {
    return this.#waiting.reduce((count, { updates }) => count + updates.length, 0);
  }

  /** As many reports as one entry holds, at least one. */
  #next(): readonly Waiting[] {
    let count = 0;
    let taken = 0;
    for (const each of this.#waiting) {
      if (taken > 0 && count + each.updates.length > PLACEMENTS_PER_ENTRY_MAX) break;
      count += each.updates.length;
      taken += 1;
    }
    return this.#waiting.splice(0, taken);
  }
}
