/**
 * A service whose version changes in every round: some versions are bad, some begin with canaries
 * that somebody promotes.
 *
 * RO1: at rest either the version that was wanted runs, or, where it failed, the one before; a bad
 *      one never stays.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';
import { doubled, hasty, isWanted, type Listed } from './books.ts';
import type { Cluster } from './cluster.ts';
import { insist } from './insist.ts';
import type { Rollout } from './schedule.ts';
import { seconds, taskGroup, untilItIsDone } from './task-group.ts';

const JOB = 'rolling';
const MARK = '31536008';
/** How often somebody looks what the servers have in their books [ms]. */
const LOOK_MS = 300;
const ASK_MS_MAX = 5_000;
const PATIENCE_MS = 60_000;

interface JobTold {
  readonly Version: number;
  readonly TaskGroups: readonly [{ readonly Count: number; readonly Tasks: readonly [TaskTold] }];
}

interface TaskTold {
  readonly Config: { readonly args: readonly string[] };
}

interface DeploymentTold {
  readonly ID: string;
  readonly JobVersion: number;
  readonly Status: string;
  readonly CreateIndex: number;
  readonly TaskGroups: Readonly<Record<string, DeploymentGroup>>;
}

interface DeploymentGroup {
  readonly DesiredCanaries: number;
  readonly HealthyAllocs: number;
  readonly Promoted: boolean;
}

export class Rollouts {
  readonly #cluster: Cluster;
  #version = '';
  #isBad = false;
  #wrong = new Set<string>();
  #isOver = true;
  #watching: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Wants another version, and looks on until the round ends. @param version a number */
  async begin(version: number, rollout: Rollout): Promise<void> {
    // The first has none before it that one could go back to.
    const isBad = rollout.isBad && this.#version !== '';
    this.#version = `${MARK}.${version}`;
    this.#isBad = isBad;
    const body = JSON.stringify(jobOf(this.#version, { ...rollout, isBad }));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await insist(this.#cluster.all, '/v1/jobs', { method: 'PUT', body, signal });
    this.#isOver = false;
    this.#watching = this.#watch(rollout);
  }

  /**
   * Fails where the rollout has not come to its end, or not so many run of the version that it ended
   * with, in the books and in fact.
   */
  async check(server: Machine): Promise<void> {
    const job = (await server.json(`/v1/job/${JOB}`)) as JobTold;
    const deployment = (await server.json(`/v1/job/${JOB}/deployment`)) as DeploymentTold | null;
    if (deployment?.JobVersion !== job.Version || deployment.Status !== 'successful') {
      throw new Error(`version ${job.Version}: ${JSON.stringify(deployment)}`);
    }
    const [{ Count: count, Tasks }] = job.TaskGroups;
    const mark = Tasks[0].Config.args.at(-1) ?? '';
    const allocs = (await server.json(`/v1/job/${JOB}/allocations`)) as readonly Listed[];
    const live = allocs.filter(isWanted).filter(({ ClientStatus }) => ClientStatus === 'running');
    const current = live.filter(({ JobVersion }) => JobVersion === job.Version);
    const found = this.#running('').length;
    const right = this.#running(`${mark} `.slice(MARK.length)).length;
    if ([live.length, current.length, found, right].every((each) => each === count)) return;
    throw new Error(
      `${count} of ${mark} wanted, ${current.length} of ${live.length} in the books have this ` +
        `version, ${right} of ${found} in fact`,
    );
  }

  /** What was wrong in this round. @param isQuiet no client suffered, so that nothing excuses failure */
  async end(server: Machine, isQuiet: boolean): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#watching;
    const wrong = [...this.#wrong];
    this.#wrong = new Set();
    if (this.#version === '') return wrong;
    const job = (await server.json(`/v1/job/${JOB}`)) as JobTold;
    const mark = job.TaskGroups[0].Tasks[0].Config.args.at(-1) ?? '';
    const isNew = mark === this.#version;
    if (this.#isBad && isNew) wrong.push(`the bad version ${mark} stays`);
    if (!this.#isBad && !isNew && isQuiet) wrong.push(`${mark} runs, not ${this.#version}`);
    return wrong;
  }

  #running(version: string): readonly number[] {
    return this.#cluster.clients.flatMap((each) => each.pidsOf(`sleep ${MARK}${version}`));
  }

  /** Judges every state of the books that it sees, and promotes canaries that are well. */
  async #watch({ maxParallel, canaries }: Rollout): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      const { servers } = this.#cluster;
      const server = servers[n % servers.length];
      try {
        const signal = AbortSignal.timeout(ASK_MS_MAX);
        const said = await server?.json(`/v1/job/${JOB}/deployment?stale`, { signal });
        const deployment = said as DeploymentTold;
        const path = `/v1/job/${JOB}/allocations?stale`;
        const allocs = (await server?.json(path, { signal })) as readonly Listed[];
        const wrong = [...doubled(allocs, canaries > 0), ...hasty(allocs, maxParallel, deployment)];
        for (const each of wrong) this.#wrong.add(each);
        await promote(server, deployment);
      } catch {
        // It is not there, or does not know who leads.
      }
      await delay(LOOK_MS);
    }
  }
}

async function promote(server: Machine | undefined, told: DeploymentTold): Promise<void> {
  const group = told.TaskGroups['g'];
  if (told.Status !== 'running' || group === undefined || group.Promoted) return;
  if (group.DesiredCanaries === 0 || group.HealthyAllocs < group.DesiredCanaries) return;
  const signal = AbortSignal.timeout(ASK_MS_MAX);
  const body = JSON.stringify({ DeploymentID: told.ID, All: true });
  await server?.ask(`/v1/deployment/promote/${told.ID}`, { method: 'PUT', body, signal });
}

function jobOf(version: string, { count, maxParallel, canaries, isBad }: Rollout): object {
  const good = { command: 'sleep', args: [version] };
  // Its last word names the version, too.
  const bad = { command: 'sh', args: ['-c', 'sleep 0.2; exit 1', version] };
  // One fails with its first instance, the other one when nothing has become of it in time.
  const badPatience = { healthy: 10, progress: canaries === 0 ? 0 : 12 };
  // Deadlines are by wall clocks: longer than those are set ahead.
  const patience = isBad ? badPatience : { healthy: 1_000, progress: 1_200 };
  const policies = untilItIsDone({ attempts: 2, intervalSeconds: 30, delaySeconds: 0.5 });
  return {
    Job: {
      ...{ ID: JOB, Type: 'service', Datacenters: ['dc1'] },
      Update: {
        ...{ MaxParallel: maxParallel, Canary: canaries, HealthCheck: 'task_states' },
        ...{ MinHealthyTime: seconds(0.5), HealthyDeadline: seconds(patience.healthy) },
        ...{ ProgressDeadline: seconds(patience.progress), AutoRevert: true },
      },
      TaskGroups: [taskGroup(count, isBad ? bad : good, policies)],
    },
  };
}
