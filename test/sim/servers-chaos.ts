/** Misfortunes of several servers, of what they share, and of their clients. */
import { CALM } from '../../src/sim/driver.ts';
import type { Way } from '../../src/sim/reach.ts';
import { between, chance, pick } from './chance.ts';
import type { ClientHost } from './client-host.ts';
import { DiskLosses } from './disk-losses.ts';
import { FAIR_ETCD } from './etcd.ts';
import { Misfortunes } from './misfortunes.ts';
import type { PeerHost } from './peer-host.ts';
import { CALM_GRID_MS, CALM_LINKS, type ServersCluster } from './servers-cluster.ts';

const WEIGHTS = {
  killServer: 5,
  killLeader: 4,
  killMany: 1,
  stopServer: 3,
  wipeServer: 2,
  loseNewest: 2,
  replaceServer: 2,
  pauseServer: 5,
  cutServer: 4,
  cutLeader: 3,
  cutFromLog: 4,
  fallBehind: 8,
  cutPair: 3,
  cutOneWay: 4,
  split: 2,
  cutClient: 3,
  moveLog: 2,
  logMember: 2,
  logSlow: 3,
  logFaults: 3,
  logFull: 2,
  logCompacted: 3,
  watchesBreak: 3,
  links: 4,
  diskFull: 1,
  clock: 3,
  killClient: 3,
  stopClient: 2,
  powerOff: 2,
  pauseClient: 2,
  fortune: 2,
} as const;

type Name = keyof typeof WEIGHTS;

const REJOIN_MS = 1_000;
/** For so long it is seen whether a client knows more than a server that fell behind, and how often [ms]. */
const BEHIND_MS = 30_000;
const LOOK_MS = 100;

export class ServersChaos extends Misfortunes<Name> {
  readonly #cluster: ServersCluster;
  readonly #losses: DiskLosses;
  readonly #deeds: Readonly<Record<Name, () => void>>;

