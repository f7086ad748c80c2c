/**
 * The key that says who may write, as one server sees it.
 *
 * S1: a claim replaces exactly the holder that this server knew of; where another was faster it is
 *     refused. Its revision is the term: no two claims ever have the same.
 * S2: a holder is heard when its key, its beat or a batch of its appears; silence is only believed
 *     after asking etcd itself, so that a lost watch does not depose anybody.
 * S3: a term begins when whoever held the seat before can no longer take an older confirmation for
 *     a recent one, and answer from a state that is no longer the newest: it may have been
 *     confirmed right before it was deposed.
 * S4: a lease that ends lets the next holder begin at once: no confirmation is recent for longer
 *     than the lease lasts for certain.
 *
 * S3 and S4 compare spans on the clocks of two machines: they hold as long as neither runs fast or
 * slow by more than `CLOCK_DRIFT_MAX`.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { LogHolder, ServerIdentity } from '../../ports/cluster-log.ts';
import { Failure } from '../../base/failure.ts';
import { READ_PROOF_MS } from '../../core/limits.ts';
import type { EtcdApi } from '../etcd/client.ts';
import { isPassing } from '../etcd/repeat.ts';
import type { Compare, KeyValue, Op, WatchEvent } from '../etcd/messages.ts';
import { Broadcast } from '../log/broadcast.ts';
import type { LogKeys } from './keys.ts';
import { ATTEMPT_MS, CLEAR_MS, LEASE_SECONDS, LEASE_SURE_MS, POLL_MS, PROOF_MS } from './limits.ts';

export interface SeatDeps {
  readonly client: EtcdApi;
  readonly keys: LogKeys;
  readonly clock: Clock;
  /** The newest entry that was seen here. */
  readonly lastIndex: () => number;
}

export interface SeatOptions {
  readonly self: ServerIdentity;
  /** True: the key lives and dies with a lease. */
  readonly leased: boolean;
}

export class Seat {
  /** Notified when the holder changes. */
  readonly changed = new Broadcast();
  readonly #options: SeatOptions;
  readonly #deps: SeatDeps;
  /** Tells this process's claims from those of the process before it. */
  readonly #claim = randomUUID();
  #holder: (LogHolder & { readonly claim: string }) | undefined;
  /** Of the newest revision of the key that was seen. */
  #seenRevision = 0;
  #beatRevision = 0;
  #heardMs: number;
  /** When this process's own term may begin (S3). */
  #clearMs = -Infinity;
  #provenMs = -Infinity;
  /** The term that this process gave up, so that it does not take it for its own again. */
  #left = 0;
  #lease: { readonly id: bigint; keptMs: number } | undefined;

  constructor(options: SeatOptions, deps: SeatDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#heardMs = deps.clock.elapsedMs();
  }

  get holder(): LogHolder | undefined {
    return this.#holder;
  }

