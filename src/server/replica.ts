/**
 * This server's copy of the state, and the feed of what changes in it.
 *
 * R1: subscribers hear of each entry once, in order, right after it was applied, before anything
 *     else runs. They must be quick, and must not throw.
 */
import type { Index, Millis } from '../base/brand.ts';
import { apply } from '../core/state/apply.ts';
import type { Change } from '../core/state/change.ts';
import type { Entry, EntryType } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { emptyState } from '../core/state/state.ts';
import type { State } from '../core/state/state.ts';

/** What one entry did. */
export interface ChangeBatch {
  readonly index: Index;
  readonly type: EntryType;
  readonly at: Millis;
  readonly changes: readonly Change[];
}

export type Subscriber = (batch: ChangeBatch, state: State) => void;

export class Replica {
  #state: State;
  readonly #subscribers = new Set<Subscriber>();

  /** Begins with a state read from a checkpoint, or an empty one. */
  constructor(state: State = emptyState()) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** The log's `apply`: advances the state and tells the subscribers. */
  readonly apply = (index: Index, entry: Entry): Outcome => {
    const applied = apply(this.#state, index, entry);
    this.#state = applied.state;
    const batch = { index, type: entry.type, at: entry.at, changes: applied.changes };
    for (const tell of this.#subscribers) tell(batch, applied.state);
    return applied.outcome;
  };

  /** Answers how to stop hearing. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }
}
