/**
 * What must come to be once nothing goes wrong any more.
 *
 * V1: every evaluation is decided; one is blocked only while there is really no room.
 * V2: what is to run runs, on the machine where it is to run; nothing else does.
 * V3: each job has as many instances as it asks for, each with a name of its own, unless its rollout
 *     waits for a person.
 */
import type { Alloc } from '../../src/core/model/alloc.ts';
import { isClientTerminal, isTerminal } from '../../src/core/model/alloc.ts';
import { isActive } from '../../src/core/model/deployment.ts';
import type { Evaluation } from '../../src/core/model/evaluation.ts';
import type { Job } from '../../src/core/model/job.ts';
import type { Node } from '../../src/core/model/node.ts';
import type { TaskGroup } from '../../src/core/model/task-group.ts';
import { didItsWork } from '../../src/core/scheduler/buckets.ts';
import type { State } from '../../src/core/state/state.ts';
import type { ClientHost } from './client-host.ts';
import { isFlawed, rollsOut } from './job-maker.ts';
import type { World } from './world.ts';

/** What is still not as it is to be; empty: the cluster has settled. */
export function unsettled(cluster: Pick<World, 'server' | 'clients' | 'clock'>): readonly string[] {
  const { state } = cluster.server;
  if (state === undefined) return ['the server is not up'];
  return [
    ...cluster.clients.flatMap((client) => unsettledClient(state, client)),
    ...unsettledEvals(state, cluster.clock.now()),
    ...[...state.jobs()].flatMap((job) => unsettledJob(state, job)),
  ];
}

/** Jobs that go on only when somebody does something: a failed or paused rollout, faulty work. */
export function needPerson(state: State): readonly Job[] {
  return [...state.jobs()].filter((job) => {
    if (job.stop || isTemplate(job)) return false;
    if (waitsForPerson(state, job) || isFlawed(job)) return true;
    return worksInVain(state, job) || hasGivenUp(state, job);
  });
}

function waitsForPerson(state: State, job: Job): boolean {
  const latest = state.latestDeployment(job.namespace, job.id);
  // One that failed may be collected by now: nothing speaks for the version.
  if (latest === undefined) return hasRollouts(job) && !job.stable && hasBegun(state, job);
  if (latest.status === 'failed' || latest.status === 'paused') return true;
  if (!isActive(latest)) return false;
  if (job.groups.some(({ update }) => update?.healthCheck === 'manual')) return true;
  const waiting = Object.values(latest.groups).filter(
    ({ desiredCanaries, promoted }) => desiredCanaries > 0 && !promoted,
  );
  // One that promotes by itself waits for those beside it that do not, or for room.
  if (waiting.some(({ autoPromote }) => !autoPromote)) return true;
  return waiting.length > 0 && isJobBlocked(state, job);
}

function hasRollouts(job: Job): boolean {
  return rollsOut(job.type) && job.groups.some(({ update }) => (update?.maxParallel ?? 0) > 0);
}

/** A system job that no node can take has no rollout. */
function hasBegun(state: State, job: Job): boolean {
  if (!isEverywhere(job)) return true;
  const allocs = [...state.allocsByJob(job.namespace, job.id)];
  return allocs.some(({ jobVersion }) => jobVersion === job.version);
}

/** Instances of a faulty version go on, because there is no room for those of the next one. */
function worksInVain(state: State, job: Job): boolean {
  return [...state.allocsByJob(job.namespace, job.id)].some((alloc) => {
    const version = state.jobVersion(job.namespace, job.id, alloc.jobVersion);
    return !isTerminal(alloc) && version !== undefined && isFlawed(version);
  });
}

/** Something failed too often to be tried again. */
function hasGivenUp(state: State, job: Job): boolean {
  return [...state.allocsByJob(job.namespace, job.id)].some(({ group: name, ...alloc }) => {
    const group = job.groups.find((each) => each.name === name);
    if (group?.reschedule?.unlimited !== false) return false;
    return alloc.clientStatus === 'failed' && alloc.desiredStatus === 'run';
  });
}

function isTemplate(job: Job): boolean {
  return job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
}

/** V2. */
function unsettledClient(state: State, client: ClientHost): readonly string[] {
  if (!client.isUp) return [`${client.name} is not up`];
  const node = client.nodeIdNow === undefined ? undefined : state.node(client.nodeIdNow);
  if (node === undefined) return [`${client.name} is not registered`];
  const wrong: string[] = [];
  if (node.status !== 'ready') wrong.push(`${client.name} is ${node.status}`);
  if (node.drain !== undefined) wrong.push(`${client.name} still drains`);
  const running = new Set(client.tasks.running().map((id) => id.slice(0, id.indexOf('.'))));
  for (const alloc of state.allocsByNode(node.id)) {
    const why = unsettledAlloc(state, alloc, running.has(alloc.id));
    if (why !== undefined) wrong.push(`${named(alloc)} on ${client.name} ${why}`);
  }
  for (const id of running) {
    const alloc = state.alloc(id as Alloc['id']);
    if (alloc === undefined || isTerminal(alloc)) {
      wrong.push(`${client.name} runs ${id}, which is ${alloc?.clientStatus ?? 'forgotten'}`);
    }
  }
  return wrong;
}

