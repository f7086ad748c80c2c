/** A simulated etcd as one process asks it: over a way that may be cut, with deadlines, from any member. */
import { Failure } from '../../src/base/failure.ts';
import type { Random } from '../../src/base/random.ts';
import type { EtcdApi } from '../../src/io/etcd/client.ts';
import type {
  Alarm,
  MemberList,
  RangeAnswer,
  RangeQuery,
  Status,
  Txn,
  TxnAnswer,
  WatchEvent,
} from '../../src/io/etcd/messages.ts';
import {
  DEADLINE_MS,
  Endpoints,
  isPassing,
  watchAgain,
  type CallHow,
  type WatchFrom,
} from '../../src/io/etcd/repeat.ts';
import type { AlarmClock } from '../../src/ports/clock.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import type { SimProcess } from '../../src/sim/process.ts';
import type { SimReach } from '../../src/sim/reach.ts';
import { between, chance } from './chance.ts';
import type { EtcdMember, EtcdStream, SimEtcd } from './etcd.ts';

export interface EtcdClientDeps {
  readonly etcd: SimEtcd;
  readonly clock: SimClock;
  readonly reach: SimReach;
  readonly random: Random;
  /** Whose client it is, and where that runs. */
  readonly process: SimProcess;
  readonly host: string;
}

/** As the real one gives a silent watch up [ms]. */
const SILENT_MS = 4_500;
const WAY_MS_MAX = 2;

/** A full store takes as much. */
export const ETCD_QUOTA_BYTES = 2_000_000;

/** How a question is answered: by all of them, or by the member that is asked alone. */
type Kind = 'agreed' | 'local';

export class SimEtcdClient implements EtcdApi {
  readonly #endpoints: Endpoints;
  readonly #deps: EtcdClientDeps;
  readonly #random: Random;
  /** As the process sees it. */
  readonly #clock: AlarmClock;
  #leases = 0;

  constructor(endpoints: readonly string[], deps: EtcdClientDeps) {
    this.#endpoints = new Endpoints(endpoints);
    this.#deps = deps;
    this.#random = deps.random.fork('etcd client');
    this.#clock = deps.process.clock(deps.clock, () => 0);
  }

  get endpoints(): readonly string[] {
    return this.#endpoints.all;
  }

  range(query: RangeQuery, how: CallHow = {}): Promise<RangeAnswer> {
    return this.#repeat(() => this.#etcd.store.range(query), how);
  }

  txn(txn: Txn, how: CallHow = {}): Promise<TxnAnswer> {
    return this.#ask('agreed', () => this.#change(txn), how);
  }

