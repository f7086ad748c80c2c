/**
 * A simulated etcd: members on machines that crash, stand still and lose each other, one of which leads
 * as long as a majority hears it. What they agree on is one store; how they agree is not simulated.
 *
 * SE1: a request is carried out once or not at all, at some instant after it was sent, also after its
 *      sender gave up; then it stays so.
 * SE2: without a majority nothing is carried out, and nobody hears of anything.
 */
import { Failure } from '../../src/base/failure.ts';
import type { Random } from '../../src/base/random.ts';
import type { WatchEvent } from '../../src/io/etcd/messages.ts';
import type { WatchFrom } from '../../src/io/etcd/repeat.ts';
import type { SimClock } from '../../src/sim/clock.ts';
import type { SimReach } from '../../src/sim/reach.ts';
import { between, chance, pick } from './chance.ts';
import { EtcdStore } from './etcd-store.ts';

/** How well it goes. Chances are of one request. */
export interface EtcdWeather {
  readonly commitMsMin: number;
  readonly commitMsMax: number;
  /** Is carried out, but the answer is lost. */
  readonly unanswered: number;
  /** Is dropped, as where the leader changes. */
  readonly dropped: number;
}

export const FAIR_ETCD: EtcdWeather = {
  commitMsMin: 1,
  commitMsMax: 4,
  unanswered: 0,
  dropped: 0,
};

/** Etcd's time-out for elections, and what comes on top by chance [ms]. */
const ELECTION_MS_MIN = 500;
const ELECTION_MS_MAX = 1_500;
/** Etcd itself gives up on a request that nobody agrees to after this [ms]. */
const REQUEST_MS_MAX = 7_000;

/** How long a new member takes to learn what there is [ms]. */
const LEARN_MS_MIN = 200;
const LEARN_MS_MAX = 3_000;
const NOT_YET = 'etcdserver: rpc not supported for learner';

export interface EtcdMember {
  readonly id: bigint;
  readonly host: string;
  readonly endpoint: string;
  isUp: boolean;
  isPaused: boolean;
  /** It is new, and neither votes nor answers before it was told everything. */
  isLearner: boolean;
  /** Whom it takes for the leader; 0n: nobody. */
  leaderId: bigint;
  /** What waits until this member is part of a majority. */
  waiting: Proposal[];
}

/** Something that is to be agreed on. */
export interface Proposal {
  readonly run: () => void;
  readonly fail: (why: string) => void;
  readonly sinceMs: number;
}

/** One watch that somebody has open at a member. */
export interface EtcdStream {
  readonly from: WatchFrom;
  readonly host: string;
  readonly member: EtcdMember;
  /** What its reader has not been told yet. */
  readonly queue: (readonly WatchEvent[])[];
  isBroken: boolean;
  /** Something changed for its reader. */
  bell: () => void;
}

export interface SimEtcdDeps {
  readonly clock: SimClock;
  readonly random: Random;
  readonly reach: SimReach;
  /** The machines of the members. */
  readonly hosts: readonly string[];
  /** The pace at which leases are counted; absent: the world's [millionths]. */
  readonly driftPpm?: number;
}

export class SimEtcd {
  readonly store = new EtcdStore();
  weather = FAIR_ETCD;
  /** Messages arrive at multiples of this only [ms]. */
  gridMs = 1;
  /** `after-defragmenting`: there is, once somebody gives back what is unused. */
  room: 'plenty' | 'after-defragmenting' | 'none' = 'plenty';
  /** Refuses to hold more until it is told that there is room again. */
  isAlarmed = false;
  readonly #deps: SimEtcdDeps;
  readonly #random: Random;
  #members: readonly EtcdMember[];
  #membersEver = 0;
  readonly #streams = new Set<EtcdStream>();
  readonly #leases = new Map<bigint, { readonly ttlMs: number; off: () => void }>();
  #leader: EtcdMember | undefined;
  #isElecting = false;