function unsettledAlloc(state: State, alloc: Alloc, runs: boolean): string | undefined {
  const { clientStatus } = alloc;
  if (alloc.desiredStatus !== 'run') {
    return isClientTerminal(alloc) ? undefined : `is to stop, but is ${clientStatus}`;
  }
  if (clientStatus === 'pending' || clientStatus === 'unknown') {
    return `is to run, but is ${clientStatus}`;
  }
  if (isUnjudged(state, alloc)) {
    return isClientTerminal(alloc) ? undefined : 'is neither called healthy nor unhealthy';
  }
  const isMissing = clientStatus === 'running' && !runs;
  return isMissing ? 'is called running, but nothing of it runs' : undefined;
}

/** Its rollout waits for a word on its health, by its client. */
function isUnjudged(state: State, alloc: Alloc): boolean {
  const { namespace, jobId, jobVersion, deploymentId, deploymentStatus } = alloc;
  if (deploymentId === undefined || deploymentStatus?.healthy !== undefined) return false;
  const groups = state.jobVersion(namespace, jobId, jobVersion)?.groups ?? [];
  const group = groups.find(({ name }) => name === alloc.group);
  // Of a group without a rollout nobody asks, also beside one that has.
  const { maxParallel = 0, healthCheck } = group?.update ?? {};
  return maxParallel > 0 && healthCheck !== 'manual';
}

/** V1. */
function unsettledEvals(state: State, now: number): readonly string[] {
  const pending = [...state.openEvals('pending')].map((each) => {
    const due = each.waitUntil === undefined ? '' : ` until ${each.waitUntil - now} ms from now`;
    return `evaluation ${each.id} of ${each.jobId} (${each.triggeredBy}) is pending${due}`;
  });
  const blocked = [...state.openEvals('blocked')].flatMap((each) => {
    const job = state.job(each.namespace, each.jobId);
    if (job === undefined || job.stop)
      return [`${each.id} is blocked for ${each.jobId}, a job of the past`];
    return [];
  });
  return [...pending, ...blocked];
}

/** V3. */
function unsettledJob(state: State, job: Job): readonly string[] {
  if (isTemplate(job)) return [];
  const allocs = [...state.allocsByJob(job.namespace, job.id)].filter(
    // What is left of a purged job of the same name is not its own.
    (alloc) => alloc.createIndex >= job.createIndex,
  );
  if (job.stop)
    return allocs.filter((alloc) => !isTerminal(alloc)).map((a) => `${named(a)} outlives its job`);
  const isWaiting = waitsForPerson(state, job);
  return job.groups.flatMap((group) => {
    const mine = allocs.filter((alloc) => alloc.group === group.name);
    const wanted = isEverywhere(job) ? 0 : group.count;
    const works = mine.filter((alloc) => ends(job) && alloc.clientStatus === 'running');
    if (works.length > 0) return works.map((alloc) => `${named(alloc)} still works`);
    if (isEverywhere(job)) {
      if (isWaiting) return [];
      const missing = missingNodes(state, job, group, mine);
      return missing.length > 0 ? missing : unsettledRollouts(state, job);
    }
    // Each instance of a batch job counts once, however often it was begun.
    const counted = mine.filter((alloc) => counts(job, group, alloc));
    const have = ends(job) ? Math.min(wanted, namesIn(job, counted)) : counted.length;
    if (isWaiting) return [];
    const doubles = doublesAmong(mine.filter((alloc) => !isTerminal(alloc)));
    if (doubles.length > 0) return doubles;
    const blocked = isJobBlocked(state, job);
    if (have < wanted && blocked) {
      const room = [...state.nodes()].find((node) => fits(state, job, group, node));
      if (room === undefined) return stillPending(state, job);
      return [`${job.id} has ${have} of ${wanted} and is blocked, but fits ${room.name}`];
    }
    if (have !== wanted) {
      return [`${job.id} v${job.version} has ${have} of ${wanted}${blocked ? ' (blocked)' : ''}`];
    }
    return unsettledRollouts(state, job);
  });
}

