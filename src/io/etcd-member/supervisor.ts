/**
 * Keeps this server's etcd member: carries out what `core/etcd-member` decides.
 *
 * U1: how the member was first started is on disk before it is started, so that a crash in between
 *     ends in the same cluster.
 * U2: the process never outlives `run`.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, explain } from '../../base/failure.ts';
import { memberToRemove, nextStep, whyKept, whyLeft } from '../../core/etcd-member/membership.ts';
import type {
  ListedMember,
  MemberHealth,
  MemberStep,
  ServerPeer,
} from '../../core/etcd-member/membership.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogMember, LogMembers } from '../../ports/etcd-member.ts';
import type { ServerPeers } from '../../ports/server-peers.ts';
import type { Service } from '../../ports/service.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { bareEndpoint } from '../etcd/connection.ts';
import type { Member } from '../etcd/messages.ts';
import { Broadcast } from '../log/broadcast.ts';
import { EtcdProcess } from './etcd-process.ts';
import type { EtcdLaunch } from './etcd-process.ts';
import type { MemberTls } from './member-tls.ts';

export interface SupervisorOptions {
  /** `data_dir/etcd`. */
  readonly dir: string;
  /** Of this server; its member is named so. */
  readonly id: string;
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly expect: number;
  readonly quotaBytes: number;
  /** The same kind for all members; absent: none is asked who it is. */
  readonly tls?: MemberTls;
}

export interface SupervisorDeps {
  /** Its endpoints are kept: this member's first, then the others'. */
  readonly client: EtcdClient;
  readonly peers: ServerPeers;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/** Until the member votes it is looked after often, and then less [ms]. */
const LOOK_MS = 200;
const SETTLED_LOOK_MS = 1_000;
/** A process that ends by itself is started again after this, and at most so much longer [ms]. */
const RESTART_MS_MIN = 200;
const RESTART_MS_MAX = 10_000;
/** A process that ran for so long had started well [ms]. */
const RAN_WELL_MS = 60_000;
const ASK_MS = 2_000;
const HEALTH_MS = 1_000;

export class EtcdSupervisor implements Service, LogMembers {
  readonly name = 'etcd';
  readonly #options: SupervisorOptions;
  readonly #deps: SupervisorDeps;
  readonly #changed = new Broadcast();
  #process: EtcdProcess | undefined;
  #startedMs = 0;
  #exits = 0;
  #restartAtMs = 0;
  #isSettled = false;
  /** True: its member is out, or about to be, and is not looked after any more. */
  #isLeaving = false;
  #told = '';
  /** The peers as last seen, and since when they are so. */
  #heard = '';
  #heardMs = 0;
  /** Since when members do not answer, by identifier. */
  readonly #silentSinceMs = new Map<bigint, number>();

