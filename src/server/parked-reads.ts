/**
 * Blocking reads: those who wait for something to change.
 *
 * Q1: a read answers once the index of what it looked at is above the one its caller knows, and
 *     not before; or when its time is over.
 * Q2: a waiting read holds its keys and its index, never a state.
 * Q3: many reads woken by one entry answer in slices (W2 in wakes.ts).
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Soon } from '../base/soon.ts';
import { BLOCKING_WAIT_MS, BLOCKING_WAIT_MS_MAX, PARKED_MAX } from '../core/limits.ts';
import type { Change } from '../core/state/change.ts';
import type { Read } from '../core/state/reads.ts';
import type { State } from '../core/state/state.ts';
import { SHAPES } from '../core/state/tables.ts';
import { indexed, partsOf, prefixed, row, watch } from '../core/state/watch.ts';
import type { TableName, WatchKey } from '../core/state/watch.ts';
import type { AlarmClock } from '../ports/clock.ts';
import type { Replica } from './replica.ts';
import { Wakes, type Waiting } from './wakes.ts';

/** What a read found. */
export interface Seen<T> {
  readonly value: T;
  readonly index: Index;
}

interface Parked {
  readonly keys: readonly WatchKey[];
  readonly after: Index;
  readonly wake: () => void;
}

export interface BlockingOptions {
  readonly after?: Index | undefined;
  readonly waitMs?: number | undefined;
  /** True: an index beyond the log's end, which another log must have given, is not waited for. */
  readonly resets?: boolean;
  /**
   * Whether what changed since `after` is worth an answer; absent: everything is. What it calls
   * stale is passed over for good.
   */
  readonly isNews?: (state: State, after: Index) => boolean;
}

export class ParkedReads {
  readonly #replica: Replica;
  readonly #clock: AlarmClock;
  readonly #random: Random;
  readonly #byKey = new Map<WatchKey, Set<Parked>>();
  /** How many wait for rows, or groups, of a table: most entries need no look at the keys. */
  readonly #byTable = new Map<TableName, number>();
  /** By table: how many wait for prefixes of each length. */
  readonly #prefixLengths = new Map<TableName, Map<number, number>>();
  readonly #wakes: Wakes;
  #size = 0;

  constructor(deps: {
    readonly replica: Replica;
    readonly clock: AlarmClock;
    readonly random: Random;
  }) {
    this.#replica = deps.replica;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#wakes = new Wakes(deps.clock);
    deps.replica.subscribe((batch, state) => this.#tell(batch.changes, state));
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Carries out a read, after waiting if the options ask for it (Q1).
   *
   * Fails: `canceled` when `signal` aborts; `exhausted` when too many wait.
   */
  query<T>(read: Read<T>, options: BlockingOptions, signal: AbortSignal): Soon<Seen<T>> {
    const { after } = options;
    if (after !== undefined) return this.#wait(read, { ...options, after }, signal);
    const { state } = this.#replica;
    const { value, keys, index = indexOfAll(state, keys) } = read(state);
    return { value, index };
  }

  async #wait<T>(
    read: Read<T>,
    options: BlockingOptions & { readonly after: Index },
    signal: AbortSignal,
  ): Promise<Seen<T>> {
    const untilMs = this.#clock.elapsedMs() + this.#waitMs(options.waitMs);
    for (;;) {
      if (signal.aborted) throw new Failure('canceled', 'gave up waiting for a change');
      const { state } = this.#replica;
      const { value, keys, index = indexOfAll(state, keys) } = read(state);
      const leftMs = untilMs - this.#clock.elapsedMs();
      const { after, isNews, resets } = options;
      const isForeign = resets === true && after > state.index;
      const isDue = leftMs <= 0 || isForeign;
      if (isDue || (index > after && isNews?.(state, after) !== false)) return { value, index };
      await this.#park({ keys, after: index > after ? index : after }, leftMs, signal);
    }
  }

  /** The asked time, bounded, and up to a sixteenth longer: waiters are not to return as one. */
  #waitMs(asked: number | undefined): number {
    const wanted = asked === undefined || asked <= 0 ? BLOCKING_WAIT_MS : asked;
    const bounded = Math.min(wanted, BLOCKING_WAIT_MS_MAX);
    return bounded + (this.#random.next() * bounded) / 16;
  }

  #park({ keys, after }: Omit<Parked, 'wake'>, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#size >= PARKED_MAX) throw new Failure('exhausted', 'too many reads are waiting');
    let parked: Parked;
    const there: Waiting = {
      enter: (wake) => this.#hold((parked = { keys, after, wake }), 1),
      leave: () => this.#hold(parked, -1),
    };
    return this.#wakes.wait(there, waitMs, signal);
  }

  #hold(parked: Parked, by: 1 | -1): void {
    this.#size += by;
    for (const key of parked.keys) {
      const parts = partsOf(key);
      const { table } = parts;
      this.#byTable.set(table, (this.#byTable.get(table) ?? 0) + by);
      if (parts.of === 'prefix') this.#countPrefix(table, parts.prefix.length, by);
      const mates = this.#byKey.get(key);
      if (by === 1) {
        if (mates === undefined) this.#byKey.set(key, new Set([parked]));
        else mates.add(parked);
      } else {
        mates?.delete(parked);
        if (mates?.size === 0) this.#byKey.delete(key);
      }
    }
  }

  #tell(changes: readonly Change[], state: State): void {
    if (this.#size === 0) return;
    const tables = new Set<TableName>();
    for (const change of changes) {
      if ((this.#byTable.get(change.table) ?? 0) === 0) continue;
      tables.add(change.table);
      this.#mark(row(change.table, change.key), state);
      this.#markGroups(change, state);
      this.#markPrefixes(change, state);
    }
    for (const table of tables) this.#mark(watch.table(table), state);
    this.#wakes.run();
  }

  #markGroups(change: Change, state: State): void {
    const indexes = SHAPES[change.table].indexes as Indexes;
    for (const name in indexes) {
      const of = indexes[name];
      if (of === undefined) continue;
      const before = change.before && of(change.before);
      const after = change.after && of(change.after);
      if (after !== undefined) this.#mark(indexed(change.table, name, after), state);
      if (before !== undefined && before !== after) {
        this.#mark(indexed(change.table, name, before), state);
      }
    }
  }

  /** Looks only for prefixes of the lengths that somebody waits for. */
  #markPrefixes({ table, key }: Change, state: State): void {
    for (const length of this.#prefixLengths.get(table)?.keys() ?? []) {
      if (length <= key.length) this.#mark(prefixed(table, key.slice(0, length)), state);
    }
  }

  #countPrefix(table: TableName, length: number, by: 1 | -1): void {
    const lengths = this.#prefixLengths.get(table) ?? new Map<number, number>();
    const count = (lengths.get(length) ?? 0) + by;
    if (count === 0) lengths.delete(length);
    else lengths.set(length, count);
    this.#prefixLengths.set(table, lengths);
  }

  #mark(key: WatchKey, state: State): void {
    const parked = this.#byKey.get(key);
    if (parked === undefined) return;
    const index = state.indexOf(key);
    for (const each of parked) if (index > each.after) this.#wakes.add(each.wake);
  }
}

type Indexes = Readonly<Record<string, (row: object) => string | undefined>>;

/** The index of an answer that looked at these keys: the highest. */
export function indexOfAll(state: Pick<State, 'indexOf'>, keys: readonly WatchKey[]): Index {
  let highest = 1 as Index;
  for (const key of keys) {
    const index = state.indexOf(key);
    if (index > highest) highest = index;
  }
  return highest;
}