  /** The term in which this process holds the seat. */
  get ownTerm(): number | undefined {
    const holder = this.#holder;
    if (holder?.claim !== this.#claim || holder.term === this.#left) return undefined;
    return holder.term;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  get provenMs(): number {
    if (this.ownTerm === undefined) return -Infinity;
    const lease = this.#lease;
    if (!this.#options.leased || lease === undefined) return this.#provenMs;
    return Math.min(this.#provenMs, lease.keptMs + LEASE_SURE_MS - READ_PROOF_MS);
  }

  /** From then on no holder before this process takes itself for proven (S3). */
  get clearMs(): number {
    return this.#clearMs;
  }

  /** Resolves then, or when `signal` aborts. */
  async untilClear(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const leftMs = (): number => this.#clearMs - clock.elapsedMs();
    // An answer that is under way may bring the instant nearer.
    while (leftMs() > 0 && !signal.aborted) {
      await clock.sleep(Math.min(leftMs(), POLL_MS), signal);
    }
  }

  /** The condition under which only the holder of `term` may do something. */
  fence(term: number): Compare {
    return { key: this.#deps.keys.leader, modRevision: term };
  }

  /** The holder showed itself. */
  heard(): void {
    this.#heardMs = this.#deps.clock.elapsedMs();
  }

  /** Something that was sent at `sentMs` in this process's term was confirmed. */
  proven(sentMs: number): void {
    this.#provenMs = Math.max(this.#provenMs, sentMs);
  }

  /** See `ClusterLog.holders`. */
  async *holders(signal: AbortSignal): AsyncGenerator<LogHolder | undefined> {
    let told: LogHolder | undefined | 'nothing' = 'nothing';
    while (!signal.aborted) {
      const holder = this.#holder;
      if (holder !== told) yield holder;
      else await this.changed.wait(signal);
      told = holder;
    }
  }

  /** Looks at the seat itself, and answers the revision as of which it looked. */
  async look(): Promise<number> {
    const { client, keys } = this.#deps;
    const { pairs, revision } = await client.range(keys.seat, { deadlineMs: ATTEMPT_MS });
    const leader = pairs.find((pair) => pair.key === keys.leader);
    this.#see(leader, leader?.modRevision ?? revision);
    this.#hearBeat(pairs.find((pair) => pair.key === keys.beat));
    return revision;
  }

  /** Follows the seat until `signal` aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        // Compacted away meanwhile, or nobody answers: look again.
        const isLost = error instanceof Failure && error.fault === 'not_found';
        if (!isLost && !isPassing(error)) throw error;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** Tries to take the seat; answers whether this process holds it now. Fails: as `txn`. */
  async claim(): Promise<boolean> {
    const { client, keys, clock } = this.#deps;
    const { self } = this.#options;
    const sentMs = clock.elapsedMs();
    const clearOf = this.#clearing();
    const lease = this.#options.leased ? await this.#grant() : undefined;
    const value = Buffer.from(JSON.stringify({ ...self, claim: this.#claim }));
    const answer = await client.txn(
      {
        compare: [{ key: keys.leader, modRevision: this.#holder?.term ?? 0 }],
        success: [
          { put: { key: keys.leader, value, ...(lease === undefined ? {} : { lease }) } },
          { range: { key: keys.leader } },
          { range: { key: keys.beat } },
          { range: { key: keys.head } },
        ],
        failure: [{ range: { key: keys.leader } }],
      },
      { deadlineMs: ATTEMPT_MS },
    );
    const [leader, ...signs] = answer.found.flat();
    if (answer.succeeded) this.proven(sentMs);
    else if (lease !== undefined) await client.leaseRevoke(lease);
    this.#see(leader, leader?.modRevision ?? answer.revision);
    if (answer.succeeded) this.#clearMs = clearOf(signs);
    return answer.succeeded;
  }

  /** Shows the others that this process is there, and itself that it still holds the seat. */
  async beat(term: number): Promise<void> {
    const { keys } = this.#deps;
    const put = { put: { key: keys.beat, value: Buffer.from(String(term)) } };
    try {
      await this.#prove(term, this.#options.leased ? [] : [put]);
    } catch (error) {
      // A full store takes no signs of life, and no claims of others either.
      if (!(error instanceof Failure) || error.fault !== 'exhausted') throw error;
      await this.#prove(term, []);
    }
    await this.#keepLease();
  }

  async #prove(term: number, success: readonly Op[]): Promise<void> {
    const { client, keys, clock } = this.#deps;
    const sentMs = clock.elapsedMs();
    const failure = [{ range: { key: keys.leader } }];
    const txn = { compare: [this.fence(term)], success, failure };
    const answer = await client.txn(txn, { deadlineMs: PROOF_MS });
    if (answer.succeeded) this.proven(sentMs);
    else this.refused(answer.found[0]?.[0], answer.revision);
  }

  /** A fenced transaction was refused: this is what stood in the key instead. */
  refused(leader: KeyValue | undefined, revision: number): void {
    this.#see(leader, leader?.modRevision ?? revision);
  }

  /** Gives the seat up, so that another may take it at once. It is not held afterwards. */
  async leave(): Promise<void> {
    const term = this.ownTerm;
    if (term === undefined) return;
    this.disown(term);
    const { client, keys } = this.#deps;
    const success = [{ remove: { key: keys.leader } }];
    await client.txn({ compare: [this.fence(term)], success }, { deadlineMs: ATTEMPT_MS });
    if (this.#lease !== undefined) await client.leaseRevoke(this.#lease.id);
  }

  /** Forgets that this process holds the seat, whatever the key says. */
  disown(term: number): void {
    this.#left = Math.max(this.#left, term);
    this.changed.notify();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, keys } = this.#deps;
    const revision = (await this.look()) + 1;
    for await (const events of client.watch({ ...keys.seat, revision }, signal)) {
      for (const event of events) this.#take(event);
    }
  }

  #take({ type, pair }: WatchEvent): void {
    if (pair.key === this.#deps.keys.beat) this.#hearBeat(pair);
    if (pair.key !== this.#deps.keys.leader) return;
    this.#see(type === 'put' ? pair : undefined, pair.modRevision);
  }

  /**
   * Remembers what is known of the holder. Its last signs of life, as they were when this process
   * took its place, then say when that may begin.
   */
  #clearing(): (signs: readonly KeyValue[]) => number {
    const { clock, keys, lastIndex } = this.#deps;
    const [holder, heardMs] = [this.#holder, this.#heardMs];
    const [beat, last] = [this.#beatRevision, lastIndex()];
    return (signs) => {
      // There was nobody, or it gave the seat up by itself.
      if (holder === undefined) return -Infinity;
      const isNews = signs.some(({ key, value, modRevision }) =>
        key === keys.beat ? modRevision > beat : Number(value.toString()) > last,
      );
      return CLEAR_MS + (isNews ? clock.elapsedMs() : heardMs);
    };
  }

  #see(leader: KeyValue | undefined, revision: number): void {
    if (revision < this.#seenRevision) return;
    this.#seenRevision = revision;
    const before = this.#holder?.term;
    this.#holder = leader && { ...identityOf(leader), term: leader.modRevision };
    if (this.#holder?.term === before) return;
    this.heard();
    // Until it is known better: a claim may have succeeded and not been answered.
    this.#clearMs = this.#heardMs + CLEAR_MS;
    this.changed.notify();
  }

  #hearBeat(beat: KeyValue | undefined): void {
    if (beat === undefined || beat.modRevision <= this.#beatRevision) return;
    this.#beatRevision = beat.modRevision;
    this.heard();
  }

  async #grant(): Promise<bigint> {
    const keptMs = this.#deps.clock.elapsedMs();
    const { id } = await this.#deps.client.leaseGrant(LEASE_SECONDS);
    this.#lease = { id, keptMs };
    return id;
  }

  /** A lease that ended took the key with it, which the watch tells. */
  async #keepLease(): Promise<void> {
    const lease = this.#lease;
    const { client, clock } = this.#deps;
    const nowMs = clock.elapsedMs();
    if (lease === undefined || nowMs - lease.keptMs < (LEASE_SECONDS * 1_000) / 5) return;
    await client.leaseKeepAlive(lease.id, { deadlineMs: PROOF_MS });
    lease.keptMs = nowMs;
  }
}

const RETRY_MS = 100;

function identityOf(leader: KeyValue): ServerIdentity & { readonly claim: string } {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const read = JSON.parse(leader.value.toString()) as Readonly<Record<string, unknown>>;
  return {
    id: text(read['id']),
    name: text(read['name']),
    address: text(read['address']),
    claim: text(read['claim']),
  };
}