  constructor(options: SupervisorOptions, deps: SupervisorDeps) {
    this.#options = options;
    this.#deps = deps;
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    deps.peers.announce(this.#launchOnDisk() === undefined ? 'new' : 'member');
  }

  /** `host:port` where this server's member takes requests. */
  get endpoint(): string {
    return `${this.#options.host}:${this.#options.clientPort}`;
  }

  /** Of the running process, for tests and people. */
  get pid(): number | undefined {
    return this.#process?.isRunning === true ? this.#process.pid : undefined;
  }

  /** Resolves once this server's member votes, or `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    while (!this.#isSettled && !signal.aborted) await this.#changed.wait(signal);
  }

  async list(): Promise<readonly LogMember[]> {
    const { members } = await this.#deps.client.members({ deadlineMs: ASK_MS });
    return members.map(asLogMember);
  }

  async remove({ id, host }: LogMember): Promise<void> {
    const { client, peers, note } = this.#deps;
    const { members } = await client.members({ deadlineMs: ASK_MS });
    const known = peers.known();
    const health = await Promise.all(members.map((member) => this.#healthOf(member, known)));
    const gone = health[members.map(asLogMember).findIndex((m) => m.id === id && m.host === host)];
    if (gone === undefined) throw new Failure('not_found', `${host} has no member in etcd`);
    const isOwn = id === this.#options.id;
    const lives = isOwn || known.some((peer) => peer.id === id && peer.status === 'alive');
    const why = whyKept(gone, health, lives);
    if (why !== undefined) throw new Failure('conflict', `${host} stays: ${why}`);
    note(`removes the member at ${gone.peerUrl}, as it is told to`);
    await client.memberRemove(gone.id);
  }

  /**
   * Takes this server's own member out, while it still votes; from now on it has none.
   *
   * Fails: `conflict` the others need it; `unavailable`, `timeout` whether it is out is not known.
   */
  async leave(): Promise<void> {
    const { client, peers, note } = this.#deps;
    const { members } = await client.members({ deadlineMs: ASK_MS });
    const known = peers.known();
    const health = await Promise.all(members.map((member) => this.#healthOf(member, known)));
    const own = members.find(({ name }) => name === this.#options.id);
    if (own === undefined) return;
    const why = whyLeft(own.name, health);
    if (why !== undefined) throw new Failure('conflict', `this server's member stays: ${why}`);
    this.#isLeaving = true;
    const others = members.filter(({ id, learner }) => id !== own.id && !learner);
    client.setEndpoints(
      others.flatMap(({ clientUrls }) => clientUrls.slice(0, 1).map(bareEndpoint)),
    );
    note('takes its own member out, as this server leaves');
    await client.memberRemove(own.id);
    await this.#process?.stop();
    this.#setAside();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const looked = this.#isLeaving ? Promise.resolve() : this.#look();
        await looked.catch((error: unknown) => {
          // Refusals of etcd pass: it says so while it elects, while another learns, and so on.
          if (!(error instanceof Failure) || error.fault === 'unsupported') throw error;
          this.#tell(explain(error));
        });
        await this.#deps.clock.sleep(this.#isSettled ? SETTLED_LOOK_MS : LOOK_MS, signal);
      }
    } finally {
      await this.#process?.stop();
    }
  }

  async #look(): Promise<void> {
    this.#countExit();
    const members = await this.#members();
    // It would take a member that is just taken out for one that another removed, and join anew.
    if (this.#isLeaving) return;
    const peers = this.#deps.peers.known();
    const step = nextStep({
      self: { id: this.#options.id, peerUrl: this.#peerUrl, expect: this.#options.expect },
      stage: this.#launchOnDisk() === undefined ? 'new' : 'member',
      running: this.#process?.isRunning === true,
      exits: this.#exits,
      ...{ peers, quietMs: this.#quietMs(peers) },
      members: members?.map(listed),
    });
    await this.#take(step);
    if (step.do !== 'settled' || members === undefined) return;
    this.#deps.peers.forget(strangers(peers, members));
    await this.#tidy(members);
  }

  /** How long these peers have been what they are. */
  #quietMs(peers: readonly ServerPeer[]): number {
    const now = this.#deps.clock.elapsedMs();
    const heard = JSON.stringify(peers);
    if (heard !== this.#heard) this.#heardMs = now;
    this.#heard = heard;
    return now - this.#heardMs;
  }

  async #take(step: MemberStep): Promise<void> {
    const { client } = this.#deps;
    const isNews = step.do === 'settled' && !this.#isSettled;
    this.#isSettled = step.do === 'settled';
    switch (step.do) {
      case 'wait':
        this.#tell(step.why);
        return;
      case 'bootstrap':
        this.#tell('begins a new cluster');
        this.#keep({ initialState: 'new', initialCluster: `${this.#options.id}=${this.#peerUrl}` });
        this.#start();
        return;
      case 'add':
        this.#tell('joins the cluster');
        await client.memberAdd(this.#peerUrl);
        return;
      case 'replace':
        this.#tell('replaces the member that had this address');
        await client.memberRemove(step.id);
        return;
      case 'join':
        this.#keep({ initialState: 'existing', initialCluster: this.#clusterOf(step.members) });
        this.#start();
        return;
      case 'start':
        if (this.#deps.clock.elapsedMs() >= this.#restartAtMs) this.#start();
        return;
      case 'promote':
        await client.memberPromote(step.id);
        return;
      case 'discard':
        this.#discard();
        return;
      case 'settled':
        if (isNews) this.#tell('its member votes');
        this.#changed.notify();
    }
  }

  /** Who answers says who belongs to the cluster; undefined while nobody does. */
  async #members(): Promise<readonly Member[] | undefined> {
    const { client, peers } = this.#deps;
    const others = peers.known().filter(({ status }) => status === 'alive');
    const known = [...others.map(endpointOf), ...client.endpoints];
    const own = this.#process?.isRunning === true ? [this.endpoint] : [];
    const rest = known.filter((each) => each !== this.endpoint);
    client.setEndpoints([...new Set([...own, ...rest])]);
    if (client.endpoints.every((each) => each === this.endpoint) && own.length === 0) {
      return undefined;
    }
    try {
      const { members } = await client.members({ deadlineMs: ASK_MS });
      const started = members.flatMap(({ clientUrls }) => clientUrls.slice(0, 1).map(bareEndpoint));
      const alive = own.length > 0 ? [this.endpoint] : [];
      const ends = [...new Set([...alive, ...started.filter((each) => each !== this.endpoint)])];
      if (ends.length > 0) client.setEndpoints(ends);
      return members;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return undefined;
    }
  }

  #countExit(): void {
    const { clock, note } = this.#deps;
    const ended = this.#process;
    if (ended === undefined || ended.isRunning) return;
    this.#process = undefined;
    const nowMs = clock.elapsedMs();
    this.#exits = nowMs - this.#startedMs >= RAN_WELL_MS ? 1 : this.#exits + 1;
    this.#restartAtMs = nowMs + Math.min(RESTART_MS_MIN * 2 ** (this.#exits - 1), RESTART_MS_MAX);
    note(`etcd ended, and is started again: ${ended.lastWords()}`);
  }

  #start(): void {
    const { id, dir, host, clientPort, peerPort, quotaBytes, tls } = this.#options;
    const kept = this.#launchOnDisk();
    if (kept === undefined) return;
    this.#startedMs = this.#deps.clock.elapsedMs();
    this.#process = new EtcdProcess({
      ...{ name: id, dataDir: join(dir, 'member-data'), logFile: join(dir, 'etcd.log') },
      ...{ host, clientPort, peerPort, quotaBytes, ...(tls === undefined ? {} : { tls }) },
      ...kept,
    });
  }

