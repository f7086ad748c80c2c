/**
 * The log engine on etcd, for several servers.
 *
 * T1: a batch is committed by one transaction that compares the leadership key and the head of the
 *     log; so indexes are dense and nobody but the newest holder writes, whatever others believe.
 * T2: a batch is repeated unchanged until etcd has said what became of it, or the term is over;
 *     repeated or late copies are refused by the comparison of the head.
 * T3: a leader applies what is in the log before it takes its first append.
 * T4: who follows applies batches as they appear, in order, each once, and begins again by reading
 *     where a watch was lost or its revisions were compacted.
 * T5: a server is never told that it leads while the batches of another come in: following has
 *     ended before a term begins.
 *
 * Which entries other servers' builds understand is looked after by version-gate.ts.
 */
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { LeadershipLimits } from '../../core/etcd-member/leadership.ts';
import { notTaken } from '../../core/link/not-taken.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  ClusterLog,
  CountServers,
  LogHolder,
  ServerIdentity,
} from '../../ports/cluster-log.ts';
import type { MemberBeside } from '../../ports/etcd-member.ts';
import type { ApplyEntry, Committed, EntryCodec, Leadership, Logged } from '../../ports/log.ts';
import { isPassing } from '../etcd/repeat.ts';
import type { EtcdApi } from '../etcd/client.ts';
import { AppendQueue } from '../log/append-queue.ts';
import type { Pending } from '../log/append-queue.ts';
import { Broadcast } from '../log/broadcast.ts';
import { decodeBatch } from './batch.ts';
import { BatchReader, compactedAway } from './batch-reader.ts';
import type { StoredBatch } from './batch-reader.ts';
import { BatchWriter } from './batch-writer.ts';
import { elect } from './election.ts';
import { Follower } from './follower.ts';
import { giveLead, handOver } from './give-lead.ts';
import type { GiveLeadDeps } from './give-lead.ts';
import { logKeys } from './keys.ts';
import type { LogKeys } from './keys.ts';
import { APPEND_BYTES_MAX, BATCH_BYTES_MAX, BATCH_ENTRIES_MAX } from './limits.ts';
import { Housekeeping } from './housekeeping.ts';
import { KeptClaims } from './kept-claims.ts';
import { readLog } from './read-log.ts';
import { countAll, Retention } from './retention.ts';
import { Seat } from './seat.ts';
import { VersionGate } from './version-gate.ts';

export interface EtcdLogOptions {
  /** Ends in a slash; clusters that share an etcd differ in it. */
  readonly prefix: string;
  readonly self: ServerIdentity;
  /**
   * The index that the state is at already (a checkpoint's); later entries are applied on opening.
   */
  readonly applied: Index;
  /**
   * Whether revisions of the whole etcd are compacted now and then. Others that watch an etcd of
   * their own may mind.
   */
  readonly compactsRevisions: boolean;
  /** etcd's quota, to tell when it is nearly used up; absent: not known. */
  readonly quotaBytes?: number;
  readonly leadership?: LeadershipLimits;
}

export interface EtcdLogDeps<Entry, Outcome> {
  /** Closed by its owner, after the log. */
  readonly client: EtcdApi;
  readonly codec: EntryCodec<Entry>;
  readonly apply: ApplyEntry<Entry, Outcome>;
  readonly clock: Clock;
  /** The member beside this server; undefined where etcd is somebody else's: a lease decides. */
  readonly member?: MemberBeside;
  /** Whose disks count where entries are forgotten; absent: those of all that have said so. */
  readonly count?: CountServers;
  readonly note: (line: string) => void;
}

/**
 * Opens the log and applies what the state does not hold yet.
 *
 * Fails: `not_found` entries after `applied` were compacted away (facts: `firstIndex`): a snapshot
 * of another server is needed; `internal` the state is ahead of the log, so it is another
 * cluster's; `unsupported` it holds entries of a later build; `unavailable`, `timeout` etcd does
 * not answer.
 */
export async function openEtcdLog<Entry, Outcome>(
  options: EtcdLogOptions,
  deps: EtcdLogDeps<Entry, Outcome>,
): Promise<EtcdLog<Entry, Outcome>> {
  const log = new EtcdLog(options, deps);
  await log.begin();
  return log;
}

