/**
 * The patterns of the talks with the real programs: nginx and HAProxy that `muster template` feeds
 * as a system job, and two services that find each other.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../src/io/network/commands.ts';
import { freePort } from '../free-port.ts';
import { AgentProcess } from './agent-process.ts';
import { pairJob, proxiesJob, webJob } from './proxy-jobs.ts';

const missing = ['nginx', 'haproxy'].filter((name) => findProgram(name) === undefined);
const skip = missing.length > 0 ? `needs ${missing.join(', ')}` : false;
/** What tasks offer is reached there. */
const ON_LOOPBACK = `client {
  network_interface = "lo"
}`;
/** What takes seconds here may take minutes elsewhere [ms]. */
const PATIENCE_MS = 240_000;

async function run(agent: AgentProcess, name: string, job: string): Promise<void> {
  const path = join(agent.dir, `${name}.nomad`);
  writeFileSync(path, job);
  const { code, out } = await agent.run('job', 'run', '-detach', path);
  assert.equal(code, 0, out);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request on a connection of its own. */
function ask(port: number, path = '/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (reply) => {
      let text = '';
      reply.on('data', (piece: Buffer) => (text += piece.toString()));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }));
      reply.on('error', reject);
    });
    request.on('error', reject);
    request.setTimeout(60_000, () => request.destroy(new Error('no answer')));
  });
}

/** Asks without a pause until it is stopped; remembers what was answered, and what was not. */
class Load {
  readonly answers = new Map<string, number>();
  readonly failures: string[] = [];
  #stopped = false;
  readonly #done: Promise<unknown>;

  constructor(ports: readonly number[]) {
    this.#done = Promise.all(ports.flatMap((port) => [this.#ask(port), this.#ask(port)]));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #ask(port: number): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status, text } = await ask(port);
        if (status === 200) this.answers.set(text, (this.answers.get(text) ?? 0) + 1);
        else this.failures.push(`${port}: ${status} ${text.slice(0, 80)}`);
      } catch (error) {
        this.failures.push(`${port}: ${String(error)}`);
      }
      await delay(10);
    }
  }
}

interface Alloc {
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly ID: string;
}

async function runningOf(agent: AgentProcess, job: string): Promise<readonly string[]> {
  const allocs = (await agent.get(`/v1/job/${job}/allocations`)) as readonly Alloc[];
  const kept = allocs.filter((one) => one.DesiredStatus === 'run');
  return kept.filter((one) => one.ClientStatus === 'running').map((one) => one.ID);
}

/** Resolves when each proxy leads to all instances, and to nobody else. */
async function leadsTo(
  agent: AgentProcess,
  ports: readonly number[],
  wanted: { readonly name: string; readonly count: number },
): Promise<void> {
  for (const port of ports) {
    let last = '';
    const told = agent.until(
      `port ${port} leads to ${wanted.count} of ${wanted.name}`,
      async () => {
        const ids = await runningOf(agent, 'web');
        const seen = new Set<string>();
        for (let n = 0; n < 4 * wanted.count; n++) seen.add((await ask(port)).text);
        const expected = new Set(ids.map((id) => `${wanted.name} ${id}`));
        last = `${[...seen].join()}, not ${[...expected].join()}`;
        return ids.length === wanted.count && same(seen, expected);
      },
      PATIENCE_MS,
    );
    await told.catch(async (error: unknown) => {
      assert.fail(`${last}\n${await seenBy(agent)}\n${String(error)}`);
    });
  }
}

/** What the proxies and their feeders had and said, for whoever reads of a failure. */
async function seenBy(agent: AgentProcess): Promise<string> {
  const allocs = (await agent.get('/v1/job/proxies/allocations')) as readonly Alloc[];
  const said = allocs.flatMap(({ ID }) => {
    const dir = join(agent.dir, 'data', 'alloc', ID, 'alloc', 'logs');
    return readdirSync(dir).map((name) => `${name}: ${tailOf(join(dir, name))}`);
  });
  return [...said, tailOf(join(agent.dir, 'nginx', 'nginx.conf'))].join('\n');
}

const tailOf = (path: string): string => readFileSync(path, 'utf8').slice(-2_000);