  /** Moves the data of a removed member out of the way; the one before it is deleted (M2). */
  #discard(): void {
    this.#tell('the cluster removed this member: joining anew');
    this.#setAside();
  }

  #setAside(): void {
    const { dir } = this.#options;
    rmSync(join(dir, 'removed'), { recursive: true, force: true });
    renameSync(join(dir, 'member-data'), join(dir, 'removed'));
    rmSync(join(dir, LAUNCH));
    this.#exits = 0;
    this.#deps.peers.announce('new');
  }

  /** Removes members that will not come back; only beside etcd's leader, so that one does. */
  async #tidy(members: readonly Member[]): Promise<void> {
    const { client, peers, note } = this.#deps;
    const { id, expect } = this.#options;
    const status = await client.status(this.endpoint, { deadlineMs: HEALTH_MS });
    if (status.leaderId !== status.memberId) {
      this.#silentSinceMs.clear();
      return;
    }
    const known = peers.known();
    const health = await Promise.all(members.map((member) => this.#healthOf(member, known)));
    const isVoter = (server: string): boolean =>
      members.some(({ name, learner }) => name === server && !learner);
    const waiting = known.filter((peer) => peer.status === 'alive' && !isVoter(peer.id)).length;
    const gone = memberToRemove(health, { self: id, expect, waiting });
    if (gone === undefined) return;
    note(`removes the member at ${gone.peerUrl}, ${gone.left ? 'which left' : 'which is dead'}`);
    await client.memberRemove(gone.id);
  }

  async #healthOf(member: Member, known: readonly ServerPeer[]): Promise<MemberHealth> {
    const { client, clock } = this.#deps;
    const [url] = member.clientUrls;
    const healthy = url !== undefined && (await answers(client, bareEndpoint(url)));
    const nowMs = clock.elapsedMs();
    const since = healthy ? nowMs : (this.#silentSinceMs.get(member.id) ?? nowMs);
    this.#silentSinceMs.set(member.id, since);
    const left = known.some(({ id, status }) => id === member.name && status === 'left');
    return { ...listed(member), healthy, silentMs: nowMs - since, left };
  }

  get #peerUrl(): string {
    const { host, peerPort, tls } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${host}:${peerPort}`;
  }

  #clusterOf(members: readonly ListedMember[]): string {
    return members
      .map(({ id, name, peerUrl }) => {
        if (peerUrl === this.#peerUrl) return `${this.#options.id}=${peerUrl}`;
        // One that has not started yet has no name, but must be counted.
        return `${name === '' ? `unnamed-${id}` : name}=${peerUrl}`;
      })
      .join(',');
  }

  #keep(launch: KeptLaunch): void {
    const { dir } = this.#options;
    writeFileSync(join(dir, `${LAUNCH}.tmp`), JSON.stringify(launch), { flush: true });
    renameSync(join(dir, `${LAUNCH}.tmp`), join(dir, LAUNCH));
    this.#deps.peers.announce('member');
  }

  #launchOnDisk(): KeptLaunch | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#options.dir, LAUNCH), 'utf8')) as KeptLaunch;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Each thing once, not several times a second. */
  #tell(what: string): void {
    if (what !== this.#told) this.#deps.note(what);
    this.#told = what;
  }
}

type KeptLaunch = Pick<EtcdLaunch, 'initialState' | 'initialCluster'>;

const LAUNCH = 'launch.json';

const endpointOf = ({ host, clientPort }: ServerPeer): string => `${host}:${clientPort}`;

/** Peers that are away and hold no log: who is about to join is there. */
function strangers(peers: readonly ServerPeer[], members: readonly Member[]): readonly string[] {
  const isMember = (id: string): boolean => members.some(({ name }) => name === id);
  return peers.flatMap(({ id, status }) => (status === 'alive' || isMember(id) ? [] : [id]));
}

function listed({ id, name, peerUrls, learner }: Member): ListedMember {
  return { id, name, learner, peerUrl: peerUrls[0] ?? '' };
}

function asLogMember({ name, peerUrls, learner }: Member): LogMember {
  const [url = ''] = peerUrls;
  const host = url === '' ? '' : new URL(url).hostname.replace(/^\[|\]$/g, '');
  return { id: name, host, voter: !learner };
}

async function answers(client: EtcdClient, endpoint: string): Promise<boolean> {
  try {
    await client.status(endpoint, { deadlineMs: HEALTH_MS });
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
