/**
 * The changes of the last entries, for event streams.
 *
 * G1: a reader sees each entry from where it began once and in order, or is told that it cannot.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { CHANGE_BATCHES_MAX, CHANGES_KEPT_MAX } from '../core/limits.ts';
import { Bell } from '../run/bell.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChangeBatch, Replica } from './replica.ts';

export class ChangeLog {
  readonly #clock: Clock;
  readonly #batches: ChangeBatch[] = [];
  /** In all batches. */
  #size = 0;
  readonly #bells = new Set<Bell>();
  /** The newest entry that is not kept, or never was. */
  #before: Index;

  constructor(deps: {
    readonly replica: Pick<Replica, 'state' | 'subscribe'>;
    readonly clock: Clock;
  }) {
    this.#clock = deps.clock;
    this.#before = deps.replica.state.index;
    deps.replica.subscribe((batch) => this.#keep(batch));
  }

  /**
   * Yields what changed, entry by entry, from `from` on (absent or 0: from now on), until `signal`
   * aborts. Entries that changed nothing are left out.
   *
   * Fails: `not_found` those entries are no longer kept; `exhausted` the reader was overtaken.
   */
  async *read(from: Index | undefined, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const bell = new Bell();
    this.#bells.add(bell);
    try {
      let next = from === undefined || from === 0 ? this.#newest() + 1 : from;
      if (next <= this.#before) throw new Failure('not_found', 'those changes are no longer kept');
      for (;;) {
        if (next <= this.#before) throw new Failure('exhausted', 'the reader is too slow');
        for (const batch of this.#since(next)) {
          yield batch;
          next = batch.index + 1;
        }
        if (signal.aborted) return;
        await bell.wait(this.#clock, undefined, signal);
      }
    } finally {
      this.#bells.delete(bell);
    }
  }

  #newest(): Index {
    return this.#batches.at(-1)?.index ?? this.#before;
  }

  #since(next: number): readonly ChangeBatch[] {
    return this.#batches.filter(({ index }) => index >= next);
  }

  #keep(batch: ChangeBatch): void {
    if (batch.changes.length === 0) return;
    this.#batches.push(batch);
    this.#size += batch.changes.length;
    while (this.#isFull()) {
      const oldest = this.#batches.shift();
      this.#size -= oldest?.changes.length ?? 0;
      this.#before = oldest?.index ?? this.#before;
    }
    for (const bell of this.#bells) bell.ring();
  }

  /** The newest entry is kept, whatever it changed. */
  #isFull(): boolean {
    const { length } = this.#batches;
    return length > CHANGE_BATCHES_MAX || (length > 1 && this.#size > CHANGES_KEPT_MAX);
  }
}
