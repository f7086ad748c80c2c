/** The cluster under test: three servers with members of etcd of their own, and clients. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Machines, type Machine } from '../machines.ts';

const CLIENTS = 4;
/** Ports of servers that can be made slow: the link between agents, etcd between members. */
const SLOW_PORTS = [4_647, 2_380];
const SLOW_SHIFT = 10_000;

export class Cluster implements AsyncDisposable {
  readonly machines: Machines;
  readonly servers: Machine[] = [];
  readonly clients: Machine[] = [];
  readonly #proxies = new Map<Machine, ChildProcess>();

  private constructor(dir: string) {
    this.machines = new Machines(dir);
  }

  /** Starts all of it. @param dir for what agents keep and say */
  static async start(dir: string): Promise<Cluster> {
    const cluster = new Cluster(dir);
    const { machines, servers, clients } = cluster;
    for (const place of [1, 2, 3]) servers.push(await machines.add(`s${place}`, place));
    for (let i = 1; i <= CLIENTS; i++) clients.push(await machines.add(`c${i}`, 10 + i));
    for (const server of servers) await cluster.#standBetween(server);
    const listed = servers.map(({ address }) => `"${address}"`).join(', ');
    for (const server of servers) {
      server.start(`
        insecure = true
        server {
          enabled           = true
          bootstrap_expect  = 3
          retry_join        = [${listed}]
          min_heartbeat_ttl = "4s"
          heartbeat_grace   = "6s"
        }`);
    }
    for (const client of clients) {
      client.start(`
        insecure = true
        client {
          enabled = true
          servers = [${listed}]
        }`);
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

  /** Makes what comes to a server slow, or fast again. @param ms of every piece */
  slow(server: Machine, ms: number): void {
    this.#proxies.get(server)?.stdin?.write(`${ms}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machines[Symbol.asyncDispose]();
  }

  async #standBetween(server: Machine): Promise<void> {
    const pairs = SLOW_PORTS.map((port) => `${port + SLOW_SHIFT}:${port}`);
    const main = join(import.meta.dirname, 'delay-main.ts');
    const proxy = server.spawn(process.execPath, '--import', 'tsx', main, server.address, ...pairs);
    await new Promise((resolve) => proxy.stdout?.once('data', resolve));
    for (const port of SLOW_PORTS) server.redirect(port, port + SLOW_SHIFT);
    this.#proxies.set(server, proxy);
  }
}

async function leaderTold(server: Machine): Promise<string> {
  try {
    const signal = AbortSignal.timeout(1_000);
    return await (await server.ask('/v1/status/leader', { port: 8500, signal })).text();
  } catch {
    return '';
  }
}
