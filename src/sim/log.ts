/**
 * A log in memory that several simulated servers share, as they would share etcd.
 *
 * The cell holds the entries and knows the leader; each member applies them at its own pace. A test
 * elects, deposes and cuts members off; time is the simulation's.
 */
import { assert } from '../base/assert.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApplyEntry, Committed, EntryCodec, Leadership, Log, Logged } from '../ports/log.ts';

/** What the members of a cell share. Without a clock nothing takes time. */
export type SimLogOptions<Entry> = Readonly<{
  codec: EntryCodec<Entry>;
  random: Random;
  clock?: Clock;
  /** A commit, and the way to a follower, take up to this long each. */
  latencyMsMax?: number;
}>;

/** The shared log. Entries are kept as bytes, so that members share no objects. */
export class SimLogCell<Entry> {
  readonly #options: SimLogOptions<Entry>;
  readonly #waiting = new Set<() => void>();
  readonly #entries: Uint8Array[] = [];
  #first = 1;
  #leader: unknown;
  #term = 0;
  #isAvailable = true;

  constructor(options: SimLogOptions<Entry>) {
    this.#options = options;
  }

  /** Joins a server whose state is at `applied`; `elect` makes it the leader. */
  member<Outcome>(apply: ApplyEntry<Entry, Outcome>, applied: Index): SimLog<Entry, Outcome> {
    return new SimLog(this, apply, applied);
  }

  get term(): number {
    return this.#term;
  }

  get first(): Index {
    return this.#first as Index;
  }

  get last(): Index {
    return (this.#first + this.#entries.length - 1) as Index;
  }

  isLeader(member: unknown): boolean {
    return this.#leader === member && this.#isAvailable;
  }

  /** Gives the leadership to a member, or with undefined to nobody. */
  elect(member: unknown): void {
    this.#leader = member;
    this.#term += 1;
    this.notify();
  }

  /** While false no member can write, as when the quorum is lost. */
  setAvailable(isAvailable: boolean): void {
    this.#isAvailable = isAvailable;
    this.notify();
  }

  /** Puts entries of the present leader at the end; answers the index of the first. */
  put(entries: readonly Entry[]): Index {
    const first = this.last + 1;
    for (const entry of entries) this.#entries.push(this.#options.codec.encode([entry]));
    this.notify();
    return first as Index;
  }

  entryAt(index: Index): Entry {
    const bytes = this.#entries[index - this.#first];
    assert(bytes !== undefined, 'the caller stays between first and last');
    const entry = this.#options.codec.decode(bytes)[0];
    assert(entry !== undefined, 'each is stored alone');
    return entry;
  }

  forget(upTo: Index): void {
    const count = Math.min(upTo, this.last - 1) - this.#first + 1;
    if (count <= 0) return;
    this.#entries.splice(0, count);
    this.#first += count;
  }

  /** Lets the time of one commit or message pass. */
  async delay(signal: AbortSignal): Promise<void> {
    const { clock, random, latencyMsMax = 0 } = this.#options;
    if (clock === undefined) await Promise.resolve();
    else await clock.sleep(random.next() * latencyMsMax, signal);
  }

  /** Resolves at the next change of entries, leadership or a member, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** One server's end of the cell. */
export class SimLog<Entry, Outcome> implements Log<Entry, Outcome> {
  readonly #cell: SimLogCell<Entry>;
  readonly #apply: ApplyEntry<Entry, Outcome>;
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  #applied: Index;
  #turn: Promise<unknown> = Promise.resolve();
  #broken: Failure | undefined;

  constructor(cell: SimLogCell<Entry>, apply: ApplyEntry<Entry, Outcome>, applied: Index) {
    this.#cell = cell;
    this.#apply = apply;
    this.#applied = applied;
    this.#following = this.#follow();
  }

  get firstIndex(): Index {
    return this.#cell.first;
  }

  get lastIndex(): Index {
    return this.#applied;
  }

  async append(
    entries: readonly Entry[],
    signal?: AbortSignal,
  ): Promise<readonly Committed<Outcome>[]> {
    this.#checkWritable();
    if (signal?.aborted === true) throw new Failure('canceled', 'gave up before an append');
    if (entries.length === 0) return [];
    // One after the other, so that the indexes follow the order of the calls.
    const turn = this.#turn.then(() => this.#commit(entries));
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async *read(from: Index, signal: AbortSignal): AsyncIterable<Logged<Entry>> {
    let next = Math.max(1, from) as Index;
    while (!signal.aborted && !this.#closing.signal.aborted) {
      if (next < this.firstIndex) {
        throw new Failure('not_found', `entries before ${this.firstIndex} were compacted away`, {
          facts: { firstIndex: this.firstIndex, from: next },
        });
      }
      if (next > this.#applied) {
        await this.#cell.changed(signal);
        continue;
      }
      yield { index: next, entry: this.#cell.entryAt(next) };
      next = (next + 1) as Index;
    }
  }

  async *leadership(signal: AbortSignal): AsyncIterable<Leadership> {
    let told: Leadership | undefined;
    while (!signal.aborted) {
      const now = { leading: this.#isLeading(), term: this.#cell.term };
      if (told === undefined || told.leading !== now.leading || told.term !== now.term) yield now;
      else await this.#cell.changed(signal);
      told = now;
    }
  }

  compact(upTo: Index): Promise<void> {
    this.#cell.forget(upTo);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#closing.abort();
    this.#cell.notify();
    await this.#following;
  }

  async #commit(entries: readonly Entry[]): Promise<readonly Committed<Outcome>[]> {
    await this.#cell.delay(this.#closing.signal);
    this.#checkWritable();
    // A leader that has just been elected first applies what those before it wrote.
    this.#catchUp();
    const first = this.#cell.put(entries);
    return this.#catchUp()
      .slice(-entries.length)
      .map((outcome, i) => {
        return { index: (first + i) as Index, outcome };
      });
  }

  #isLeading(): boolean {
    return this.#broken === undefined && !this.#closing.signal.aborted && this.#cell.isLeader(this);
  }

  #checkWritable(): void {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#isLeading()) throw new Failure('unavailable', 'this server is not the leader');
  }

  #catchUp(): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    while (this.#applied < this.#cell.last) {
      const index = (this.#applied + 1) as Index;
      try {
        outcomes.push(this.#apply(index, this.#cell.entryAt(index)));
      } catch (error) {
        this.#broken = new Failure('unavailable', 'the log has stopped', { cause: error });
        this.#cell.notify();
        throw error;
      }
      this.#applied = index;
    }
    if (outcomes.length > 0) this.#cell.notify();
    return outcomes;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#broken === undefined) {
      if (this.#cell.isLeader(this) || this.#applied >= this.#cell.last) {
        await this.#cell.changed(signal);
        continue;
      }
      await this.#cell.delay(signal);
      this.#catchUp();
    }
  }
}
