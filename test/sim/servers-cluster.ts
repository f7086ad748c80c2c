/** Three or five servers, the etcd that they share, and clients that know all of them. */
import type { Millis } from '../../src/base/brand.ts';
import { seeded, type Random } from '../../src/base/random.ts';
import { LINK_PROTOCOL, LINK_PROTOCOL_MIN } from '../../src/core/link/hello.ts';
import type { State } from '../../src/core/state/state.ts';
import { RemoteServers } from '../../src/link/remote-servers.ts';
import { ServerPool } from '../../src/link/server-pool.ts';
import { SimClock } from '../../src/sim/clock.ts';
import { FAIR_LINKS, SimLinkNet, type LinkWeather } from '../../src/sim/link-sockets.ts';
import { SimLoop } from '../../src/sim/loop.ts';
import type { SimProcess } from '../../src/sim/process.ts';
import { SimReach } from '../../src/sim/reach.ts';
import { VERSION } from '../../src/version.ts';
import { T0 } from '../state-world.ts';
import { between, chance } from './chance.ts';
import { ClientHost, type Connected } from './client-host.ts';
import { drawConfig } from './cluster.ts';
import { SimEtcd } from './etcd.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { PeerHost } from './peer-host.ts';
import { addressOf, LINK_PORT, SIM_LINK_KEY, socketsOf } from './peer.ts';
import { RolloutInvariants } from './rollout-invariants.ts';
import type { World } from './world.ts';
import { ToldClients } from './told-clients.ts';

/** Lines of the agents' logs that are kept for a report. */
const LINES_MAX = 400;
/** Messages arrive together, so that a run has fewer instants; more so once it is calm [ms]. */
const STORM_GRID_MS = 5;
export const CALM_GRID_MS = 20;
/** A server that ended by itself is started again after this [ms]. */
const RESTART_MS = 1_000;
/** Few instants are better than many. */
export const CALM_LINKS: LinkWeather = { ...FAIR_LINKS, latencyMsMax: 3 };

export interface ClusterSize {
  readonly servers: number;
  readonly clients: number;
}

export class ServersCluster implements World {
  readonly random: Random;
  readonly clock = new SimClock(T0);
  readonly loop = new SimLoop(this.clock);
  readonly reach = new SimReach();
  readonly links: SimLinkNet;
  readonly etcd: SimEtcd;
  /** Each server has its own member of etcd beside it; else they are somebody else's. */
  readonly isManaged: boolean;
  readonly history = new History();
  readonly invariants = new Invariants();
  readonly rollouts = new RolloutInvariants();
  readonly told = new ToldClients();
  readonly servers: readonly PeerHost[];
  readonly clients: readonly ClientHost[];
  readonly lines: string[] = [];
  #newest: State | undefined;
  #broken: { readonly error: unknown } | undefined;