  compact(revision: number, how: CallHow = {}): Promise<void> {
    const compact = (): void => {
      if (!this.#etcd.store.compact(revision)) throw new Failure('not_found', 'compacted already');
    };
    return this.#ask('agreed', compact, how);
  }

  async leaseGrant(ttlSeconds: number): Promise<{ id: bigint; ttlSeconds: number }> {
    const { host, process } = this.#deps;
    const id = BigInt(this.#leases++) + BigInt(idOf(`${host} ${process.name}`)) * 1_000_000n;
    await this.#ask('agreed', () => this.#etcd.grantLease(id, ttlSeconds * 1_000), {});
    return { id, ttlSeconds };
  }

  leaseKeepAlive(id: bigint, how: CallHow = {}): Promise<number> {
    return this.#ask('agreed', () => this.#etcd.keepLease(id) / 1_000, how);
  }

  leaseRevoke(id: bigint): Promise<void> {
    return this.#ask('agreed', () => this.#etcd.endLease(id), {});
  }

  members(how: CallHow = {}): Promise<MemberList> {
    const list = (): MemberList => ({
      clusterId: 1n,
      members: this.#etcd.members.map(({ id, host, endpoint, isLearner }) => ({
        ...{ id, name: host, peerUrls: [], clientUrls: [endpoint], learner: isLearner },
      })),
    });
    return this.#repeat(list, how);
  }

  status(endpoint: string, how: CallHow = {}): Promise<Status> {
    const status = (): Status => {
      const { id, leaderId, isLearner } = this.#etcd.memberAt(endpoint);
      return {
        ...{ clusterId: 1n, memberId: id, leaderId, learner: isLearner },
        ...{ version: '3.4.30', dbBytesInUse: 0 },
        dbBytes: this.#etcd.room === 'plenty' ? ETCD_QUOTA_BYTES / 2 : ETCD_QUOTA_BYTES,
      };
    };
    return this.#ask('local', status, { ...how, endpoint });
  }

  moveLeader(endpoint: string, to: bigint): Promise<void> {
    return this.#ask('agreed', () => this.#etcd.moveLeader(to), { endpoint });
  }

  alarms(): Promise<readonly Alarm[]> {
    return this.#repeat(() => (this.#etcd.isAlarmed ? [{ memberId: 1n, kind: 'space' }] : []), {});
  }

  disarm(): Promise<void> {
    const { room } = this.#etcd;
    return this.#ask('agreed', () => void (this.#etcd.isAlarmed = room !== 'plenty'), {});
  }

  defragment(endpoint: string): Promise<void> {
    const free = (): void => {
      if (this.#etcd.room === 'after-defragmenting') this.#etcd.room = 'plenty';
    };
    return this.#ask('local', free, { endpoint });
  }

  watch(from: WatchFrom, signal: AbortSignal): AsyncGenerator<readonly WatchEvent[]> {
    return watchAgain(from, (next) => this.#watchFrom(next, signal), this.#clock, signal);
  }

  get #etcd(): SimEtcd {
    return this.#deps.etcd;
  }

  #change(txn: Txn): TxnAnswer {
    if (this.#etcd.isAlarmed && this.#etcd.store.wants(txn) === 'room') {
      throw new Failure('exhausted', 'etcdserver: mvcc: database space exceeded');
    }
    return this.#etcd.change((store) => store.txn(txn));
  }

  async *#watchFrom(from: WatchFrom, signal: AbortSignal): AsyncGenerator<readonly WatchEvent[]> {
    const { host } = this.#deps;
    const { endpoint, rotate } = this.#endpoints.pick({});
    try {
      const open = (): EtcdStream => this.#etcd.open(from, host, this.#etcd.memberAt(endpoint));
      const stream = await this.#ask('local', open, { endpoint, signal });
      yield* this.#read(stream, signal);
    } catch (error) {
      rotate();
      throw error;
    }
  }

  async *#read(stream: EtcdStream, signal: AbortSignal): AsyncGenerator<readonly WatchEvent[]> {
    try {
      while (!signal.aborted) {
        if (stream.isBroken) throw new Failure('unavailable', 'the connection broke');
        yield* this.#told(stream);
        await this.#news(stream, signal);
      }
    } finally {
      this.#etcd.close(stream);
    }
  }

  *#told(stream: EtcdStream): Generator<readonly WatchEvent[]> {
    while (this.#isTold(stream)) {
      const next = stream.queue.shift();
      if (next === undefined) return;
      yield next;
    }
  }

  /** Waits for something that its reader may hear of. Fails: `unavailable` it fell silent. */
  async #news(stream: EtcdStream, signal: AbortSignal): Promise<void> {
    const wasHeard = this.#etcd.isHeard(stream);
    // Something came while its reader was busy.
    if (stream.isBroken || (stream.queue.length > 0 && this.#isTold(stream))) return;
    await this.#deps.process.guard(() => this.#rung(stream, wasHeard, signal));
    if (!wasHeard && !this.#etcd.isHeard(stream) && !signal.aborted) {
      throw new Failure('unavailable', 'etcd fell silent');
    }
  }

  #isTold(stream: EtcdStream): boolean {
    return this.#etcd.isServing(stream.member) && this.#etcd.isHeard(stream);
  }

  #rung(stream: EtcdStream, isHeard: boolean, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const wayMs = between(this.#random, 1, WAY_MS_MAX);
    return new Promise((resolve) => {
      const offs: (() => void)[] = [];
      const end = (): void => {
        for (const off of offs.splice(0)) off();
        stream.bell = () => undefined;
        signal.removeEventListener('abort', end);
        resolve();
      };
      if (!isHeard) offs.push(clock.alarm(SILENT_MS, end));
      stream.bell = () => {
        stream.bell = () => undefined;
        offs.push(this.#etcd.after(wayMs, end));
      };
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }

  #repeat<T>(answer: () => T, how: CallHow): Promise<T> {
    return this.#endpoints.eachOnce(how, this.#clock, (each) => this.#ask('agreed', answer, each));
  }

  async #ask<T>(kind: Kind, answer: () => T, how: CallHow): Promise<T> {
    const { endpoint, rotate } = this.#endpoints.pick(how);
    try {
      const member = this.#etcd.memberAt(endpoint);
      return await this.#deps.process.guard(() => this.#send(member, kind, answer, how));
    } catch (error) {
      if (isPassing(error)) rotate();
      throw error;
    }
  }

  /** There, until it is carried out, and back; any of which may take for ever. */
  #send<T>(member: EtcdMember, kind: Kind, answer: () => T, how: CallHow): Promise<T> {
    const { clock, reach, host, etcd } = this.#deps;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        off();
        how.signal?.removeEventListener('abort', cancel);
        settle();
      };
      const fail = (error: Failure): void => end(() => reject(error));
      const late = new Failure('timeout', `etcd at ${member.endpoint} does not answer`);
      const off = clock.alarm(how.deadlineMs ?? DEADLINE_MS, () => fail(late));
      const cancel = (): void => fail(new Failure('canceled', 'nobody waits for etcd any more'));
      how.signal?.addEventListener('abort', cancel, { once: true });
      if (how.signal?.aborted === true) cancel();
      const back = (settle: () => void): void => {
        const isLost = chance(this.#random, etcd.weather.unanswered);
        if (isLost || !member.isUp || !reach.isOpen(member.host, host)) return;
        etcd.after(between(this.#random, 0, WAY_MS_MAX), () => end(settle));
      };
      const run = (): void => {
        try {
          const value = answer();
          back(() => resolve(value));
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          back(() => reject(error));
        }
      };
      const refuse = (why: string): void => back(() => reject(new Failure('unavailable', why)));
      etcd.after(between(this.#random, 0, WAY_MS_MAX), () => {
        if (!reach.isOpen(host, member.host)) return;
        if (!member.isUp) fail(new Failure('unavailable', `${member.endpoint} refused`));
        else if (kind === 'agreed')
          etcd.propose(member, { run, fail: refuse, sinceMs: clock.elapsedMs() });
        else if (!member.isPaused) run();
      });
    });
  }
}

/** A number of its own for each name; what repeats a name repeats it. */
function idOf(name: string): number {
  let sum = 7;
  for (const char of name) sum = (sum * 31 + char.charCodeAt(0)) % 1_000_003;
  return sum;
}
