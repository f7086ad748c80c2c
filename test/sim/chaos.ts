/** Misfortunes from a seed, each of which passes by itself after a while. */
import { CALM } from '../../src/sim/driver.ts';
import { FAIR_WEATHER, type NetWeather } from '../../src/sim/net.ts';
import { between, chance, pick } from './chance.ts';
import type { ClientHost } from './client-host.ts';
import type { Cluster } from './cluster.ts';
import { Misfortunes } from './misfortunes.ts';
import { DISK_MS_MAX } from './server-host.ts';

const WEIGHTS = {
  killServer: 4,
  crashServerMidway: 3,
  failSync: 1,
  diskFull: 2,
  diskSlow: 2,
  killClient: 8,
  stopClient: 3,
  powerOff: 4,
  cut: 6,
  cutOneWay: 3,
  weather: 4,
  misfortune: 4,
  clientDiskFull: 2,
  clockJump: 2,
} as const;

type Name = keyof typeof WEIGHTS;

export class Chaos extends Misfortunes<Name> {
  readonly #cluster: Cluster;
  readonly #deeds: Readonly<Record<Name, (client: ClientHost) => void>>;

  constructor(cluster: Cluster) {
    super(cluster);
    this.#cluster = cluster;
    this.#deeds = {
      killServer: () => this.#killServer(),
      crashServerMidway: () => this.#crashServerMidway(),
      failSync: () => this.#failSync(),
      diskFull: () => this.#diskFull(),
      diskSlow: () => this.#diskSlow(),
      killClient: (client) => this.#return(client, () => client.kill()),
      stopClient: (client) => this.#return(client, () => client.stop()),
      powerOff: (client) => this.#return(client, () => client.losePower()),
      cut: ({ name }) => this.#cut(name, () => cluster.net.cut(name)),
      cutOneWay: ({ name }) => this.#cutOneWay(name),
      weather: () => this.#weather(),
      misfortune: (client) => this.#misfortune(client),
      clientDiskFull: (client) => this.#clientDiskFull(client),
      clockJump: (client) => this.#clockJump(client),
    };
  }

  override strike(): void {
    const name = this.draw(WEIGHTS);
    const client = pick(this.random, this.#cluster.clients);
    if (client === undefined) return;
    this.#cluster.note(`chaos ${name} ${client.name}`);
    this.#deeds[name](client);
  }

  override heal(): void {
    const { net, server, clients } = this.#cluster;
    this.over();
    net.mendAll();
    net.weather = FAIR_WEATHER;
    server.heal();
    for (const client of clients) {
      client.tasks.fortune = CALM;
      client.freeDisk();
      client.skewMs = 0;
      client.start();
    }
  }

  #killServer(): void {
    const { server } = this.#cluster;
    server.kill(chance(this.random, 0.5) ? 'kill' : 'power');
    this.until(this.span(0, 30_000), () => server.start());
  }

  #crashServerMidway(): void {
    const { server } = this.#cluster;
    const kind = chance(this.random, 0.5) ? 'kill' : 'power';
    server.disk.crashAfter(between(this.random, 1, 20), kind);
    this.until(this.span(5_000, 20_000), () => server.start());
  }

  /** Its log stops; whoever watches it starts it again. */
  #failSync(): void {
    const { server } = this.#cluster;
    server.disk.failSyncs(1);
    this.until(this.span(1_000, 10_000), () => {
      server.disk.failSyncs(0);
      server.kill('kill');
      server.start();
    });
  }

  #diskFull(): void {
    const { server } = this.#cluster;
    server.fill(between(this.random, 0, 20_000));
    this.until(this.span(1_000, 40_000), () => server.fill(Infinity));
  }

  #diskSlow(): void {
    const { disk } = this.#cluster.server;
    disk.slowDown(this.span(50, 1_000));
    this.until(this.span(1_000, 30_000), () => disk.slowDown(DISK_MS_MAX));
  }

  #return(client: ClientHost, away: () => void): void {
    if (!client.isUp) return;
    away();
    this.until(this.span(0, 90_000), () => client.start());
  }

  #cut(name: string, cut: () => void): void {
    cut();
    this.until(this.span(500, 90_000), () => this.#cluster.net.mend(name));
  }

  #cutOneWay(name: string): void {
    const { net } = this.#cluster;
    const hop = chance(this.random, 0.5)
      ? { from: name, to: 'server' }
      : { from: 'server', to: name };
    this.#cut(name, () => net.cutOneWay(hop));
  }

  #weather(): void {
    const { net } = this.#cluster;
    const random = this.random;
    const weather: NetWeather = {
      latencyMsMin: 1,
      latencyMsMax: between(random, 3, 300),
      lost: random.next() * 0.3,
      doubled: random.next() * 0.3,
      late: random.next() * 0.3,
      lateMsMax: between(random, 300, 20_000),
    };
    net.weather = weather;
    this.until(this.span(1_000, 60_000), () => {
      if (net.weather === weather) net.weather = FAIR_WEATHER;
    });
  }

  #misfortune({ tasks }: ClientHost): void {
    const random = this.random;
    tasks.fortune = {
      startFailures: random.next() * 0.5,
      crashes: random.next() * 0.8,
      crashWithinMs: between(random, 100, 60_000),
      startMsMax: between(random, 0, 5_000),
    };
    this.until(this.span(10_000, 120_000), () => {
      tasks.fortune = CALM;
    });
  }

  #clientDiskFull(client: ClientHost): void {
    client.fillDisk();
    this.until(this.span(1_000, 60_000), () => client.freeDisk());
  }

  /** Forth and back, by up to a minute; not the timers, only what time it is. */
  #clockJump(client: ClientHost): void {
    const host = chance(this.random, 0.5) ? this.#cluster.server : client;
    host.skewMs = between(this.random, -60_000, 60_000);
    this.until(this.span(1_000, 60_000), () => {
      host.skewMs = 0;
    });
  }
}
