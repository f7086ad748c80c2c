/** A job whose count changes, and what really runs of it. */
import type { Machine } from '../machines.ts';
import type { Listed } from './books.ts';
import type { Cluster } from './cluster.ts';
import { insist } from './insist.ts';
import { taskGroup } from './task-group.ts';

const JOB = 'campaign';
/** Tells its processes from all others. */
const MARK = '31536007';
/** Faults are mended long before [ms]. */
const PATIENCE_MS = 60_000;

export class Jobs {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Says how many are wanted, to whoever takes it. */
  async want(count: number): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const body = JSON.stringify(job(count));
    await insist(this.#cluster.all, '/v1/jobs', { method: 'PUT', body, signal });
  }

  /** What runs of it, by machine and process. */
  processes(): readonly string[] {
    return this.#cluster.clients.flatMap((client) =>
      client.pidsOf(`sleep ${MARK}`).map((pid) => `${client.name}/${pid}`),
    );
  }

  /** Fails where not exactly so many run, in the servers' books and in fact. */
  async check(count: number, server: Machine): Promise<void> {
    const allocs = (await server.json(`/v1/job/${JOB}/allocations`)) as readonly Listed[];
    const live = allocs.filter(
      ({ ClientStatus, DesiredStatus }) => ClientStatus === 'running' && DesiredStatus === 'run',
    );
    const found = this.processes();
    if (live.length === count && found.length === count) return;
    throw new Error(`${count} wanted, ${live.length} in the books, ${found.join(' ')} run`);
  }
}

function job(count: number): object {
  const groups = [taskGroup(count, { command: 'sleep', args: [MARK] })];
  return {
    Job: { ...{ ID: JOB, Type: 'service', Datacenters: ['dc1'] }, TaskGroups: groups },
  };
}
