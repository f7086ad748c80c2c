/**
 * Traffic at a constant rate through the balancer while everything behind it changes: no request
 * fails. The instances are programs that end at once on SIGTERM, whatever they are doing.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../free-port.ts';
import { SteadyLoad } from '../steady-load.ts';
import { AgentProcess } from './agent-process.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');
/** Answers after a moment with its version; ends at once. */
const INSTANCE = `require('node:http').createServer((q, r) => {
  setTimeout(() => r.end(process.env.VERSION), 5);
}).listen(Number(process.env.NOMAD_PORT_http), process.env.NOMAD_IP_http);`;

function webJob(version: string, count: number): object {
  return {
    Job: {
      ...{ ID: 'web', Type: 'service', Datacenters: ['dc1'] },
      Update: {
        ...{ MaxParallel: 1, HealthCheck: 'checks', MinHealthyTime: 200_000_000 },
        ...{ HealthyDeadline: 120_000_000_000, ProgressDeadline: 300_000_000_000 },
      },
      TaskGroups: [
        {
          ...{ Name: 'g', Count: count, Networks: [{ DynamicPorts: [{ Label: 'http' }] }] },
          Migrate: {
            ...{ MaxParallel: 1, HealthCheck: 'checks', MinHealthyTime: 200_000_000 },
            HealthyDeadline: 120_000_000_000,
          },
          Services: [
            {
              ...{ Name: 'web', PortLabel: 'http', Tags: ['urlprefix-/web'] },
              Checks: [{ Type: 'http', Path: '/', Interval: 1e9, Timeout: 20e9 }],
            },
          ],
          Tasks: [
            {
              ...{ Name: 't', Driver: 'raw_exec', Env: { VERSION: version } },
              Config: { command: process.execPath, args: ['-e', INSTANCE] },
              Resources: { CPU: 20, MemoryMB: 32 },
            },
          ],
        },
      ],
    },
  };
}

interface ShownRoute {
  readonly dst: string;
}

interface Stand {
  readonly agent: AgentProcess;
  /** Of the page of the balancer that traffic goes through. */
  readonly page: number;
}

async function routesOf({ page }: Stand): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${page}/api/routes`);
  return ((await response.json()) as readonly ShownRoute[]).map(({ dst }) => dst).sort();
}

async function routed(stand: Stand, count: number): Promise<readonly string[]> {
  await stand.agent.until(
    `${count} instances are routed to`,
    async () => {
      return (await routesOf(stand)).length === count;
    },
    120_000,
  );
  return routesOf(stand);
}

async function submit(agent: AgentProcess, version: string, count: number): Promise<void> {
  assert.equal((await agent.request('PUT', '/v1/jobs', webJob(version, count))).status, 200);
}

/** Everything that an operator does to a job and its agent on a working day. */
async function workingDay(stand: Stand): Promise<void> {
  const { agent } = stand;
  await submit(agent, 'v1', 4);
  await routed(stand, 4);
  await submit(agent, 'v1', 2);
  await routed(stand, 2);
  const before = await routesOf(stand);
  await submit(agent, 'v2', 2);
  await agent.until(
    'all are new',
    async () => {
      const now = await routesOf(stand);
      return now.length === 2 && now.every((dst) => !before.includes(dst));
    },
    120_000,
  );
  agent.signal('SIGHUP');
  await agent.until('the agent has reloaded', () =>
    Promise.resolve(agent.output.includes('reloaded the configuration')),
  );
  await submit(agent, 'v2', 3);
  await routed(stand, 3);
  const [node] = (await agent.get('/v1/nodes')) as readonly { ID: string }[];
  const drain = await agent.run('node', 'drain', '-enable', '-yes', '-detach', node?.ID ?? '');
  assert.equal(drain.code, 0, drain.out);
  // There is no other node: the first one goes, and the others wait for it to be well elsewhere.
  await routed(stand, 2);
  const back = await agent.run('node', 'drain', '-disable', '-yes', node?.ID ?? '');
  assert.equal(back.code, 0, back.out);
  await routed(stand, 3);
}

async function nothingFailed({ agent }: Stand, load: SteadyLoad): Promise<void> {
  await agent.until('there were many requests', () => Promise.resolve(load.counts.ok > 200));
  const { ok, bad } = await load.stop();
  assert.deepEqual([...bad], [], `${ok} were well`);
}

test('no request fails through a working day, in the agent', async () => {
  await using agent = await AgentProcess.make('balancer { enabled = true }');
  await agent.start();
  const stand: Stand = { agent, page: agent.balancerPagePort };
  await submit(agent, 'v1', 2);
  await routed(stand, 2);
  const url = `http://127.0.0.1:${agent.balancerPort}/web`;
  await using load = new SteadyLoad(url, { callers: 4, pauseMs: 5 });
  await workingDay(stand);
  await nothingFailed(stand, load);
});