  constructor(deps: SimEtcdDeps) {
    this.#deps = deps;
    this.#random = deps.random.fork('etcd');
    this.#members = deps.hosts.map((host) => this.#newMember(host));
    deps.reach.onChange(() => this.#consider());
    this.#consider();
  }

  get members(): readonly EtcdMember[] {
    return this.#members;
  }

  get leader(): EtcdMember | undefined {
    return this.#leader;
  }

  memberAt(endpoint: string): EtcdMember {
    const found = this.members.find((each) => each.endpoint === endpoint);
    if (found === undefined) throw new Failure('unavailable', `no member at ${endpoint}`);
    return found;
  }

  /** Ends or starts the member of a machine. */
  setUp(host: string, isUp: boolean): void {
    const member = this.members.find((each) => each.host === host);
    if (member === undefined || member.isUp === isUp) return;
    member.isUp = isUp;
    member.leaderId = 0n;
    for (const { fail } of member.waiting.splice(0)) fail('the member ended');
    for (const stream of this.#streams) if (stream.member === member) breakOff(stream);
    this.#consider();
  }

  /** Has the member of a machine stand still, or go on. */
  setPaused(host: string, isPaused: boolean): void {
    const member = this.members.find((each) => each.host === host);
    if (member === undefined) return;
    member.isPaused = isPaused;
    this.#consider();
  }

  /**
   * Puts one with an empty disk in the place of a member that is down: the old one is taken out, the
   * new one learns, and votes once it was told everything. Answers false where nobody leads who could.
   */
  replace(host: string): boolean {
    const old = this.members.find((each) => each.host === host);
    if (this.#leader === undefined || old === undefined || old.isUp) return false;
    const fresh = { ...this.#newMember(host), isUp: false, isLearner: true };
    this.#members = this.members.map((each) => (each === old ? fresh : each));
    this.#teach(fresh);
    return true;
  }

  /** Whoever asked from this machine is gone. */
  drop(host: string): void {
    for (const stream of this.#streams) if (stream.host === host) this.#streams.delete(stream);
  }

  /** Connections of watches break; their readers open new ones. */
  breakWatches(): void {
    for (const stream of this.#streams) if (chance(this.#random, 0.7)) breakOff(stream);
  }

  /** Whether what a member says is up to date. */
  isServing(member: EtcdMember): boolean {
    const leader = this.#leader;
    return leader !== undefined && this.#isLinked(member, leader) && member.leaderId === leader.id;
  }

  /** Whether a majority would follow it. */
  canLead(member: EtcdMember): boolean {
    if (member.isLearner) return false;
    const voters = this.members.filter(({ isLearner }) => !isLearner);
    const linked = voters.filter((each) => this.#isLinked(member, each));
    return linked.length * 2 > voters.length;
  }

  /** Has something carried out as soon as the members agree (SE1, SE2). */
  propose(member: EtcdMember, proposal: Proposal): void {
    if (member.isLearner) {
      proposal.fail(NOT_YET);
      return;
    }
    if (!this.isServing(member)) {
      member.waiting.push(proposal);
      return;
    }
    const { commitMsMin, commitMsMax, dropped } = this.weather;
    if (dropped > 0 && chance(this.#random, dropped)) {
      proposal.fail('etcdserver: leader changed');
      return;
    }
    this.after(between(this.#random, commitMsMin, commitMsMax), () => {
      // Where they lose each other meanwhile, nobody knows how far it got.
      if (this.isServing(member) || chance(this.#random, 0.5)) proposal.run();
      else proposal.fail('etcdserver: leader changed');
    });
  }

  /** Has something happen at the first instant of the grid that is so far away. */
  after(ms: number, act: () => void): () => void {
    const { clock } = this.#deps;
    const nowMs = clock.elapsedMs();
    return clock.alarm(Math.ceil((nowMs + ms) / this.gridMs) * this.gridMs - nowMs, act);
  }

  /** Does something with the store, and tells those who watch. */
  change<T>(act: (store: EtcdStore) => T): T {
    const before = this.store.revision;
    const answer = act(this.store);
    if (this.store.revision === before) return answer;
    for (const stream of this.#streams) {
      const groups = this.store.eventsFrom({ ...stream.from, revision: before + 1 });
      if (groups.length === 0) continue;
      stream.queue.push(...groups);
      stream.bell();
    }
    return answer;
  }

  /** Begins a watch. Fails: `not_found` its first events are compacted away; `unavailable`. */
  open(from: WatchFrom, host: string, member: EtcdMember): EtcdStream {
    if (member.isLearner) throw new Failure('unavailable', NOT_YET);
    const queue = [...this.store.eventsFrom(from)];
    const stream = { from, host, member, queue, isBroken: false, bell: () => undefined };
    this.#streams.add(stream);
    return stream;
  }

  close(stream: EtcdStream): void {
    this.#streams.delete(stream);
  }

  /** Whether anything comes through a watch just now, if only a sign of life. */
  isHeard({ member, host }: EtcdStream): boolean {
    const { reach } = this.#deps;
    if (!member.isUp || member.isPaused) return false;
    return reach.isOpen(member.host, host) && reach.isOpen(host, member.host);
  }

  grantLease(id: bigint, ttlMs: number): void {
    this.store.grant(id);
    this.#leases.set(id, { ttlMs, off: this.#leaseAlarm(id, ttlMs) });
  }

  /** Answers how long it lasts from now [ms]; 0 where it is gone. */
  keepLease(id: bigint): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.off();
    lease.off = this.#leaseAlarm(id, lease.ttlMs);
    return lease.ttlMs;
  }

  endLease(id: bigint): void {
    this.#leases.get(id)?.off();
    this.#leases.delete(id);
    this.change((store) => store.endLease(id));
  }

  /** Makes a member lead, if that can be. */
  moveLeader(to: bigint): void {
    const member = this.members.find(({ id }) => id === to);
    if (member === undefined || !this.canLead(member)) {
      throw new Failure('unavailable', 'etcdserver: bad leader transferee');
    }
    this.#crown(member);
  }

  #newMember(host: string): EtcdMember {
    const id = BigInt(++this.#membersEver);
    return {
      ...{ id, host, endpoint: `${host}:2379`, leaderId: 0n, waiting: [] },
      ...{ isUp: true, isPaused: false, isLearner: false },
    };
  }

  /** Tells a new member everything, which takes a while in which both must be there. */
  #teach(member: EtcdMember): void {
    this.#deps.clock.alarm(between(this.#random, LEARN_MS_MIN, LEARN_MS_MAX), () => {
      if (!this.members.includes(member)) return;
      const isTold = this.#leader !== undefined && this.#isLinked(member, this.#leader);
      if (!isTold) {
        this.#teach(member);
        return;
      }
      member.isLearner = false;
      this.#consider();
    });
  }

  #leaseAlarm(id: bigint, ttlMs: number): () => void {
    const worldMs = Math.ceil(ttlMs / (1 + (this.#deps.driftPpm ?? 0) / 1_000_000));
    return this.#deps.clock.alarm(worldMs, () => {
      // Time stands still for leases while nobody leads.
      if (this.#leader === undefined) this.keepLease(id);
      else this.endLease(id);
    });
  }

  #isRunning({ isUp, isPaused }: EtcdMember): boolean {
    return isUp && !isPaused;
  }

  #isLinked(a: EtcdMember, b: EtcdMember): boolean {
    if (!this.#isRunning(a) || !this.#isRunning(b)) return false;
    const { reach } = this.#deps;
    return reach.isOpen(a.host, b.host) && reach.isOpen(b.host, a.host);
  }

  /** Something changed among the members: in a while they have found out. */
  #consider(): void {
    for (const stream of this.#streams) stream.bell();
    if (this.#leader !== undefined && !this.canLead(this.#leader)) this.#leader = undefined;
    if (this.#isElecting) return;
    this.#isElecting = true;
    const ms = between(this.#random, ELECTION_MS_MIN, ELECTION_MS_MAX);
    this.#deps.clock.alarm(ms, () => {
      this.#isElecting = false;
      const able = this.members.filter((each) => this.canLead(each));
      this.#crown(this.#leader ?? pick(this.#random, able));
    });
  }

  #crown(leader: EtcdMember | undefined): void {
    const isNew = leader !== this.#leader;
    this.#leader = leader;
    // Whoever begins to lead knows of no keep-alives of before.
    if (isNew && leader !== undefined) for (const id of this.#leases.keys()) this.keepLease(id);
    for (const member of this.members) {
      if (!this.#isRunning(member)) continue;
      const hears = leader !== undefined && this.#isLinked(member, leader);
      member.leaderId = hears ? leader.id : 0n;
      this.#release(member);
    }
    for (const stream of this.#streams) stream.bell();
  }

  /** What waited is carried out after all, or was dropped (SE1). */
  #release(member: EtcdMember): void {
    const nowMs = this.#deps.clock.elapsedMs();
    if (!this.isServing(member)) {
      const isLate = ({ sinceMs }: Proposal): boolean => nowMs - sinceMs > REQUEST_MS_MAX;
      for (const { fail } of member.waiting.filter(isLate)) fail('etcdserver: request timed out');
      member.waiting = member.waiting.filter((each) => !isLate(each));
      return;
    }
    for (const proposal of member.waiting.splice(0)) {
      if (chance(this.#random, 0.5)) this.propose(member, proposal);
      else proposal.fail('etcdserver: request timed out');
    }
  }
}

function breakOff(stream: EtcdStream): void {
  stream.isBroken = true;
  stream.bell();
}
