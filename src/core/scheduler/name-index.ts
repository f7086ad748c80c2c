/**
 * The numbers in allocation names `job.group[n]`: which are in use, and which to take or give up
 * next.
 *
 * A job keeps the numbers 0 to count-1 in use: the lowest free is taken first, the highest is given
 * up first.
 */
import type { Alloc } from '../model/alloc.ts';

type Named = Pick<Alloc, 'name'>;

/** The n of `job.group[n]`; undefined for other names. */
export function indexOfName(name: string): number | undefined {
  const match = /\[([0-9]+)\]$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export function allocName(job: string, group: string, index: number): string {
  return `${job}.${group}[${index}]`;
}

export class NameIndex {
  readonly #job: string;
  readonly #group: string;
  readonly #count: number;
  readonly #used: Set<number>;

  /** @param taken allocations whose names are in use */
  constructor(subject: { job: string; group: string; count: number }, taken: Iterable<Named>) {
    this.#job = subject.job;
    this.#group = subject.group;
    this.#count = subject.count;
    this.#used = indexesOf(taken);
  }

  /** Gives a name back. */
  free(name: string): void {
    const index = indexOfName(name);
    if (index !== undefined) this.#used.delete(index);
  }

  /** The highest names in use, and gives them back. */
  takeHighest(count: number): ReadonlySet<string> {
    const highest = [...this.#used].sort((a, b) => b - a).slice(0, count);
    for (const index of highest) this.#used.delete(index);
    return new Set(highest.map((index) => this.#name(index)));
  }

  /** The lowest free names; where they run out, names in use once more. */
  next(count: number): readonly string[] {
    const names: string[] = [];
    for (let index = 0; index < this.#count && names.length < count; index++) {
      if (!this.#used.has(index)) names.push(this.#take(index));
    }
    for (let index = 0; names.length < count; index++) names.push(this.#take(index));
    return names;
  }

  /**
   * Names for canaries: first those that destructive updates will give up, then free ones, then
   * such as go beyond the count, which are the first to go after promotion.
   */
  nextCanaries(
    count: number,
    canaries: Iterable<Named>,
    destructive: Iterable<Named>,
  ): readonly string[] {
    const names: string[] = [];
    const present = indexesOf(canaries);
    const wanted = [...indexesOf(destructive)].sort((a, b) => a - b);
    for (const index of wanted) {
      if (names.length < count && index < this.#count && !present.has(index)) {
        names.push(this.#take(index));
      }
    }
    for (let index = 0; index < this.#count && names.length < count; index++) {
      if (!this.#used.has(index)) names.push(this.#take(index));
    }
    for (let index = this.#count; names.length < count; index++) names.push(this.#take(index));
    return names;
  }

  #take(index: number): string {
    this.#used.add(index);
    return this.#name(index);
  }

  #name(index: number): string {
    return allocName(this.#job, this.#group, index);
  }
}

function indexesOf(named: Iterable<Named>): Set<number> {
  const indexes = new Set<number>();
  for (const { name } of named) {
    const index = indexOfName(name);
    if (index !== undefined) indexes.add(index);
  }
  return indexes;
}
