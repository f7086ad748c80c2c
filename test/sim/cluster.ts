/** One server and its clients in one process: everything real but the world around them. */
import type { Millis } from '../../src/base/brand.ts';
import { seeded, type Random } from '../../src/base/random.ts';
import type { ClientConfig } from '../../src/client/config.ts';
import { SimClock } from '../../src/sim/clock.ts';
import { SimLoop } from '../../src/sim/loop.ts';
import { SimNet } from '../../src/sim/net.ts';
import { SimServerCalls } from '../../src/sim/server-calls.ts';
import { T0 } from '../state-world.ts';
import { between, pick } from './chance.ts';
import { ClientHost } from './client-host.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { RolloutInvariants } from './rollout-invariants.ts';
import type { World } from './world.ts';
import { ServerHost } from './server-host.ts';

/** Lines of the agents' logs that are kept for a report. */
const LINES_MAX = 400;

export class Cluster implements World {
  readonly random: Random;
  readonly clock = new SimClock(T0);
  readonly loop = new SimLoop(this.clock);
  readonly net: SimNet;
  readonly history = new History();
  readonly invariants = new Invariants();
  readonly rollouts = new RolloutInvariants();
  readonly server: ServerHost;
  readonly clients: readonly ClientHost[];
  readonly lines: string[] = [];
  #broken: { readonly error: unknown } | undefined;

  constructor(seed: string, clients: number) {
    this.random = seeded(seed);
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
        this.#attempt(() => {
          this.invariants.check(batch, state);
          this.rollouts.check({ entry, changes: batch.changes, state });
        });
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

  /** Since the beginning [ms]. */
  get elapsedMs(): number {
    return this.clock.now() - T0;
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
    this.server.end();
    for (const client of this.clients) client.end();
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
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
