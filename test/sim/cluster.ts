/** One server and its clients in one process: everything real but the world around them. */
import type { Random } from '../../src/base/random.ts';
import type { ClientConfig } from '../../src/client/config.ts';
import { SimNet } from '../../src/sim/net.ts';
import { SimServerCalls } from '../../src/sim/server-calls.ts';
import { between, pick } from './chance.ts';
import { ClientHost } from './client-host.ts';
import { Stage } from './stage.ts';
import type { World } from './world.ts';
import { ServerHost } from './server-host.ts';

export class Cluster extends Stage implements World {
  readonly net: SimNet;
  readonly server: ServerHost;
  readonly clients: readonly ClientHost[];

  constructor(seed: string, clients: number) {
    super(seed);
    const { clock, random, history } = this;
    this.net = new SimNet({ clock, random });
    const note = (line: string): void => this.note(line);
    const broken = (error: unknown): void => this.fail(error);
    this.server = new ServerHost({
      clock,
      net: this.net,
      random: random.fork('server'),
      history,
      applied: (entry, batch, state) => {
        this.judge(entry, batch, state);
      },
      note,
      broken,
      restart: () => this.later(1_000, () => this.server.start()),
    });
    this.clients = Array.from(
      { length: clients },
      (_, i) =>
        new ClientHost(`c${i}`, drawConfig(random.fork(`config/${i}`), i), {
          clock,
          random: random.fork(`client/${i}`),
          connect: (from, process) => {
            const deps = { net: this.net, server: () => this.server.link };
            return { servers: process.fence(new SimServerCalls({ from, to: 'server' }, deps)) };
          },
          gone: (host) => this.net.reset(host),
          note,
          broken,
        }),
    );
  }

  /** What people reach; undefined while nobody listens. */
  reached(): ReturnType<World['reached']> {
    const { operations, state } = this.server;
    return operations && state && { operations, state };
  }

  startServers(): void {
    this.server.start();
  }

  /** Of one server liveness.ts says all. */
  unsettled(): readonly string[] {
    return [];
  }

  /** The run is over: nothing of it stays in memory, so that many can follow each other. */
  end(): void {
    this.server.end();
    for (const client of this.clients) client.end();
  }
}

/** Machines differ: in racks, in size, in the ports that they may give. */
export function drawConfig(random: Random, i: number): Partial<ClientConfig> {
  return {
    datacenter: pick(random, ['dc1', 'dc1', 'dc2']) ?? 'dc1',
    nodeClass: pick(random, ['', 'big']) ?? '',
    meta: { rack: `r${i % 4}` },
    cpuTotalCompute: between(random, 4, 16) * 500,
    memoryTotalMb: between(random, 4, 16) * 512,
    diskTotalMb: 20_000,
    dynamicPortMin: 20_000,
    dynamicPortMax: 20_000 + between(random, 10, 200),
    // What is chosen first must be taken first sometimes.
    collect: {
      intervalMs: 20_000,
      allocsMax: between(random, 5, 30),
      diskUsedPercentMax: 80,
      inodesUsedPercentMax: 70,
    },
  };
}