function doublesAmong(live: readonly Alloc[]): readonly string[] {
  const names = new Set<string>();
  return live.flatMap((alloc) => {
    if (names.has(alloc.name)) return [`${named(alloc)} has the name of another one`];
    names.add(alloc.name);
    return [];
  });
}

function unsettledRollouts(state: State, job: Job): readonly string[] {
  // Without room nothing is replaced: what runs is of the version before.
  return isJobBlocked(state, job) ? stillPending(state, job) : unsettledRollout(state, job);
}

function isJobBlocked(state: State, { namespace, id }: Job): boolean {
  return [...state.evalsByJob(namespace, id)].some(isBlocked);
}

function unsettledRollout(state: State, job: Job): readonly string[] {
  const latest = state.latestDeployment(job.namespace, job.id);
  if (latest === undefined || !isActive(latest)) return [];
  return [`deployment ${latest.id} of ${job.id} v${latest.jobVersion} is ${latest.status}`];
}

/** A rollout without room fails at its time, unless a group of it never placed anything. */
function stillPending(state: State, job: Job): readonly string[] {
  const groups = Object.values(state.latestDeployment(job.namespace, job.id)?.groups ?? {});
  const isLate = groups.some(
    (group) => group.requireProgressBy !== undefined && group.healthyAllocs < group.desiredTotal,
  );
  return isLate ? unsettledRollout(state, job) : [];
}

function isBlocked({ status }: Evaluation): boolean {
  return status === 'blocked';
}

/** How many instances of the present version there are. */
function namesIn(job: Job, allocs: readonly Alloc[]): number {
  const present = allocs.filter((alloc) => alloc.jobVersion === job.version);
  return new Set(present.map(({ name }) => name)).size;
}

function counts(job: Job, group: TaskGroup, alloc: Alloc): boolean {
  if (!isTerminal(alloc)) return true;
  if (!ends(job)) return false;
  if (alloc.desiredStatus !== 'run') return didItsWork(alloc, group);
  // What runs everywhere is not tried again where it failed for good.
  const hasFailed = job.type === 'sysbatch' && alloc.clientStatus === 'failed';
  return hasFailed || alloc.clientStatus === 'complete';
}

function ends(job: Job): boolean {
  return job.type === 'batch' || job.type === 'sysbatch';
}

function isEverywhere(job: Job): boolean {
  return job.type === 'system' || job.type === 'sysbatch';
}

function missingNodes(
  state: State,
  job: Job,
  group: TaskGroup,
  allocs: readonly Alloc[],
): readonly string[] {
  const wrong: string[] = [];
  for (const node of state.nodes()) {
    const here = allocs.filter((alloc) => alloc.nodeId === node.id);
    const done = here.some(
      (alloc) => alloc.jobVersion === job.version && counts(job, group, alloc),
    );
    if (!done && fits(state, job, group, node)) wrong.push(`${job.id} is missing on ${node.name}`);
  }
  return wrong;
}

/** Whether one more instance could be there; said once more than in the scheduler, on purpose. */
function fits(state: State, job: Job, group: TaskGroup, node: Node): boolean {
  if (node.status !== 'ready' || node.eligibility !== 'eligible') return false;
  const present = [...state.allocsByNode(node.id)].filter((alloc) => !isTerminal(alloc));
  for (const { lTarget, rTarget, operand } of job.constraints) {
    const sameJob = present.some((alloc) => alloc.jobId === job.id);
    if (operand === 'distinct_hosts' && sameJob) return false;
    if (lTarget === '${meta.rack}' && node.meta['rack'] === rTarget) return false;
  }
  const used = (of: 'cpu' | 'memoryMb' | 'diskMb'): number =>
    present.reduce((sum, alloc) => sum + alloc.resources[of], 0);
  const sum = (of: 'cpu' | 'memoryMb'): number =>
    group.tasks.reduce((total, task) => total + task.resources[of], 0);
  const { resources } = node;
  if (used('cpu') + sum('cpu') > resources.cpu) return false;
  if (used('memoryMb') + sum('memoryMb') > resources.memoryMb) return false;
  if (used('diskMb') + group.ephemeralDisk.sizeMb > resources.diskMb) return false;
  const taken = new Set(present.flatMap((alloc) => alloc.ports.map(({ value }) => value)));
  const [network] = group.networks;
  if (network === undefined) return true;
  if (network.reservedPorts.some(({ value }) => taken.has(value))) return false;
  const range = resources.dynamicPortMax - resources.dynamicPortMin + 1;
  const inRange = [...taken].filter(
    (port) => port >= resources.dynamicPortMin && port <= resources.dynamicPortMax,
  );
  return inRange.length + network.dynamicPorts.length <= range;
}

function named(alloc: Alloc): string {
  return `${alloc.name} ${alloc.id.slice(0, 8)}`;
}