/** See the head of the file; made by `openEtcdLog`. */
export class EtcdLog<Entry, Outcome> implements ClusterLog<Entry, Outcome> {
  readonly stopped: Promise<Error>;
  readonly #options: EtcdLogOptions;
  readonly #deps: EtcdLogDeps<Entry, Outcome>;
  readonly #keys: LogKeys;
  readonly #reader: BatchReader;
  readonly #writer: BatchWriter;
  readonly #follower: Follower;
  readonly #seat: Seat;
  readonly #housekeeping: Housekeeping;
  readonly #claims: KeptClaims;
  readonly #retention: Retention;
  readonly #gate: VersionGate<Entry>;
  readonly #queue: AppendQueue<Entry, Outcome>;
  /** Notified when an entry was applied, an append was enqueued, the leadership or all ended. */
  readonly #changed = new Broadcast();
  readonly #ending = new AbortController();
  #running: readonly Promise<void>[] = [];
  #next: Index;
  /** The term in which appends are taken. */
  #term: number | undefined;
  /** Until when it surely led last. */
  #ledMs = -Infinity;
  #isClosing = false;
  #failed: Failure | undefined;
  #tellStopped: (why: Error) => void = () => undefined;

  constructor(options: EtcdLogOptions, deps: EtcdLogDeps<Entry, Outcome>) {
    this.#options = options;
    this.#deps = deps;
    this.#keys = logKeys(options.prefix);
    const shared = { client: deps.client, keys: this.#keys, clock: deps.clock };
    this.#reader = new BatchReader(shared);
    this.#seat = new Seat(
      { self: options.self, leased: deps.member === undefined },
      { ...shared, lastIndex: () => this.lastIndex },
    );
    const full = (): void => this.#housekeeping.relieve();
    this.#writer = new BatchWriter({ ...shared, seat: this.#seat, full });
    this.#follower = new Follower({
      ...{ ...shared, reader: this.#reader, next: () => this.#next },
      apply: (batch) => this.#applyStored(batch),
      forgotten: (first) => this.#retention.forgotten(first),
    });
    // A full store takes no claim: so there may be nobody who leads.
    const forget = (isNeed: boolean): Promise<void> =>
      this.#retention.forget(this.#term ?? this.#seat.holder?.term ?? 0, isNeed);
    this.#housekeeping = new Housekeeping(options, { ...shared, ...deps, forget });
    const { versions } = deps.codec;
    const entryVersion = versions?.understood ?? 1;
    this.#claims = new KeptClaims({ ...options.self, entryVersion }, shared);
    const disks = { claims: this.#claims, count: deps.count ?? countAll };
    this.#gate = new VersionGate({ ...disks, versions });
    this.#retention = new Retention({
      ...{ ...disks, reader: this.#reader, writer: this.#writer, note: deps.note },
      lastIndex: () => this.lastIndex,
    });
    this.#queue = new AppendQueue(deps.codec, {
      appendBytesMax: APPEND_BYTES_MAX,
      groupBytesMax: BATCH_BYTES_MAX,
      groupEntriesMax: BATCH_ENTRIES_MAX,
    });
    this.#next = (options.applied + 1) as Index;
    this.stopped = new Promise((resolve) => (this.#tellStopped = resolve));
  }

  get firstIndex(): Index {
    return Math.min(this.#retention.first, this.#next) as Index;
  }

  get lastIndex(): Index {
    return (this.#next - 1) as Index;
  }

  get kept(): Index {
    return this.#claims.kept;
  }

  get holder(): LogHolder | undefined {
    return this.#seat.holder;
  }

  get provenMs(): number {
    return this.#term === undefined ? -Infinity : this.#seat.provenMs;
  }

  get contactMs(): number {
    const { clock, member } = this.#deps;
    const now = clock.elapsedMs();
    if (this.#term !== undefined) return now;
    // With a lease it is etcd, not the holder, that shows that there is one.
    const heardMs = member === undefined ? now : this.#seat.heardMs;
    // What it led itself it knew, too.
    return Math.max(this.#ledMs, Math.min(heardMs, this.#follower.currentMs));
  }

  /** Brings the state up to date and starts to follow and to stand for election. Called once. */
  async begin(): Promise<void> {
    await this.#seat.look();
    const head = await this.#writer.head();
    if (head < this.lastIndex) {
      throw new Failure(
        'internal',
        `the state is at index ${this.lastIndex}, but the log in etcd ends at ${head}`,
      );
    }
    await this.#claims.begin(this.#options.applied);
    const first = await this.#reader.firstIndex();
    if (first !== undefined) this.#retention.forgotten(first);
    await this.#follower.catchUp(this.#ending.signal);
    const { signal } = this.#ending;
    const { member, clock, note } = this.#deps;
    const isBegun = (): boolean => this.lastIndex > 0 || this.#seat.holder !== undefined;
    const election = { seat: this.#seat, clock, member, note, isBegun };
    this.#running = [
      this.#guard(this.#seat.watch(signal)),
      this.#guard(elect(election, this.#options.leadership, signal)),
      this.#guard(this.#drive(signal)),
      this.#guard(this.#claims.run(signal)),
      this.#guard(this.#housekeeping.run(() => this.#isKeeper(signal), signal)),
    ];
  }

  async append(
    entries: readonly Entry[],
    signal?: AbortSignal,
  ): Promise<readonly Committed<Outcome>[]> {
    this.#checkWritable();
    if (signal?.aborted === true) throw new Failure('canceled', 'gave up before an append');
    if (entries.length === 0) return [];
    const asked = this.#gate.ask(entries);
    if (asked !== undefined) {
      await asked;
      this.#checkWritable();
    }
    const settled = this.#queue.add(entries, signal);
    this.#changed.notify();
    return await settled;
  }

  read(from: Index, signal: AbortSignal): AsyncIterable<Logged<Entry>> {
    return readLog(from, signal, {
      reader: this.#reader,
      codec: this.#deps.codec,
      changed: this.#changed,
      firstIndex: () => this.firstIndex,
      lastIndex: () => this.lastIndex,
      isOpen: () => !this.#isClosing,
    });
  }

  async *leadership(signal: AbortSignal): AsyncIterable<Leadership> {
    let told: Leadership | undefined;
    while (!signal.aborted) {
      const leading = this.#term !== undefined;
      const term = this.#term ?? told?.term ?? this.#seat.holder?.term ?? 0;
      const isNews = told?.leading !== leading || (leading && told.term !== term);
      if (isNews) {
        told = { leading, term };
        yield told;
      } else {
        await this.#changed.wait(signal);
      }
    }
  }

  holders(signal: AbortSignal): AsyncIterable<LogHolder | undefined> {
    return this.#seat.holders(signal);
  }

  async prove(): Promise<void> {
    const term = this.#term;
    if (term === undefined) throw this.#notLeading();
    const beganMs = this.#deps.clock.elapsedMs();
    await this.#seat.beat(term);
    if (this.#term !== term || this.provenMs < beganMs) throw this.#notLeading();
  }

  async giveLead(to?: string): Promise<void> {
    const term = this.#term;
    if (term === undefined) throw this.#notLeading();
    await giveLead(this.#giving, term, to, this.#ending.signal);
  }

  async compact(upTo: Index, kept = upTo): Promise<void> {
    this.#claims.keep(kept);
    this.#retention.want(upTo);
    // One server deletes for all.
    if (this.#term !== undefined && !this.#isClosing) await this.#retention.forget(this.#term);
  }

  async close(): Promise<void> {
    if (this.#isClosing) {
      await Promise.all(this.#running);
      return;
    }
    this.#isClosing = true;
    this.#changed.notify();
    // What waits is finished by the term's loop, whose own patience is bounded.
    while (this.#term !== undefined && !this.#queue.isEmpty && this.#failed === undefined) {
      await this.#changed.wait(this.#ending.signal);
    }
    const wasLeading = this.#term !== undefined;
    this.#ending.abort();
    this.#changed.notify();
    await Promise.all(this.#running);
    if (wasLeading) await handOver(this.#giving);
  }

  get #giving(): GiveLeadDeps {
    const { clock, member } = this.#deps;
    return { seat: this.#seat, clock, member };
  }

  /** A full store takes no claim: so room must be made in it even while nobody leads. */
  async #isKeeper(signal: AbortSignal): Promise<boolean> {
    return this.#term !== undefined || (await this.#deps.member?.leads(signal)) === true;
  }

  #checkWritable(): void {
    if (this.#isClosing) throw CLOSED;
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#term === undefined) throw this.#notLeading();
  }

  #notLeading(): Failure {
    const leader = this.#seat.holder;
    const facts = leader === undefined ? {} : { leader: leader.address };
    return notTaken('this server is not the leader', { facts });
  }

  /** Follows while others lead, leads while this process holds the seat (T5). */
  async #drive(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const term = this.#seat.ownTerm;
      if (term === undefined) {
        await this.#whileTerm(undefined, signal, (until) => this.#follower.follow(until));
      } else {
        await this.#lead(term, signal);
      }
    }
  }

  /** Runs `body` until this process holds the seat in another term than `term`, or not. */
  async #whileTerm(
    term: number | undefined,
    signal: AbortSignal,
    body: (until: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    const watching = (async (): Promise<void> => {
      while (!over.signal.aborted) {
        if (this.#seat.ownTerm !== term || signal.aborted) end();
        else await this.#seat.changed.wait(over.signal);
      }
    })();
    try {
      await body(over.signal);
    } finally {
      end();
      signal.removeEventListener('abort', end);
      await watching;
    }
  }

  #applyStored(batch: StoredBatch): void {
    if (batch.last < this.#next) return;
    if (batch.first > this.#next) throw compactedAway(this.#next, batch.first);
    if (batch.term === this.#seat.holder?.term) this.#seat.heard();
    const entries = decodeBatch(batch.whole, this.#deps.codec);
    assert(entries.length === batch.last - batch.first + 1, 'a batch holds what its key says');
    this.#applyAll(entries.slice(this.#next - batch.first));
    this.#changed.notify();
  }

  #applyAll(entries: readonly Entry[]): readonly Committed<Outcome>[] {
    return entries.map((entry) => {
      const index = this.#next;
      const outcome = this.#deps.apply(index, entry);
      this.#next = (index + 1) as Index;
      return { index, outcome };
    });
  }

  /** One term of office: from the claim until it is lost, given up, or the log ends. */
  async #lead(term: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#follower.catchUp(signal);
      const isComplete = await this.#writer.checkHead(this.lastIndex, term);
      await this.#seat.untilClear(signal);
      if (!isComplete || signal.aborted || this.#seat.ownTerm !== term) return;
      this.#term = term;
      this.#changed.notify();
      await this.#whileTerm(term, signal, (until) => this.#serve(term, until));
    } catch (error) {
      if (!isPassing(error)) throw error;
      // Nobody said whether it took place (see `Log.append`): the next term finds out.
      this.#seat.disown(term);
    } finally {
      if (this.#term === term) this.#ledMs = this.#seat.provenMs;
      this.#term = undefined;
      this.#queue.refuseAll(this.#isClosing ? CLOSED : this.#notLeading());
      this.#changed.notify();
    }
  }

  async #serve(term: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#queue.isEmpty) await this.#changed.wait(signal);
      else await this.#commit(this.#queue.take(), term);
    }
  }

  async #commit(group: readonly Pending<Entry, Outcome>[], term: number): Promise<void> {
    try {
      const first = this.#next;
      const count = group.reduce((sum, { entries }) => sum + entries.length, 0);
      const span = { first, last: (first + count - 1) as Index };
      const verdict = await this.#writer.commit(
        span,
        term,
        group.map(({ chunk }) => chunk),
      );
      if (verdict === 'deposed') throw this.#notLeading();
      const settle = group.map((pending) => {
        const committed = this.#applyAll(pending.entries);
        return (): void => pending.resolve(committed);
      });
      for (const each of settle) each();
    } catch (error) {
      const isFull = error instanceof Failure && error.fault === 'exhausted';
      const why = isFull
        ? new Failure('exhausted', 'cannot append: the store of etcd is full', { cause: error })
        : error;
      for (const pending of group) pending.reject(why as Error);
      if (!isFull) throw error;
    } finally {
      this.#changed.notify();
    }
  }

  /** What a loop of the log cannot survive ends the whole log. */
  async #guard(loop: Promise<void>): Promise<void> {
    try {
      await loop;
    } catch (error) {
      const why = error instanceof Error ? error : new Error(String(error));
      this.#failed ??= new Failure('unavailable', 'the log has stopped', { cause: error });
      this.#queue.refuseAll(this.#failed);
      this.#ending.abort();
      this.#changed.notify();
      this.#tellStopped(why);
    }
  }
}

const CLOSED = notTaken('the log is closed');
