/**
 * How many placements a second the scheduler decides, its plans carried out between (but not
 * counted): 5,000 nodes, jobs of 1,000, service and batch, with and without a dynamic port, up to a
 * million; and the last 5,000 placements that fill 250 nodes to 95%.
 *
 * `BENCH_PLACEMENTS` sets another total.
 */
import { performance } from 'node:perf_hooks';
import { report } from '../../../bench/harness.ts';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, nodeFacts, register, task, T0 } from '../../../test/state-world.ts';
import type { JobSpec, JobType } from '../model/job.ts';
import type { NetworkRequest } from '../model/network.ts';

const TOTAL = Number(process.env['BENCH_PLACEMENTS'] ?? 1_000_000);
const PER_JOB = 1_000;

interface Shape {
  readonly type: JobType;
  readonly port: boolean;
}

function network(): NetworkRequest {
  const port = { label: 'http', value: 0, to: 0, hostNetwork: 'default' };
  return {
    mode: '',
    device: '',
    cidr: '',
    ip: '',
    hostname: '',
    mbits: 0,
    reservedPorts: [],
    dynamicPorts: [port],
  };
}

function job(n: number, { type, port }: Shape): JobSpec {
  const resources = { ...task().resources, cpu: 20, memoryMb: 32 };
  const tasks = [task({ resources })];
  const networks = port ? [network()] : [];
  return jobSpec(`job-${n}`, {
    type,
    groups: [group({ count: PER_JOB, tasks, networks, ephemeralDisk: DISK })],
  });
}

const DISK = { sizeMb: 10, sticky: false, migrate: false };

function world(nodes: number, cpu: number, memoryMb: number): SchedulerWorld {
  const cluster = new SchedulerWorld();
  for (let n = 0; n < nodes; n++) {
    const facts = nodeFacts(n);
    const node = { ...facts, resources: { ...facts.resources, cpu, memoryMb } };
    cluster.do({ type: 'node.register', at: T0, node, seed: 's' });
  }
  return cluster;
}

/** CPU time of all calls so far, helper threads of the garbage collector included [ms]. */
let cpuMs = 0;

/** Places jobs until `total`; calls `each` with the seconds that scheduling alone took. */
function fill(
  cluster: SchedulerWorld,
  { total, shape }: { total: number; shape: Shape },
  each: (placed: number, ms: number) => void,
): void {
  let placed = 0;
  for (let n = 0; placed < total; n++) {
    cluster.do(register(job(n, shape), n + 1));
    const [evaluation] = cluster.state.openEvals('pending');
    if (evaluation === undefined) throw new Error('a registration makes an evaluation');
    const before = process.cpuUsage();
    const startedAt = performance.now();
    const result = cluster.ask(evaluation);
    const ms = performance.now() - startedAt;
    const cpu = process.cpuUsage(before);
    cpuMs += (cpu.user + cpu.system) / 1_000;
    const count = result.plan?.placements.length ?? 0;
    if (count === 0 || result.plan === undefined) throw new Error('no room left');
    const evals = [result.evaluation, ...result.followUps];
    cluster.do({ type: 'plan.apply', at: T0, plan: result.plan, evals });
    placed += count;
    each(placed, ms);
  }
}

function benchLarge(shape: Shape): void {
  const name = `scheduler.${shape.type}.${shape.port ? 'ports' : 'plain'}`;
  const cluster = world(5_000, 26_000, 65_536);
  const rates: number[] = [];
  const cpuRates: number[] = [];
  let ms = 0;
  let worst = 0;
  let counted = 0;
  const slice = Math.min(100_000, TOTAL);
  cpuMs = 0;
  fill(cluster, { total: TOTAL, shape }, (placed, took) => {
    ms += took;
    worst = Math.max(worst, took);
    if (placed - counted < slice) return;
    rates.push(((placed - counted) * 1_000) / ms);
    cpuRates.push(((placed - counted) * 1_000) / cpuMs);
    cpuMs = 0;
    counted = placed;
    ms = 0;
  });
  console.log(`${name}: per second, each ${slice}: ${rates.map((r) => Math.round(r)).join(' ')}`);
  // On a busy machine this says more than the clock does.
  console.log(`${name}: per second of CPU: ${cpuRates.map((r) => Math.round(r)).join(' ')}`);
  report({ name: `${name}.first`, value: rates[0] ?? 0, unit: 'placements/s', better: 'higher' });
  report({
    name: `${name}.last`,
    value: rates[rates.length - 1] ?? 0,
    unit: 'placements/s',
    better: 'higher',
  });
  report({ name: `${name}.longest`, value: worst, unit: 'ms', better: 'lower' });
}

function benchFull(type: JobType): void {
  const cluster = world(250, 26_000, 65_536);
  // 95% of the memory: the scarcer of the two here.
  const total = Math.floor((250 * Math.min(26_000 / 20, 65_536 / 32) * 0.95) / PER_JOB) * PER_JOB;
  let ms = 0;
  let last = 0;
  fill(cluster, { total, shape: { type, port: true } }, (placed, took) => {
    if (placed <= total - 5_000) return;
    ms += took;
    last += PER_JOB;
  });
  report({
    name: `scheduler.full.${type}`,
    value: (last * 1_000) / ms,
    unit: 'placements/s',
    better: 'higher',
  });
}

for (const type of ['service', 'batch'] as const) {
  benchFull(type);
  for (const port of [true, false]) benchLarge({ type, port });
}
