/** The cluster under test: three servers with members of etcd of their own, and clients. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Machines, type Machine } from '../machines.ts';
import { Closures } from './closures.ts';
import { Disk } from './disk.ts';
import { clockLibrary, WallClock } from './wall-clock.ts';

/** Ports of servers that can be made slow: the link between agents, etcd between members. */
const SLOW_PORTS = [4_647, 2_380];
const SLOW_SHIFT = 10_000;
/** Of etcd's store: much writing fills it. */
const SMALL_QUOTA_MB = 48;

export interface ClusterOptions {
  readonly clients: number;
  /**
   * Servers have disks of their own and proxies before their links, all agents wall clocks that can
   * be set; false befits measurements.
   */
  readonly canBeMeddledWith: boolean;
}

export class Cluster implements AsyncDisposable {
  readonly machines: Machines;
  readonly servers: Machine[] = [];
  readonly clients: Machine[] = [];
  /** Asked by an operator who asks anybody. */
  readonly closures: Closures;
  readonly #dir: string;
  readonly #proxies = new Map<Machine, ChildProcess>();
  readonly #disks = new Map<Machine, Disk>();
  readonly #clocks = new Map<Machine, WallClock>();

  private constructor(dir: string) {
    this.#dir = dir;
    this.closures = new Closures(this.servers);
    this.machines = new Machines(dir);
  }

  /** Starts all of it. @param dir for what agents keep and say */
  static async start(dir: string, options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(dir);
    const { machines, servers, clients } = cluster;
    for (const place of [1, 2, 3]) servers.push(await machines.add(`s${place}`, place));
    for (let i = 1; i <= options.clients; i++) clients.push(await machines.add(`c${i}`, 10 + i));
    if (options.canBeMeddledWith) await cluster.#prepare();
    const listed = servers.map(({ address }) => `"${address}"`).join(', ');
    for (const server of servers) {
      server.start(
        `
        insecure = true
        server {
          enabled           = true
          bootstrap_expect  = 3
          retry_join        = [${listed}]
          min_heartbeat_ttl = "4s"
          heartbeat_grace   = "6s"
          etcd { quota_mb = ${options.canBeMeddledWith ? SMALL_QUOTA_MB : 1_024} }
        }`,
        cluster.#clocks.get(server)?.env,
      );
    }
    for (const client of clients) {
      client.start(
        `
        insecure = true
        client {
          enabled = true
          servers = [${listed}]
        }`,
        cluster.#clocks.get(client)?.env,
      );
    }
    return cluster;
  }

  get all(): readonly Machine[] {
    return [...this.servers, ...this.clients];
  }

  /** The server that leads, as any says. */
  async leader(): Promise<Machine | undefined> {
    const told = await Promise.all(this.servers.map((each) => leaderTold(each)));
    const known = this.servers.filter(({ address }) =>
      told.some((text) => text.includes(`${address}:`)),
    );
    return known[0];
  }

  /** What each server has in its books of work that is not done, for people. */
  async books(): Promise<string> {
    const paths = ['/v1/evaluations', '/v1/deployments', '/v1/allocations', '/v1/nodes'];
    const told = this.servers.flatMap((server) =>
      paths.map(async (path) => {
        try {
          return `--- ${server.name} ${path}\n${await (await server.ask(`${path}?stale`)).text()}`;
        } catch (error) {
          return `--- ${server.name} ${path}: ${String(error)}`;
        }
      }),
    );
    return (await Promise.all(told)).join('\n');
  }

  /** Makes what comes to a server slow, or fast again. @param ms of every piece */
  slow(server: Machine, ms: number): void {
    this.#proxies.get(server)?.stdin?.write(`${ms}\n`);
  }

  /** Of a server. */
  diskOf(server: Machine): Disk {
    return found(this.#disks.get(server));
  }

  clockOf(machine: Machine): WallClock {
    return found(this.#clocks.get(machine));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machines[Symbol.asyncDispose]();
  }

  async #prepare(): Promise<void> {
    const library = clockLibrary();
    if (library === undefined) throw new Error('needs libfaketime');
    for (const machine of this.all) {
      this.#clocks.set(machine, new WallClock(join(this.#dir, `${machine.name}.clock`), library));
    }
    for (const server of this.servers) {
      this.#disks.set(server, new Disk(server.dataDir, this.#dir));
      await this.#standBetween(server);
    }
  }

  async #standBetween(server: Machine): Promise<void> {
    const pairs = SLOW_PORTS.map((port) => `${port + SLOW_SHIFT}:${port}`);
    const main = join(import.meta.dirname, 'delay-main.ts');
    const proxy = server.spawn(process.execPath, '--import', 'tsx', main, server.address, ...pairs);
    await new Promise((resolve, reject) => {
      proxy.stdout?.once('data', resolve);
      proxy.once('exit', () => reject(new Error(`the proxy of ${server.name} has ended`)));
    });
    for (const port of SLOW_PORTS) server.redirect(port, port + SLOW_SHIFT);
    this.#proxies.set(server, proxy);
  }
}

function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('it is not to be meddled with');
  return thing;
}

async function leaderTold(server: Machine): Promise<string> {
  try {
    const signal = AbortSignal.timeout(1_000);
    return await (await server.ask('/v1/status/leader', { port: 8500, signal })).text();
  } catch {
    return '';
  }
}