/** The balancer as a system job: its ports, and what it wrote. */
class BalancerJob {
  readonly port: number;
  readonly page: number;
  readonly #agent: AgentProcess;

  private constructor(agent: AgentProcess, [port, page]: readonly [number, number]) {
    this.#agent = agent;
    this.port = port;
    this.page = page;
  }

  static async start(agent: AgentProcess): Promise<BalancerJob> {
    const ports = [await freePort(), await freePort()] as const;
    const at = (port: number): string => `127.0.0.1:${port}`;
    const job = `
      job "balancer" {
        type        = "system"
        datacenters = ["dc1"]
        group "g" {
          task "t" {
            driver = "raw_exec"
            config {
              command = "${PROGRAM}"
              args    = ["balancer", "-addr", "${at(ports[0])}", "-ui-addr", "${at(ports[1])}"]
            }
            env { CONSUL_HTTP_ADDR = "${at(agent.discoveryPort)}" }
          }
        }
      }`;
    const file = join(agent.dir, 'balancer.nomad.hcl');
    writeFileSync(file, job);
    const { code, out } = await agent.run('run', '-detach', file);
    assert.equal(code, 0, out);
    const made = new BalancerJob(agent, ports);
    await agent.until('it is ready', async () => {
      return (await fetch(`http://127.0.0.1:${made.page}/health`)).ok;
    });
    return made;
  }

  /** Where it writes. */
  async log(): Promise<string> {
    const logs = join(this.#agent.dataDir, 'alloc', await this.#allocId(), 'alloc', 'logs');
    return join(logs, 't.stderr.0');
  }

  async signal(name: string): Promise<void> {
    const { code, out } = await this.#agent.run(
      'alloc',
      'signal',
      '-s',
      name,
      await this.#allocId(),
    );
    assert.equal(code, 0, out);
  }

  async #allocId(): Promise<string> {
    const path = '/v1/job/balancer/allocations';
    const [alloc] = (await this.#agent.get(path)) as readonly { ID: string }[];
    return alloc?.ID ?? '';
  }
}

test('no request fails as a system job, even while the agent is away', async () => {
  await using agent = await AgentProcess.make('balancer { enabled = false }');
  await agent.start();
  const balancer = await BalancerJob.start(agent);
  const stand: Stand = { agent, page: balancer.page };
  await submit(agent, 'v1', 2);
  await routed(stand, 2);
  const url = `http://127.0.0.1:${balancer.port}/web`;
  await using load = new SteadyLoad(url, { callers: 4, pauseMs: 5 });
  await workingDay(stand);
  const log = await balancer.log();
  const said = (what: string): Promise<void> =>
    agent.until(`it says: ${what}`, () =>
      Promise.resolve(readFileSync(log, 'utf8').includes(what)),
    );
  await balancer.signal('SIGHUP');
  await said('read the settings again');
  const known = await routesOf(stand);
  await agent.end('SIGKILL');
  await said('the routes stay as they are');
  assert.deepEqual(await routesOf(stand), known);
  const { ok } = load.counts;
  await agent.until('traffic goes on', () => Promise.resolve(load.counts.ok > ok + 100));
  await agent.start();
  await said('the agent answers again');
  await submit(agent, 'v2', 4);
  await routed(stand, 4);
  await nothingFailed(stand, load);
});