function same(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

test('nginx and HAProxy follow a service without losing a request', { skip }, async () => {
  await using agent = await AgentProcess.make(ON_LOOPBACK);
  await agent.start();
  const of = { nginx: await freePort(), haproxy: await freePort() };
  const ports = [of.nginx, of.haproxy];
  await run(agent, 'proxies', proxiesJob(agent, of));
  try {
    await follows(agent, ports);
  } finally {
    await ended(agent, 'proxies');
  }
});

async function follows(agent: AgentProcess, ports: readonly number[]): Promise<void> {
  // Nobody offers anything yet: the proxies run, and say so.
  for (const port of ports) {
    const what = `port ${port} says that there is nothing`;
    await agent.until(what, async () => (await ask(port)).status === 503, PATIENCE_MS);
  }
  await run(agent, 'web', webJob('v1', 2));
  await leadsTo(agent, ports, { name: 'v1', count: 2 });

  const load = new Load(ports);
  try {
    await run(agent, 'web', webJob('v1', 4));
    await leadsTo(agent, ports, { name: 'v1', count: 4 });
    await run(agent, 'web', webJob('v2', 4));
    await leadsTo(agent, ports, { name: 'v2', count: 4 });
    await run(agent, 'web', webJob('v2', 1));
    await leadsTo(agent, ports, { name: 'v2', count: 1 });
  } finally {
    await load.stop();
  }
  assert.deepEqual(load.failures, []);
  // Two, two more, and four of the next version had their share.
  assert.equal(load.answers.size, 8, [...load.answers].join('\n'));

  await agent.run('job', 'stop', '-detach', 'web');
  for (const port of ports) {
    const what = `port ${port} says that there is nothing again`;
    await agent.until(what, async () => (await ask(port)).status === 503, PATIENCE_MS);
  }
  assert.equal((await runningOf(agent, 'proxies')).length, 2);
}

/** Nothing is left running: proxies forget whose children they are. */
async function ended(agent: AgentProcess, job: string): Promise<void> {
  await agent.run('job', 'stop', '-detach', job);
  await agent.until(`${job} has ended`, async () => {
    const allocs = (await agent.get(`/v1/job/${job}/allocations`)) as readonly Alloc[];
    return allocs.every((one) => one.ClientStatus !== 'running');
  });
}

interface Pair {
  readonly alloc: string;
  readonly pid: number;
  readonly peer?: { readonly alloc: string; readonly from: string };
}

interface Registration {
  readonly Address: string;
  readonly ServicePort: number;
}

async function portsOf(agent: AgentProcess, name: string): Promise<readonly number[]> {
  const rows = (await agent.get(`/v1/catalog/service/${name}`)) as readonly Registration[];
  return rows.map((row) => row.ServicePort);
}

test('customers and sales find each other, and are told by SIGHUP', async () => {
  await using agent = await AgentProcess.make(ON_LOOPBACK);
  await agent.start();
  await run(agent, 'customers', pairJob('customers', 'sales', 1));
  await agent.until('customers runs alone', async () => {
    const [port] = await portsOf(agent, 'customers');
    return port !== undefined && (await ask(port)).status === 503;
  });
  await run(agent, 'sales', pairJob('sales', 'customers', 1));
  const first = await paired(agent, 'customers', 'sales', 1);
  await paired(agent, 'sales', 'customers', 1);
  await run(agent, 'sales', pairJob('sales', 'customers', 3));
  const second = await paired(agent, 'customers', 'sales', 3);
  // It is the same process: it was told, and not started anew.
  assert.equal(second.pid, first.pid);
  const states = (await agent.get(`/v1/allocation/${first.alloc}`)) as {
    readonly TaskStates: Record<string, { readonly Events: readonly { readonly Type: string }[] }>;
  };
  const types = (states.TaskStates['app']?.Events ?? []).map((event) => event.Type);
  assert.ok(types.includes('Signaling'), types.join());
});

/** Resolves when an instance of one has had answers from that many of the other. */
async function paired(
  agent: AgentProcess,
  name: string,
  other: string,
  count: number,
): Promise<Pair> {
  let last: Pair | undefined;
  await agent.until(
    `${name} finds ${count} of ${other}`,
    async () => {
      const [port = 0] = await portsOf(agent, name);
      const seen = new Set<string>();
      for (let n = 0; n < 2 * count; n++) {
        last = JSON.parse((await ask(port)).text) as Pair;
        if (last.peer?.from === other) seen.add(last.peer.alloc);
      }
      return seen.size === count;
    },
    PATIENCE_MS,
  );
  assert.ok(last !== undefined);
  return last;
}