  constructor(cluster: ServersCluster) {
    super(cluster);
    this.#cluster = cluster;
    this.#losses = new DiskLosses(cluster.servers, cluster.etcd.store);
    this.#deeds = {
      ...this.#ofServers(),
      ...this.#ofWays(),
      ...this.#ofLog(),
      ...this.#ofClients(),
    };
  }

  override strike(): void {
    const name = this.draw(WEIGHTS);
    this.#cluster.note(`chaos ${name}`);
    this.#deeds[name]();
  }

  override heal(): void {
    const { reach, links, etcd, servers, clients, isManaged } = this.#cluster;
    this.over();
    this.#cluster.setGrid(CALM_GRID_MS);
    links.weather = CALM_LINKS;
    etcd.weather = FAIR_ETCD;
    if (etcd.room === 'none') this.#makeRoom();
    for (const { host } of etcd.members) {
      if (!isManaged) etcd.setUp(host, true);
      etcd.setPaused(host, false);
    }
    for (const server of servers) {
      server.setFull(false);
      server.skewMs = 0;
      server.resume();
      server.start();
      if (server.isLost) this.#rejoin(server);
      else if (isManaged) etcd.setUp(server.name, true);
    }
    reach.mendAll();
    for (const client of clients) {
      client.tasks.fortune = CALM;
      client.skewMs = 0;
      client.resume();
      client.start();
    }
  }

  #ofServers(): Pick<
    Record<Name, () => void>,
    | 'killServer'
    | 'killLeader'
    | 'killMany'
    | 'stopServer'
    | 'wipeServer'
    | 'loseNewest'
    | 'replaceServer'
    | 'pauseServer'
    | 'diskFull'
    | 'clock'
  > {
    const random = this.random;
    return {
      killServer: () => this.#kill(this.#anyServer(), 30_000),
      killLeader: () => this.#kill(this.#leader(), 10_000),
      // All, or all but one: what they share goes with a majority of them.
      killMany: () => {
        for (const each of this.#cluster.servers) if (chance(random, 0.7)) this.#kill(each, 20_000);
      },
      stopServer: () => {
        const server = this.#anyServer();
        server.stop();
        this.until(this.span(2_000, 20_000), () => server.start());
      },
      wipeServer: () => this.#wipe(chance(random, 0.5) ? this.#leader() : this.#anyServer()),
      loseNewest: () => this.#loseNewest(),
      replaceServer: () => this.#replace(this.#anyServer()),
      pauseServer: () => {
        const server = chance(random, 0.5) ? this.#leader() : this.#anyServer();
        server.pause();
        this.until(this.span(100, 20_000), () => server.resume());
      },
      diskFull: () => {
        const server = this.#anyServer();
        server.setFull(true);
        this.until(this.span(1_000, 40_000), () => server.setFull(false));
      },
      clock: () => {
        const host = chance(random, 0.6) ? this.#anyServer() : this.#anyClient();
        if (host === undefined) return;
        host.skewMs = between(random, -60_000, 60_000);
        this.until(this.span(1_000, 60_000), () => (host.skewMs = 0));
      },
    };
  }

  #ofWays(): Pick<
    Record<Name, () => void>,
    | 'cutServer'
    | 'cutLeader'
    | 'cutFromLog'
    | 'fallBehind'
    | 'cutPair'
    | 'cutOneWay'
    | 'split'
    | 'cutClient'
    | 'links'
  > {
    const { reach } = this.#cluster;
    const random = this.random;
    return {
      cutServer: () => this.#cut(reach.cutOff(this.#anyServer().name)),
      cutLeader: () => this.#cut(reach.cutOff(this.#leader().name)),
      cutFromLog: () => {
        const { name } = chance(random, 0.5) ? this.#leader() : this.#anyServer();
        this.#cut(this.#cutFromLog(name));
      },
      fallBehind: () => this.#fallBehind(),
      cutPair: () => {
        const [a, b] = [this.#anyServer().name, this.#anyServer().name];
        if (a !== b) this.#cut(reach.part([a], [b]));
      },
      cutOneWay: () => this.#cutOneWay(),
      split: () => {
        const all = [...this.#machines(), ...this.#cluster.clients.map(({ name }) => name)];
        const some = all.filter(() => chance(random, 0.5));
        this.#cut(
          reach.part(
            some,
            all.filter((each) => !some.includes(each)),
          ),
        );
      },
      cutClient: () => {
        const client = this.#anyClient();
        if (client === undefined) return;
        const servers = this.#cluster.servers.filter(() => chance(random, 0.5));
        this.#cut(
          reach.part(
            [client.name],
            servers.map(({ name }) => name),
          ),
        );
      },
      links: () => this.#weather(),
    };
  }

  #ofLog(): Pick<
    Record<Name, () => void>,
    'moveLog' | 'logMember' | 'logSlow' | 'logFaults' | 'logFull' | 'logCompacted' | 'watchesBreak'
  > {
    const { etcd } = this.#cluster;
    const random = this.random;
    return {
      moveLog: () => {
        const to = pick(random, etcd.members);
        // It may be out of reach, and nothing comes of it.
        if (to !== undefined && etcd.canLead(to)) etcd.moveLeader(to.id);
      },
      logMember: () => {
        const host = pick(random, this.#members()) ?? '';
        if (this.#cluster.isManaged && !this.#serverAt(host)?.isUp) return;
        etcd.setUp(host, false);
        this.until(this.span(500, 20_000), () => {
          if (!this.#cluster.isManaged || this.#serverAt(host)?.isUp === true)
            etcd.setUp(host, true);
        });
      },
      logSlow: () => {
        const commitMsMax = between(random, 50, 3_000);
        this.#logWeather({ ...FAIR_ETCD, commitMsMax });
      },
      logFaults: () => {
        const [unanswered, dropped] = [random.next() * 0.5, random.next() * 0.5];
        this.#logWeather({ ...FAIR_ETCD, unanswered, dropped });
      },
      logFull: () => {
        etcd.room = 'none';
        etcd.isAlarmed = true;
        this.until(this.span(1_000, 30_000), () => this.#makeRoom());
      },
      logCompacted: () => void etcd.store.compact(etcd.store.revision),
      watchesBreak: () => etcd.breakWatches(),
    };
  }

  #ofClients(): Pick<
    Record<Name, () => void>,
    'killClient' | 'stopClient' | 'powerOff' | 'pauseClient' | 'fortune'
  > {
    const random = this.random;
    return {
      killClient: () => this.#return((client) => client.kill()),
      stopClient: () => this.#return((client) => client.stop()),
      powerOff: () => this.#return((client) => client.losePower()),
      pauseClient: () => {
        const client = this.#anyClient();
        client?.pause();
        this.until(this.span(100, 60_000), () => client?.resume());
      },
      fortune: () => {
        const client = this.#anyClient();
        if (client === undefined) return;
        client.tasks.fortune = {
          startFailures: random.next() * 0.5,
          crashes: random.next() * 0.8,
          crashWithinMs: between(random, 100, 60_000),
          startMsMax: between(random, 0, 5_000),
        };
        this.until(this.span(10_000, 120_000), () => (client.tasks.fortune = CALM));
      },
    };
  }

  #kill(server: PeerHost, awayMsMax: number): void {
    server.kill();
    this.until(this.span(0, awayMsMax), () => server.start());
  }

  #wipe(server: PeerHost): void {
    if (!this.#losses.mayLose(server)) return;
    server.kill();
    server.wipe();
    this.until(this.span(0, 20_000), () => server.start());
  }

  /** Only the leader's disk keeps up, until it is lost, and with it what all others had in memory. */
  #loseNewest(): void {
    const leader = this.#leader();
    const others = this.#cluster.servers.filter((each) => each !== leader);
    for (const each of others) each.setFull(true);
    this.until(this.span(2_000, 20_000), () => {
      this.#wipe(leader);
      for (const each of others) {
        each.setFull(false);
        this.#kill(each, 20_000);
      }
    });
  }

  /** Its machine is lost; after a while an empty one takes its place, and its name. */
  #replace(server: PeerHost): void {
    const { isManaged, servers, etcd } = this.#cluster;
    // Only a majority that votes agrees to anything.
    const away = servers.filter(({ isLost }) => isLost).length;
    const learning = etcd.members.filter(({ isLearner }) => isLearner).length;
    const isTooMany = (away + learning + 1) * 2 > servers.length;
    if (!isManaged || server.isLost || isTooMany || !this.#losses.mayLose(server)) return;
    server.lose();
    this.until(this.span(500, 20_000), () => this.#rejoin(server));
  }

  /** The others have to agree to it: until they do it is tried again, also when all else is healed. */
  #rejoin(server: PeerHost): void {
    if (!server.isLost) return;
    if (this.#cluster.etcd.replace(server.name)) server.replace();
    else this.#cluster.later(REJOIN_MS, () => this.#rejoin(server));
  }

  #cut(mend: () => void): void {
    this.until(this.span(200, 20_000), mend);
  }

  #cutFromLog(server: string): () => void {
    const members = this.#members().filter((each) => each !== server);
    return this.#cluster.reach.part([server], members);
  }

  /**
   * A server does not see the log grow. Clients that were told by others what it does not know reach no
   * other server from then on, or begin anew there.
   */
  #fallBehind(): void {
    const server = this.#anyServer();
    this.until(this.span(10_000, 60_000), this.#deafen(server.name));
    const untilMs = this.#cluster.elapsedMs + BEHIND_MS;
    for (const client of this.#cluster.clients) {
      if (chance(this.random, 0.7)) this.#strand(client, server, untilMs);
    }
  }

  /** It hears nothing of the log, while it reaches the other servers. */
  #deafen(server: string): () => void {
    const { etcd, isManaged } = this.#cluster;
    // Members beside servers are cut off with them: there its own one stands still.
    if (!isManaged) return this.#cutFromLog(server);
    etcd.setPaused(server, true);
    return () => etcd.setPaused(server, false);
  }

  #strand(client: ClientHost, server: PeerHost, untilMs: number): void {
    const { reach, servers, told, links, elapsedMs } = this.#cluster;
    if (elapsedMs > untilMs || !server.isUp) return;
    if (!client.isUp || told.newest(client.name) <= (server.state?.index ?? Infinity)) {
      this.until(LOOK_MS, () => this.#strand(client, server, untilMs));
      return;
    }
    this.#cluster.note(`${client.name} reaches ${server.name} only, which is behind`);
    const others = servers.map(({ name }) => name).filter((each) => each !== server.name);
    // Longer than it takes to find out who does not answer.
    this.until(this.span(8_000, 20_000), reach.part([client.name], others));
    if (chance(this.random, 0.3)) {
      links.end(client.name);
      return;
    }
    client.kill();
    this.until(this.span(0, 1_000), () => client.start());
  }

  #cutOneWay(): void {
    const { reach, clients } = this.#cluster;
    const machines = [...this.#machines(), ...clients.map(({ name }) => name)];
    const [one, other] = [pick(this.random, machines), this.#anyServer().name];
    if (one === undefined || one === other) return;
    const ways: readonly Way[] = [
      { from: one, to: other },
      { from: other, to: one },
    ];
    const way = pick(this.random, ways);
    if (way !== undefined) this.#cut(reach.cutWays([way]));
  }

  #weather(): void {
    const { links } = this.#cluster;
    const random = this.random;
    const weather = {
      latencyMsMin: 1,
      latencyMsMax: between(random, 3, 300),
      late: random.next() * 0.2,
      lateMsMax: between(random, 300, 5_000),
      reset: chance(random, 0.5) ? random.next() * 0.02 : 0,
    };
    links.weather = weather;
    this.until(this.span(1_000, 40_000), () => {
      if (links.weather === weather) links.weather = CALM_LINKS;
    });
  }

  #logWeather(weather: typeof FAIR_ETCD): void {
    const { etcd } = this.#cluster;
    etcd.weather = weather;
    this.until(this.span(500, 20_000), () => {
      if (etcd.weather === weather) etcd.weather = FAIR_ETCD;
    });
  }

  /** In an etcd of the servers' own it is theirs to use it. */
  #makeRoom(): void {
    const { etcd, isManaged } = this.#cluster;
    etcd.room = isManaged ? 'after-defragmenting' : 'plenty';
    if (!isManaged) etcd.isAlarmed = false;
  }

  #return(away: (client: ClientHost) => void): void {
    const client = this.#anyClient();
    if (client?.isUp !== true) return;
    away(client);
    this.until(this.span(0, 60_000), () => client.start());
  }

  #anyServer(): PeerHost {
    return pick(this.random, this.#cluster.servers) as PeerHost;
  }

  #leader(): PeerHost {
    return this.#cluster.leader ?? this.#anyServer();
  }

  #anyClient(): ClientHost | undefined {
    return pick(this.random, this.#cluster.clients);
  }

  #serverAt(host: string): PeerHost | undefined {
    return this.#cluster.servers.find(({ name }) => name === host);
  }

  #members(): readonly string[] {
    return this.#cluster.etcd.members.map(({ host }) => host);
  }

  /** Of servers and of what they share. */
  #machines(): readonly string[] {
    const servers = this.#cluster.servers.map(({ name }) => name);
    return [...new Set([...servers, ...this.#members()])];
  }
}
