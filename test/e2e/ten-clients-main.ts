/** Runs in namespaces of its own: takes a cluster of ten clients through a hard day, and prints. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Machines, type Machine } from '../machines.ts';
import { SteadyLoad } from '../steady-load.ts';

const CLIENTS = 10;
/** Answers after a moment with its version; ends at once, whatever it is doing. */
const INSTANCE = `require('node:http').createServer((q, r) => {
  setTimeout(() => r.end(process.env.VERSION), 5);
}).listen(Number(process.env.NOMAD_PORT_http), process.env.NOMAD_IP_http);`;

const seconds = (n: number): number => n * 1_000_000_000;
const HEALTH = {
  ...{ MaxParallel: 4, HealthCheck: 'checks', MinHealthyTime: seconds(0.2) },
  HealthyDeadline: seconds(120),
};

function webJob(version: string, count: number): object {
  return {
    Job: {
      ...{ ID: 'web', Type: 'service', Datacenters: ['dc1'] },
      Update: { ...HEALTH, ProgressDeadline: seconds(300) },
      TaskGroups: [
        {
          ...{ Name: 'g', Count: count, Networks: [{ DynamicPorts: [{ Label: 'http' }] }] },
          Migrate: HEALTH,
          Services: [
            {
              ...{ Name: 'web', PortLabel: 'http', Tags: ['urlprefix-/web'] },
              Checks: [{ Type: 'http', Path: '/', Interval: seconds(1), Timeout: seconds(20) }],
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

interface Alloc {
  readonly ID: string;
  readonly NodeID: string;
  readonly NodeName: string;
  readonly JobVersion: number;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
}

const dir = mkdtempSync(join(tmpdir(), 'muster-ten-'));
await using machines = new Machines(dir);
const server = await machines.add('s1', 1);
const balancer = await machines.add('lb', 2);
const clients: Machine[] = [];
for (let i = 0; i < CLIENTS; i++) clients.push(await machines.add(`c${i}`, 10 + i));

async function allocsOf(version?: number): Promise<readonly Alloc[]> {
  const allocs = (await server.json('/v1/job/web/allocations')) as readonly Alloc[];
  return allocs.filter(({ JobVersion }) => version === undefined || JobVersion === version);
}

async function running(): Promise<readonly Alloc[]> {
  return (await allocsOf()).filter(
    ({ ClientStatus, DesiredStatus }) => ClientStatus === 'running' && DesiredStatus === 'run',
  );
}

async function deployment(): Promise<{ readonly JobVersion: number; readonly Status: string }> {
  return (await server.json('/v1/job/web/deployment')) as { JobVersion: number; Status: string };
}

/** The job's newest version runs everywhere. @param version of the job */
async function rolledOut(what: string, version: number): Promise<void> {
  await machines.until(`${what}: the deployment is done`, async () => {
    const { JobVersion, Status } = await deployment();
    return JobVersion === version && Status === 'successful';
  });
  await settled(12, what);
  assert.ok((await running()).every(({ JobVersion }) => JobVersion === version));
}

async function submit(version: string, count: number): Promise<void> {
  const body = JSON.stringify(webJob(version, count));
  assert.equal((await server.ask('/v1/jobs', { method: 'PUT', body })).status, 200);
}

/** Where the balancer sends requests, by address of the machine. */
async function routes(): Promise<readonly string[]> {
  const shown = (await balancer.json('/api/routes', { port: 9998 })) as { dst: string }[];
  return shown.map(({ dst }) => new URL(dst).hostname).sort();
}

/** So many run, and the balancer knows those and no others. */
async function settled(count: number, what: string): Promise<void> {
  await machines.until(`${what}: ${count} run`, async () => (await running()).length === count);
  await machines.until(`${what}: ${count} are routed to`, async () => {
    const addresses = (await running()).map(({ NodeName }) => machineOf(NodeName).address);
    const known = await routes();
    const wanted = addresses.sort().join();
    if (known.join() !== wanted) throw new Error(`${known.join()}, not ${wanted}`);
    return true;
  });
}

function machineOf(name: string): Machine {
  const found = clients.find((client) => client.name === name);
  assert.ok(found, name);
  return found;
}

/** The machine that most of the work is on. */
async function busiest(): Promise<Machine> {
  const counts = new Map<string, number>();
  for (const { NodeName } of await running()) {
    counts.set(NodeName, (counts.get(NodeName) ?? 0) + 1);
  }
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return machineOf(first?.[0] ?? '');
}

async function nodeStatus({ name }: Machine): Promise<string | undefined> {
  const nodes = (await server.json('/v1/nodes')) as { Name: string; Status: string }[];
  return nodes.find(({ Name }) => Name === name)?.Status;
}

const serving = (machine: Machine): readonly number[] => machine.pidsOf('NOMAD_PORT_http');
const allServing = (): string => clients.map((client) => serving(client).join()).join(' ');

/** Rows of what is done to the cluster, each left with everything well. */
const day: Readonly<Record<string, () => Promise<void>>> = {
  async rollout() {
    await submit('v2', 12);
    await rolledOut('rollout', 1);
  },
  async 'scale up'() {
    await submit('v2', 20);
    await settled(20, 'scaled up');
  },
  async 'scale down'() {
    await submit('v2', 12);
    await settled(12, 'scaled down');
  },
  async drain() {
    const drained = await busiest();
    const { code, out } = await server.run('node', 'drain', '-enable', '-yes', await idOf(drained));
    assert.equal(code, 0, out);
    await settled(12, 'drained');
    assert.deepEqual(serving(drained), []);
    const back = await server.run('node', 'drain', '-disable', '-yes', await idOf(drained));
    assert.equal(back.code, 0, back.out);
  },
  async 'kill -9 of an agent'() {
    const victim = await busiest();
    const before = serving(victim);
    assert.ok(before.length > 0);
    await victim.end('SIGKILL');
    assert.deepEqual(serving(victim), before);
    victim.start();
    await machines.until('it answers', async () => (await victim.ask('/v1/agent/self')).ok);
    await settled(12, 'agent killed');
    assert.deepEqual(serving(victim), before, 'tasks did not notice');
  },
  async 'end of a machine'() {
    const victim = await busiest();
    await victim.fail();
    await machines.until('it is down', async () => (await nodeStatus(victim)) === 'down');
    await settled(12, 'machine lost');
    victim.start();
    await machines.until('it is back', async () => (await nodeStatus(victim)) === 'ready');
    await settled(12, 'machine back');
  },
  async 'a cable pulled'() {
    const victim = await busiest();
    victim.cut();
    await machines.until('it is down', async () => (await nodeStatus(victim)) === 'down');
    await settled(12, 'cable pulled');
    victim.mend();
    await machines.until('it is back', async () => (await nodeStatus(victim)) === 'ready');
    await machines.until('what was replaced has ended', () =>
      Promise.resolve(serving(victim).length === 0),
    );
    await settled(12, 'cable back');
  },
  async 'restart of the server'() {
    const before = allServing();
    await server.end('SIGTERM');
    server.start();
    await serverAnswers();
    await settled(12, 'server restarted');
    assert.equal(allServing(), before, 'tasks did not notice');
  },
  async 'kill -9 of the server amid a rollout'() {
    await submit('v3', 12);
    const version = await jobVersion();
    await machines.until('it has begun', async () => (await allocsOf(version)).length > 0);
    await server.end('SIGKILL');
    server.start();
    await serverAnswers();
    await rolledOut('server killed', version);
  },
};

async function jobVersion(): Promise<number> {
  return ((await server.json('/v1/job/web')) as { Version: number }).Version;
}

async function serverAnswers(): Promise<void> {
  await machines.until('the server answers', async () => (await running()).length > 0);
}

async function idOf({ name }: Machine): Promise<string> {
  const nodes = (await server.json('/v1/nodes')) as { Name: string; ID: string }[];
  return nodes.find(({ Name }) => Name === name)?.ID ?? '';
}

function startAll(): void {
  // An agent that was killed is back within its grace, on a busy machine, too.
  server.start(`
    server {
      enabled           = true
      encrypt           = "ten clients"
      heartbeat_grace   = "15s"
      min_heartbeat_ttl = "3s"
    }`);
  const clientOf = (more: string): string => `
    client {
      enabled = true
      servers = ["${server.address}"]
      ${more}
    }
    server { encrypt = "ten clients" }`;
  balancer.start(`${clientOf('node_class = "balancer"')}
    balancer {
      enabled       = true
      drain_timeout = "4s"
    }`);
  for (const client of clients) client.start(clientOf(''));
}

async function main(): Promise<void> {
  startAll();
  await machines.until('all nodes are ready', async () => {
    const nodes = (await server.json('/v1/nodes')) as readonly { Status: string }[];
    return nodes.filter(({ Status }) => Status === 'ready').length === CLIENTS + 1;
  });
  // Nothing runs beside the balancer: its machine stays.
  const aside = await server.run('node', 'eligibility', '-disable', await idOf(balancer));
  assert.equal(aside.code, 0, aside.out);
  await submit('v1', 12);
  await settled(12, 'at first');
  const url = `http://${balancer.address}:9999/web`;
  await using load = new SteadyLoad(url, { callers: 6, pauseMs: 10 });
  for (const [what, happens] of Object.entries(day)) {
    const began = Date.now();
    const before = load.counts.ok;
    await happens();
    const { ok, bad } = load.counts;
    console.log(`${what}: ${ok - before} requests, ${Date.now() - began} ms`);
    assert.deepEqual([...bad], [], what);
  }
  const { ok, bad } = await load.stop();
  assert.deepEqual([...bad], []);
  assert.ok(ok > 1_000, `${ok}`);
  console.log(`ten clients ok: ${ok} requests`);
}

try {
  await main();
} catch (error) {
  console.error(error, machines.words(2_000));
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
