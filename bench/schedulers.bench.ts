/**
 * What several servers that schedule are good for: jobs whose evaluations look at every node, decided
 * by one server and by three, in turn, each with the log that it comes with: its own, and etcd. The
 * nodes are simulated (`c1m-clients.ts`). Needs etcd; without it, it measures nothing.
 */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from '../test/e2e/loopback-agents.ts';
import { percentile, report } from './harness.ts';
import { cpuMs } from './processes.ts';

const JOBS = Number(process.env['BENCH_SCHEDULERS_JOBS'] ?? 40);
const NODES = Number(process.env['BENCH_SCHEDULERS_NODES'] ?? 500);
/** Each of them has to look at all nodes by itself. */
const GROUPS = 20;
const ROUNDS = 5;
/** Registrations that wait for their answer at once. */
const REGISTERING = 16;

class Cluster implements AsyncDisposable {
  readonly #agents = new LoopbackAgents();
  readonly servers: readonly LoopbackAgent[];
  #clients: ChildProcess | undefined;
  #round = 0;

  constructor(size: number) {
    const numbers = Array.from({ length: size }, (_, i) => i + 1);
    const listed = numbers.map((n) => `"${this.#agents.addressOf(n)}"`).join(', ');
    const roles = `log_level = "warn"
      server {
        enabled          = true
        bootstrap_expect = ${size}
        retry_join       = [${listed}]
      }`;
    this.servers = numbers.map((n) => this.#agents.start(`s${n}`, n, roles));
  }

  /** Resolves once it has a leader and its nodes. */
  async start(): Promise<void> {
    await this.#agents.until('there is a leader', async () => {
      const leaders = await Promise.all(
        this.servers.map(async (server) => (await ask(server, '/v1/status/leader')).text()),
      );
      return new Set(leaders).size === 1 && leaders[0]?.includes(':') === true;
    });
    const file = join(import.meta.dirname, 'c1m-clients.ts');
    const links = `${this.#server().address}:4647`;
    const clients = fork(file, [links, String(NODES), '1'], { execArgv: ['--import', 'tsx'] });
    this.#clients = clients;
    await new Promise<void>((resolve, reject) => {
      clients.once('message', () => resolve());
      clients.once('exit', () => reject(new Error('the clients failed')));
    });
  }

  /** Registers the jobs, and tells how many were decided in a second. */
  async round(): Promise<number> {
    const names = Array.from({ length: JOBS }, (_, i) => `r${this.#round}-${i}`);
    this.#round++;
    const began = performance.now();
    await Promise.all(
      Array.from({ length: REGISTERING }, async (_, lane) => {
        for (let i = lane; i < names.length; i += REGISTERING) await this.#register(names[i] ?? '');
      }),
    );
    await this.#agents.until('all are decided', async () => {
      const filter = encodeURIComponent('Status == "pending"');
      const evals = await askJson(this.#server(), `/v1/evaluations?filter=${filter}`);
      return Array.isArray(evals) && evals.length === 0;
    });
    return (JOBS * 1_000) / (performance.now() - began);
  }

  async #register(name: string): Promise<void> {
    const body = JSON.stringify(job(name));
    const answer = await ask(this.#server(), '/v1/jobs', { method: 'PUT', body });
    if (!answer.ok) throw new Error(`a job was refused: ${await answer.text()}`);
  }

  /** Processor time of its servers, without their etcd [ms]. */
  cpu(): readonly number[] {
    return this.servers.map(({ child }) => cpuMs(child?.pid ?? 0));
  }

  async decided(): Promise<readonly number[]> {
    return Promise.all(
      this.servers.map(async (server) => {
        const text = await (await ask(server, '/v1/metrics?format=prometheus')).text();
        return Number(/^muster_server_decided_evals (\d+)$/m.exec(text)?.[1]);
      }),
    );
  }

  #server(): LoopbackAgent {
    const [first] = this.servers;
    if (first === undefined) throw new Error('a cluster has a server');
    return first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#clients?.removeAllListeners('exit').kill();
    await this.#agents[Symbol.asyncDispose]();
  }
}

/** A batch job whose groups each find no node, for a reason that each node has to be asked for. */
function job(id: string): object {
  const groups = Array.from({ length: GROUPS }, (_, i) => ({
    Name: `g${i}`,
    Count: 1,
    Constraints: [
      { LTarget: '${node.unique.name}', Operand: 'regexp', RTarget: `^${id}[.]${i}[.](a|b)+$` },
    ],
    Tasks: [{ Name: 'server', Driver: 'mock', Config: { run_for: '1h' } }],
  }));
  return { Job: { ID: id, Datacenters: ['dc1'], Type: 'batch', TaskGroups: groups } };
}

async function run(): Promise<void> {
  await using one = new Cluster(1);
  await using three = new Cluster(3);
  await one.start();
  await three.start();
  const rates: { readonly one: number; readonly three: number }[] = [];
  for (let i = 0; i <= ROUNDS; i++)
    rates.push({ one: await one.round(), three: await three.round() });
  // The first round meets code that V8 has not compiled.
  const counted = rates.slice(1);
  const middle = (values: readonly number[]): number => percentile(values, 0.5);
  const figure = { unit: 'evaluations/s', better: 'higher' } as const;
  report({ name: 'schedulers.one', value: middle(counted.map((each) => each.one)), ...figure });
  report({ name: 'schedulers.three', value: middle(counted.map((each) => each.three)), ...figure });
  const ratios = counted.map((each) => each.three / each.one);
  report({ name: 'schedulers.ratio', value: middle(ratios), unit: 'ratio', better: 'higher' });
  console.log(
    `decided: ${(await one.decided()).join(', ')} and ${(await three.decided()).join(', ')}`,
  );
  console.log(`processor time [ms]: ${one.cpu().join(', ')} and ${three.cpu().join(', ')}`);
}

if (spawnSync('etcd', ['--version']).error === undefined) await run();
else console.log('not measured: there is no etcd');
