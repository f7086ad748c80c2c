/**
 * A thin typed client of etcd's version 3 API, over all the endpoints of one cluster.
 *
 * C1: each call goes to one endpoint and has a deadline. When that endpoint does not answer, the
 *     call fails and the next one goes to another; only what is safe to repeat is repeated here.
 * C2: a watch yields every event from its revision on, in order, once, across lost connections.
 *     What was compacted away before it could be read is told (`not_found`), never skipped.
 * C3: where a user is given, a token that etcd no longer takes is fetched anew, once a call.
 */
import { Failure } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import { bareEndpoint, Connection } from './connection.ts';
import type { EtcdTls } from './connection.ts';
import * as wire from './messages.ts';
import type {
  Alarm,
  MemberList,
  RangeAnswer,
  RangeQuery,
  Status,
  Txn,
  TxnAnswer,
  WatchEvent,
} from './messages.ts';
import { compactedAway, DEADLINE_MS, Endpoints, isPassing, watchAgain } from './repeat.ts';
import type { CallHow, WatchFrom } from './repeat.ts';
import { watchOnce } from './watch.ts';

export interface EtcdOptions {
  /** `host:port` each, at least one; the first is preferred as long as it answers. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  readonly user?: { readonly name: string; readonly password: string };
  /** Longest wait for one answer [ms]. */
  readonly deadlineMs?: number;
}

/** Defragmentation stops a member until it is done; a full one of 8 GiB takes half a minute. */
const DEFRAGMENT_MS = 120_000;

export class EtcdClient {
  readonly #options: EtcdOptions;
  readonly #clock: Clock;
  readonly #connections = new Map<string, Connection>();
  readonly #endpoints: Endpoints;
  #token: Promise<string> | undefined;

  constructor(options: EtcdOptions, deps: { readonly clock: Clock }) {
    this.#options = options;
    this.#endpoints = new Endpoints(options.endpoints);
    this.#clock = deps.clock;
  }

  get endpoints(): readonly string[] {
    return this.#endpoints.all;
  }

