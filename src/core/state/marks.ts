/**
 * What a table remembers of deletions: for each name (a row's key, or a group's) the index at which
 * something of it last went away. Bounded: the oldest are forgotten, and the floor rises to them.
 *
 * M1: for every name ever marked, `indexOf` is at least the index of its last mark.
 * M2: marks and floor are a function of the marks made, so they are equal on every replica.
 */
import type { Index } from '../../base/brand.ts';
import { TOMBSTONES_MAX } from '../limits.ts';
import { sortedMap } from './sorted.ts';
import type { SortedMap } from './sorted.ts';

export interface Mark {
  readonly index: Index;
  /** Its place in the order of forgetting. */
  readonly order: number;
}

export interface Marks {
  readonly byName: SortedMap<Mark>;
  /** Names by the order of their last mark, so that the first is the oldest. */
  readonly byOrder: SortedMap<string>;
  readonly next: number;
  /** The newest index forgotten; 1 where none was. */
  readonly floor: Index;
}

export function noMarks(): Marks {
  return { byName: sortedMap(), byOrder: sortedMap(), next: 0, floor: 1 as Index };
}

/** The same marks again, from what a checkpoint kept of them. */
export function restoreMarks(
  kept: Iterable<readonly [name: string, mark: Mark]>,
  floor: Index,
  next: number,
): Marks {
  const marks = { byName: sortedMap<Mark>(), byOrder: sortedMap<string>(), next, floor };
  for (const [name, mark] of kept) {
    marks.byName.set(name, mark);
    marks.byOrder.set(orderKey(mark.order), name);
  }
  return marks;
}

/** When something of `name` last went away, as far as is known (M1). */
export function markedAt(marks: Marks, name: string): Index {
  return marks.byName.get(name)?.index ?? marks.floor;
}

/** The same for every name that begins so. */
export function markedUnder(marks: Marks, prefix: string): Index {
  let index = marks.floor;
  for (const mark of marks.byName.values(prefix)) if (mark.index > index) index = mark.index;
  return index;
}

/** Marks made by one entry. */
export class MarksEdit {
  readonly #index: Index;
  readonly #byName: SortedMap<Mark>;
  readonly #byOrder: SortedMap<string>;
  #next: number;
  #floor: Index;

  constructor(base: Marks, index: Index) {
    this.#index = index;
    this.#byName = base.byName.clone();
    this.#byOrder = base.byOrder.clone();
    this.#next = base.next;
    this.#floor = base.floor;
  }

  add(name: string): void {
    const known = this.#byName.get(name);
    if (known !== undefined) this.#byOrder.delete(orderKey(known.order));
    this.#byName.set(name, { index: this.#index, order: this.#next });
    this.#byOrder.set(orderKey(this.#next), name);
    this.#next += 1;
    if (this.#byName.size > TOMBSTONES_MAX) this.#forgetOldest();
  }

  finish(): Marks {
    return {
      byName: this.#byName,
      byOrder: this.#byOrder,
      next: this.#next,
      floor: this.#floor,
    };
  }

  #forgetOldest(): void {
    const oldest = this.#byOrder.minKey();
    if (oldest === undefined) return;
    const name = this.#byOrder.get(oldest) ?? '';
    const index = this.#byName.get(name)?.index ?? this.#floor;
    this.#byOrder.delete(oldest);
    this.#byName.delete(name);
    if (index > this.#floor) this.#floor = index;
  }
}

/** Sixteen digits sort as numbers do, up to the largest safe integer. */
function orderKey(order: number): string {
  return String(order).padStart(16, '0');
}
