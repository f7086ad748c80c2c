/** The worlds in which keys and locks are tried: one server with a log of its own, or several. */
import type { Random } from '../../src/base/random.ts';
import type { State } from '../../src/core/state/state.ts';
import { between, chance, pick, weighted } from './chance.ts';
import { Cluster } from './cluster.ts';
import { httpDoor, operationsDoor, type KvDoor } from './kv-doors.ts';
import type { World } from './world.ts';
import { DISK_MS_MAX } from './server-host.ts';
import { ServersChaos } from './servers-chaos.ts';
import { ServersCluster } from './servers-cluster.ts';

export interface KvWorld extends Pick<
  World,
  | 'random'
  | 'clock'
  | 'history'
  | 'lockDelays'
  | 'lines'
  | 'later'
  | 'pass'
  | 'note'
  | 'fail'
  | 'unsettled'
  | 'end'
> {
  start(): Promise<void>;
  /** Whom a caller asks; undefined: nobody listens. */
  door(): KvDoor | undefined;
  /** One misfortune, which passes. */
  strike(random: Random): void;
  heal(): void;
  /** Of all servers. */
  states(): readonly State[];
}

/** It is killed, loses power, finds its disk full or broken, and has its clock set. */
export class KvAlone extends Cluster implements KvWorld {
  constructor(seed: string) {
    super(seed, 0);
  }

  async start(): Promise<void> {
    this.server.start();
    await this.pass(2_000);
  }

  door(): KvDoor | undefined {
    const { operations } = this.server;
    return operations && operationsDoor(operations);
  }

  states(): readonly State[] {
    const { state } = this.server;
    if (state === undefined) throw new Error('the server did not come back');
    return [state];
  }

  strike(random: Random): void {
    const { server } = this;
    const kind = chance(random, 0.5) ? 'kill' : 'power';
    const backMs = between(random, 100, 2_000);
    const restart = (): void => this.later(backMs, () => server.start());
    const what = weighted(random, { kill: 3, midway: 4, failSync: 1, full: 2, slow: 2, clock: 3 });
    this.note(`strike ${what} ${kind}`);
    switch (what) {
      case 'kill':
        server.kill(kind);
        restart();
        break;
      case 'midway':
        server.disk.crashAfter(between(random, 1, 20), kind);
        this.later(3_000, () => server.start());
        break;
      case 'failSync':
        server.disk.failSyncs(1);
        this.later(2_000, () => server.kill('kill'));
        this.later(2_000 + backMs, () => server.start());
        break;
      case 'full':
        server.fill(between(random, 0, 2_000));
        this.later(backMs, () => server.fill(Infinity));
        break;
      case 'slow':
        server.disk.slowDown(between(random, 10, 200));
        this.later(backMs, () => server.disk.slowDown(DISK_MS_MAX));
        break;
      case 'clock':
        server.skewMs = between(random, -60_000, 60_000);
        break;
    }
  }

  heal(): void {
    this.server.heal();
  }
}

/** Callers ask whichever server they come upon, over its HTTP API. */
export class KvAmong extends ServersCluster implements KvWorld {
  readonly #doors: Random;
  readonly #chaos: ServersChaos;

  constructor(seed: string, servers: number) {
    super(seed, { servers, clients: 0 });
    this.#doors = this.random.fork('doors');
    this.#chaos = new ServersChaos(this);
  }

  async start(): Promise<void> {
    this.startServers();
    await this.pass(15_000);
  }

  door(): KvDoor | undefined {
    const apps = pick(this.#doors, this.servers)?.apps;
    // Both are to say the newest; the first as long as no two clocks run too far apart.
    return apps && httpDoor(apps, chance(this.#doors, 0.5) ? '' : 'consistent');
  }

  strike(): void {
    this.#chaos.strike();
  }

  heal(): void {
    this.#chaos.heal();
  }

  states(): readonly State[] {
    return this.servers.flatMap(({ state }) => state ?? []);
  }
}
