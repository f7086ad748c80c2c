/**
 * A fleet: jobs of 1,000 instances each, placed through the HTTP API of a real server on the real
 * log, and run by 5,000 simulated clients (`c1m-clients.ts`) that pull and report over a connection
 * each. The server is a process, the clients are one. `BENCH_C1M_JOBS=1000` makes it a million;
 * `BENCH_C1M_NODES` takes fewer clients, where fewer files may be open.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentProcess } from '../test/e2e/agent-process.ts';
import type { ClientsTold } from './c1m-clients.ts';
import { report } from './harness.ts';
import { cpuMs, openFilesMax, pssMb } from './processes.ts';

const JOBS = Number(process.env['BENCH_C1M_JOBS'] ?? 50);
const NODES = Number(process.env['BENCH_C1M_NODES'] ?? 5_000);
const COUNT = 1_000;
const ALLOCS = JOBS * COUNT;
/** Registrations that wait for their answer at once. */
const REGISTERING = 16;
/** Files that the server has open besides its connections. */
const OTHER_FILES = 500;
/** How long all of it may take [ms]. */
const DEADLINE_MS = 60_000 + ALLOCS * 2;
/** Between two looks [ms]: each costs the server a walk over its connections. */
const LOOK_MS = 500;
/**
 * As docs/performance.md advises for the servers of large fleets: what waits for the disk and for
 * clients is more than the usual 16 MB, and would be taken for what stays.
 */
const YOUNG_MB = 128;

if (openFilesMax() < NODES + OTHER_FILES) {
  throw new Error(`${NODES} connections need more open files: ulimit -n ${NODES + OTHER_FILES}`);
}
process.env['NODE_OPTIONS'] ??= `--max-semi-space-size=${YOUNG_MB}`;
await using agent = await AgentProcess.startServer('log_level = "warn"');
const began = performance.now();
const args = [`127.0.0.1:${agent.rpcPort}`, String(NODES), String(ALLOCS)];
const file = join(import.meta.dirname, 'c1m-clients.ts');
const clients = fork(file, args, { execArgv: ['--import', 'tsx'] });
try {
  await run();
} finally {
  clients.removeAllListeners('exit').kill();
}

async function run(): Promise<void> {
  await told(clients, 'registered');
  console.log(`${NODES} nodes registered after ${seconds(began)} s`);
  // The first pulls, and what a start leaves.
  await delay(2_000);
  const before = { pss: pssMb(agent.pid), server: cpuMs(agent.pid), log: bytesOf(agent.dataDir) };
  const clientsBefore = cpuMs(clients.pid ?? 0);
  const running = told(clients, 'running');
  // Should something else fail first.
  running.catch(() => undefined);
  const startedAt = performance.now();
  await registerJobs();
  const registeredS = seconds(startedAt);
  await untilPlaced();
  const placedS = seconds(startedAt);
  const placedPss = pssMb(agent.pid);
  const { pulls, pulled, failures, reports } = await running;
  const runningS = seconds(startedAt);
  await checkAllRun();
  const pss = pssMb(agent.pid);
  console.log(
    `${JOBS} jobs registered in ${registeredS} s; ${pulls} pulls answered with ${pulled} allocations; ` +
      `${reports} reports, ${failures} questions failed; processor time: server ${ms(cpuMs(agent.pid) - before.server)}, ` +
      `clients ${ms(cpuMs(clients.pid ?? 0) - clientsBefore)}; server's memory: ${before.pss.toFixed(0)} MB ` +
      `with the nodes, ${placedPss.toFixed(0)} MB when placed, ${pss.toFixed(0)} MB at the end`,
  );
  const log = (bytesOf(agent.dataDir) - before.log) / ALLOCS;
  const cpu = ((cpuMs(agent.pid) - before.server) * 1_000) / ALLOCS;
  const size = `c1m.${JOBS}`;
  const rate = 'allocations/s';
  report({ name: `${size}.placed`, value: ALLOCS / placedS, unit: rate, better: 'higher' });
  report({ name: `${size}.running`, value: ALLOCS / runningS, unit: rate, better: 'higher' });
  report({ name: `${size}.server.cpu`, value: cpu, unit: 'us/alloc', better: 'lower' });
  report({ name: `${size}.server.pss`, value: pss, unit: 'MB', better: 'lower' });
  report({ name: `${size}.log`, value: log, unit: 'bytes/alloc', better: 'lower' });
}

/** A service of 1,000 that asks for processor time and memory, and is rolled out at once. */
function job(id: string): object {
  const task = {
    ...{ Name: 'server', Driver: 'mock', Config: { run_for: '1h' } },
    Resources: { CPU: 100, MemoryMB: 64 },
  };
  const group = { Name: 'web', Count: COUNT, Tasks: [task] };
  const update = { MaxParallel: 0 };
  return {
    Job: { ID: id, Datacenters: ['dc1'], Type: 'service', Update: update, TaskGroups: [group] },
  };
}

async function registerJobs(): Promise<void> {
  let next = 0;
  const register = async (): Promise<void> => {
    while (next < JOBS) {
      const answer = await agent.request('PUT', '/v1/jobs', job(`c1m-${next++}`));
      const body = await answer.text();
      if (!answer.ok) throw new Error(`a job was refused: ${answer.status} ${body}`);
    }
  };
  await Promise.all(Array.from({ length: REGISTERING }, register));
}

/** Resolves once all is placed and no evaluation is open. */
async function untilPlaced(): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const text = await (await agent.request('GET', '/v1/metrics?format=prometheus')).text();
    const read = (name: string): number =>
      Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? NaN);
    const open = read('nomad_nomad_broker_total_ready') + read('nomad_nomad_broker_total_unacked');
    const placed = read('muster_state_rows\\{table="allocs"\\}');
    if (open === 0 && placed === ALLOCS) return;
    if (performance.now() > end) throw new Error(`${open} evaluations open, ${placed} placed`);
    await delay(LOOK_MS);
  }
}

/** That the server says what the clients say. */
async function checkAllRun(): Promise<void> {
  const jobs = (await agent.get('/v1/jobs')) as readonly {
    JobSummary: { Summary: { web: { Running: number } } };
  }[];
  const runs = jobs.reduce((sum, each) => sum + each.JobSummary.Summary.web.Running, 0);
  if (runs !== ALLOCS) throw new Error(`${runs} of ${ALLOCS} run`);
  const evals = (await agent.get('/v1/evaluations')) as readonly { Status: string }[];
  const open = evals.filter(({ Status }) => Status !== 'complete');
  if (open.length > 0) throw new Error(`${open.length} evaluations are not complete`);
}

/** Resolves when the clients say so. */
function told(child: ChildProcess, state: ClientsTold['state']): Promise<ClientsTold> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`not in time: ${state}`)), DEADLINE_MS);
    child.once('exit', () => reject(new Error('the clients failed')));
    child.on('message', (message) => {
      const what = message as ClientsTold;
      if (what.state !== state) return;
      clearTimeout(limit);
      resolve(what);
    });
  });
}

function bytesOf(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function seconds(since: number): number {
  return Math.round(performance.now() - since) / 1_000;
}

function ms(value: number): string {
  return `${(value / 1_000).toFixed(1)} s`;
}