  constructor(seed: string, size: ClusterSize) {
    this.random = seeded(seed);
    const { clock, random, reach } = this;
    this.isManaged = chance(random.fork('managed'), 0.6);
    this.links = new SimLinkNet({ clock, random: random.fork('links'), reach });
    this.links.weather = CALM_LINKS;
    const hosts = Array.from({ length: size.servers }, (_, i) => `s${i}`);
    const members = this.isManaged ? hosts : ['e0', 'e1', 'e2'];
    this.etcd = new SimEtcd({ clock, random, reach, hosts: members });
    this.setGrid(STORM_GRID_MS);
    if (this.isManaged) for (const host of members) this.etcd.setUp(host, false);
    this.servers = hosts.map((name) => this.#newServer(name, hosts));
    const broken = (error: unknown): void => this.fail(error);
    const note = (line: string): void => this.note(line);
    this.clients = Array.from(
      { length: size.clients },
      (_, i) =>
        new ClientHost(`c${i}`, drawConfig(random.fork(`config/${i}`), i), {
          ...{ clock, note, broken, random: random.fork(`client/${i}`) },
          connect: (host, process) => this.#connect(host, process, hosts),
          gone: (host) => this.links.end(host),
        }),
    );
  }

  /** Since the beginning [ms]. */
  get elapsedMs(): number {
    return this.clock.now() - T0;
  }

  /** At what multiples of time messages arrive [ms]. */
  setGrid(ms: number): void {
    this.links.gridMs = ms;
    this.etcd.gridMs = ms;
  }

  /** The state after the last entry that any server has applied. */
  get newest(): State | undefined {
    return this.#newest;
  }

  /** Whoever takes itself for the leader; of several, as it happens, any. */
  get leader(): PeerHost | undefined {
    const leading = this.servers.filter((each) => each.isLeading);
    return leading.length < 2 ? leading[0] : leading[this.loop.instants % leading.length];
  }

  /** As the world of one server has it: undefined unless all are up, and one leads. */
  get server(): { readonly state: State | undefined } {
    const isWhole = this.servers.every(({ state }) => state !== undefined);
    return { state: isWhole ? this.leader?.state : undefined };
  }

  /** The server that people reach. */
  reached(): ReturnType<World['reached']> {
    const { operations, state } = this.leader ?? {};
    return operations && state && { operations, state };
  }

  startServers(): void {
    const random = this.random.fork('servers');
    for (const server of this.servers) this.later(between(random, 0, 3_000), () => server.start());
  }

  /** One leads, and all have the same state. */
  unsettled(): readonly string[] {
    const leading = this.servers.filter((each) => each.isLeading).length;
    const wrong = leading === 1 ? [] : [`${leading} servers lead`];
    for (const { name, state } of this.servers) {
      if (state === undefined) wrong.push(`${name} is not up`);
      else if (state.index !== this.history.length) {
        wrong.push(`${name} is at ${state.index}, the log at ${this.history.length}`);
      } else if (state.hash !== this.#newest?.hash) wrong.push(`${name} has another state`);
    }
    return wrong;
  }

  /** Keeps a line for the report. */
  note(line: string): void {
    this.lines.push(`${this.elapsedMs} ${line}`);
    if (this.lines.length > 2 * LINES_MAX) this.lines.splice(0, LINES_MAX);
  }

  /** Something broke its promise; the run ends at the end of the instant. */
  fail(error: unknown): void {
    this.#broken ??= { error };
  }

  /** Does something in `ms` from now, between two instants. */
  later(ms: number, act: () => void): void {
    this.loop.at(this.clock.now() + ms, () => this.#attempt(act));
  }

  /** Passes time. Throws what broke. */
  async pass(ms: number): Promise<void> {
    const end = (this.clock.now() + ms) as Millis;
    await this.loop.run(end, () => this.#broken !== undefined);
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  /** The run is over: nothing of it stays in memory, so that many can follow each other. */
  end(): void {
    for (const each of [...this.servers, ...this.clients]) each.end();
  }

  #newServer(name: string, hosts: readonly string[]): PeerHost {
    const { clock, random, reach, links, etcd, history, isManaged } = this;
    return new PeerHost(name, {
      ...{ clock, reach, links, etcd, history, isManaged, hosts },
      random: random.fork(name),
      entriesKept: between(random.fork(`kept/${name}`), 5, 40),
      applied: (entry, batch, state) => {
        this.#newest = state;
        this.#attempt(() => {
          this.invariants.check(batch, state);
          this.rollouts.check({ entry, changes: batch.changes, state });
        });
      },
      note: (line) => {
        this.note(line);
        if (BUG.test(line)) this.fail(new Error(`a server says: ${line}`));
      },
      broken: (error) => this.fail(error),
      restart: (host) => this.later(RESTART_MS, () => host.start()),
    });
  }

  /** As an agent without a server finds the servers. */
  #connect(host: string, process: SimProcess, servers: readonly string[]): Connected {
    const random = this.random.fork(`pool/${process.name}`);
    const pool = new ServerPool(
      { port: LINK_PORT },
      {
        facts: {
          ...{ protocol: LINK_PROTOCOL, protocolMin: LINK_PROTOCOL_MIN, version: VERSION },
          ...{ role: 'client', region: 'global', datacenter: 'dc1', name: host },
          ...{ instance: process.name, address: '' },
        },
        ...{ key: SIM_LINK_KEY, clock: process.clock(this.clock, () => 0), random },
        sockets: socketsOf(host, process, this.links),
        answersFor: () => ({}),
        find: () => Promise.resolve(servers.map(addressOf)),
        note: (line) => process.isAlive && this.note(`${host} link ${line}`),
      },
    );
    const checks = { newest: () => this.#newest, broken: (error: unknown) => this.fail(error) };
    return { servers: this.told.watched(host, new RemoteServers(pool, pool), checks), link: pool };
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
  }
}

/** What a server says of its own mistakes; everything else may be a misfortune's doing. */
const BUG = /\bbug\b|TypeError|RangeError|AssertionError|ReferenceError|the log has stopped/i;
