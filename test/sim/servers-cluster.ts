/** Three or five servers, the etcd that they share, and clients that know all of them. */
import { LINK_PROTOCOL, LINK_PROTOCOL_MIN } from '../../src/core/link/hello.ts';
import type { State } from '../../src/core/state/state.ts';
import { RemoteServers } from '../../src/link/remote-servers.ts';
import { ServerPool } from '../../src/link/server-pool.ts';
import { FAIR_LINKS, SimLinkNet, type LinkWeather } from '../../src/sim/link-sockets.ts';
import type { SimProcess } from '../../src/sim/process.ts';
import { SimReach } from '../../src/sim/reach.ts';
import { VERSION } from '../../src/version.ts';
import { between, chance } from './chance.ts';
import { ClientHost, type Connected } from './client-host.ts';
import { drawDriftPpm } from './drift.ts';
import { drawConfig } from './cluster.ts';
import { SimEtcd } from './etcd.ts';
import { PeerHost } from './peer-host.ts';
import { addressOf, LINK_PORT, SIM_LINK_KEY, socketsOf } from './peer.ts';
import { Stage } from './stage.ts';
import type { World } from './world.ts';
import { ToldClients } from './told-clients.ts';

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

export class ServersCluster extends Stage implements World {
  readonly reach = new SimReach();
  readonly links: SimLinkNet;
  readonly etcd: SimEtcd;
  /** Each server has its own member of etcd beside it; else they are somebody else's. */
  readonly isManaged: boolean;
  readonly told = new ToldClients();
  readonly servers: readonly PeerHost[];
  readonly clients: readonly ClientHost[];
  #newest: State | undefined;

  constructor(seed: string, size: ClusterSize) {
    super(seed);
    const { clock, random, reach } = this;
    this.isManaged = chance(random.fork('managed'), 0.6);
    this.links = new SimLinkNet({ clock, random: random.fork('links'), reach });
    this.links.weather = CALM_LINKS;
    const hosts = Array.from({ length: size.servers }, (_, i) => `s${i}`);
    const members = this.isManaged ? hosts : ['e0', 'e1', 'e2'];
    this.etcd = new SimEtcd({
      ...{ clock, random, reach, hosts: members },
      driftPpm: drawDriftPpm(random.fork('etcd/drift')),
    });
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
        this.judge(entry, batch, state);
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
}

/** What a server says of its own mistakes; everything else may be a misfortune's doing. */
const BUG = /\bbug\b|TypeError|RangeError|AssertionError|ReferenceError|the log has stopped/i;