  /** The members changed. The first is preferred. */
  setEndpoints(endpoints: readonly string[]): void {
    if (!this.#endpoints.replace(endpoints)) return;
    const kept = endpoints.map(bareEndpoint);
    for (const [endpoint, connection] of this.#connections) {
      if (kept.includes(endpoint)) continue;
      this.#connections.delete(endpoint);
      connection.close();
    }
  }

  /** Fails: `unavailable`, `timeout` nobody answers; `canceled`; `denied`, `unauthenticated`. */
  async range(query: RangeQuery, how: CallHow = {}): Promise<RangeAnswer> {
    const request = wire.encodeRange(query);
    return wire.decodeRange(await this.#repeat('KV/Range', request, how));
  }

  /**
   * Fails: as `range`, and `exhausted` etcd has no room (its NOSPACE alarm). After `unavailable`,
   * `timeout` and `canceled` it may still take place.
   */
  async txn(txn: Txn, how: CallHow = {}): Promise<TxnAnswer> {
    return wire.decodeTxn(await this.#call('KV/Txn', wire.encodeTxn(txn), how));
  }

  /** Forgets what was before a revision. Fails: `not_found` that is done already, or lies ahead. */
  async compact(revision: number, how: CallHow = {}): Promise<void> {
    await this.#call('KV/Compact', wire.encodeCompaction(revision), how);
  }

  /** @param ttlSeconds at least; etcd may make it longer */
  async leaseGrant(ttlSeconds: number): Promise<{ id: bigint; ttlSeconds: number }> {
    const request = wire.encodeLeaseGrant(ttlSeconds);
    return wire.decodeLease(await this.#call('Lease/LeaseGrant', request, {}));
  }

  /** Answers how long it lasts from now [s]; 0 where it is gone already. */
  async leaseKeepAlive(id: bigint, how: CallHow = {}): Promise<number> {
    const { connection, rotate } = this.#pick(how);
    const token = await this.#tokenFor(connection);
    const stream = connection.stream('/etcdserverpb.Lease/LeaseKeepAlive', token);
    try {
      const ask = { stream, connection, request: wire.encodeId(id), clock: this.#clock };
      const deadlineMs = how.deadlineMs ?? this.#deadlineMs;
      for await (const answer of watchOnce(ask, { silentMs: deadlineMs, signal: how.signal })) {
        return wire.decodeLease(answer).ttlSeconds;
      }
      throw new Failure('unavailable', 'etcd ended a lease keep-alive without an answer');
    } catch (error) {
      rotate();
      throw error;
    }
  }

  async leaseRevoke(id: bigint): Promise<void> {
    await this.#call('Lease/LeaseRevoke', wire.encodeId(id), {});
  }

  async members(how: CallHow = {}): Promise<MemberList> {
    return wire.decodeMembers(await this.#repeat('Cluster/MemberList', Buffer.alloc(0), how));
  }

  /**
   * Adds a member that does not vote yet. Fails: `conflict` there is one already with this address,
   * or a learner that has not been promoted.
   */
  async memberAdd(peerUrl: string): Promise<void> {
    await this.#repeat('Cluster/MemberAdd', wire.encodeMemberAdd(peerUrl), {});
  }

  /** Fails: `conflict` it does not have all entries yet; `not_found`. */
  async memberPromote(id: bigint): Promise<void> {
    await this.#repeat('Cluster/MemberPromote', wire.encodeId(id), {});
  }

  async memberRemove(id: bigint): Promise<void> {
    await this.#repeat('Cluster/MemberRemove', wire.encodeId(id), {});
  }

  /** What one member says of itself and of whom it follows. */
  async status(endpoint: string, how: CallHow = {}): Promise<Status> {
    const at = { ...how, endpoint };
    return wire.decodeStatus(await this.#call('Maintenance/Status', Buffer.alloc(0), at));
  }

  async alarms(): Promise<readonly Alarm[]> {
    return wire.decodeAlarms(await this.#repeat('Maintenance/Alarm', wire.ALARM_LIST, {}));
  }

  async disarm(memberId: bigint): Promise<void> {
    await this.#call('Maintenance/Alarm', wire.encodeDisarm(memberId), {});
  }

  /** Gives free space of one member's file back. It answers nobody meanwhile. */
  async defragment(endpoint: string): Promise<void> {
    const how = { endpoint, deadlineMs: DEFRAGMENT_MS };
    await this.#call('Maintenance/Defragment', Buffer.alloc(0), how);
  }

  /** Makes another member lead. To be asked of the one that does. */
  async moveLeader(endpoint: string, to: bigint): Promise<void> {
    await this.#call('Maintenance/MoveLeader', wire.encodeId(to), { endpoint });
  }

  /**
   * Yields events as they come, those of one revision together, until `signal` aborts (C2).
   *
   * Fails: `not_found` events from the revision on were compacted away (facts: `compactRevision`);
   * `denied`, `unauthenticated`, `invalid`. What passes is retried without an end.
   */
  watch(from: WatchFrom, signal: AbortSignal): AsyncGenerator<readonly WatchEvent[]> {
    return watchAgain(from, (next) => this.#watchFrom(next, signal), this.#clock, signal);
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  async *#watchFrom(from: WatchFrom, signal: AbortSignal): AsyncGenerator<readonly WatchEvent[]> {
    const { connection, rotate } = this.#pick({});
    try {
      const token = await this.#tokenFor(connection);
      const stream = connection.stream('/etcdserverpb.Watch/Watch', token);
      const ask = { stream, connection, request: wire.encodeWatch(from), clock: this.#clock };
      for await (const bytes of watchOnce(ask, { ping: wire.WATCH_PROGRESS, signal })) {
        const answer = wire.decodeWatch(bytes);
        if (answer.compactRevision > 0) throw compactedAway(from, answer.compactRevision);
        if (answer.canceled) {
          this.#token = undefined;
          throw new Failure('unavailable', `etcd ended a watch: ${answer.cancelReason}`);
        }
        if (answer.events.length > 0) yield answer.events;
      }
    } catch (error) {
      rotate();
      throw error;
    }
  }

  #repeat(method: string, request: Buffer, how: CallHow): Promise<Buffer> {
    const ask = (each: CallHow): Promise<Buffer> => this.#call(method, request, each);
    return this.#endpoints.eachOnce(
      { ...how, deadlineMs: how.deadlineMs ?? this.#deadlineMs },
      this.#clock,
      ask,
    );
  }

  async #call(method: string, request: Buffer, how: CallHow): Promise<Buffer> {
    const { connection, rotate } = this.#pick(how);
    const path = `/etcdserverpb.${method}`;
    const deadlineMs = how.deadlineMs ?? this.#deadlineMs;
    try {
      const token = await this.#tokenFor(connection);
      const options = { deadlineMs, token, signal: how.signal };
      try {
        return await connection.call(path, request, options);
      } catch (error) {
        if (!isStaleToken(error, token)) throw error;
        this.#token = undefined;
        const fresh = await this.#tokenFor(connection);
        return await connection.call(path, request, { ...options, token: fresh });
      }
    } catch (error) {
      if (isPassing(error)) rotate();
      throw error;
    }
  }

  get #deadlineMs(): number {
    return this.#options.deadlineMs ?? DEADLINE_MS;
  }

  #pick(how: CallHow): { connection: Connection; rotate: () => void } {
    const { endpoint, rotate } = this.#endpoints.pick(how);
    return { connection: this.#connect(endpoint), rotate };
  }

  #connect(named: string): Connection {
    // Members tell URLs; what is not among the endpoints is closed when those change.
    const endpoint = bareEndpoint(named);
    const open = this.#connections.get(endpoint);
    if (open !== undefined) return open;
    const connection = new Connection(endpoint, this.#options.tls);
    this.#connections.set(endpoint, connection);
    return connection;
  }

  #tokenFor(connection: Connection): Promise<string> | undefined {
    const { user } = this.#options;
    if (user === undefined) return undefined;
    this.#token ??= this.#authenticate(connection, user).catch((error: unknown) => {
      this.#token = undefined;
      throw error;
    });
    return this.#token;
  }

  async #authenticate(
    connection: Connection,
    user: { readonly name: string; readonly password: string },
  ): Promise<string> {
    const request = wire.encodeAuthenticate(user.name, user.password);
    const how = { deadlineMs: this.#deadlineMs };
    return wire.decodeToken(await connection.call('/etcdserverpb.Auth/Authenticate', request, how));
  }
}

/** What a log asks of an etcd, however that is reached. */
export type EtcdApi = Pick<
  EtcdClient,
  | 'endpoints'
  | 'range'
  | 'txn'
  | 'watch'
  | 'compact'
  | 'leaseGrant'
  | 'leaseKeepAlive'
  | 'leaseRevoke'
  | 'members'
  | 'status'
  | 'moveLeader'
  | 'alarms'
  | 'disarm'
  | 'defragment'
>;

function isStaleToken(error: unknown, token: string | undefined): boolean {
  return token !== undefined && error instanceof Failure && error.fault === 'unauthenticated';
}
