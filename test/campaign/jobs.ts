/** A job whose count changes, and what really runs of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';
import type { Cluster } from './cluster.ts';

const JOB = 'campaign';
/** Tells its processes from all others. */
const MARK = '31536007';

interface Alloc {
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
}

export class Jobs {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Says how many are wanted, to whoever takes it. */
  async want(count: number, signal: AbortSignal): Promise<void> {
    const { all } = this.#cluster;
    const body = JSON.stringify(job(count));
    for (let asked = 0; !signal.aborted; asked++) {
      if (await register(all[asked % all.length], body)) return;
      await delay(100);
    }
  }

  /** What runs of it, by machine and process. */
  processes(): readonly string[] {
    return this.#cluster.clients.flatMap((client) =>
      client.pidsOf(`sleep ${MARK}`).map((pid) => `${client.name}/${pid}`),
    );
  }

  /** Fails where not exactly so many run, in the servers' books and in fact. */
  async check(count: number, server: Machine): Promise<void> {
    const allocs = (await server.json(`/v1/job/${JOB}/allocations`)) as readonly Alloc[];
    const live = allocs.filter(
      ({ ClientStatus, DesiredStatus }) => ClientStatus === 'running' && DesiredStatus === 'run',
    );
    const found = this.processes();
    if (live.length === count && found.length === count) return;
    throw new Error(`${count} wanted, ${live.length} in the books, ${found.join(' ')} run`);
  }
}

async function register(machine: Machine | undefined, body: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(5_000);
    return (await machine?.ask('/v1/jobs', { method: 'PUT', body, signal }))?.ok === true;
  } catch {
    return false;
  }
}

function job(count: number): object {
  return {
    Job: {
      ...{ ID: JOB, Type: 'service', Datacenters: ['dc1'] },
      TaskGroups: [
        {
          ...{ Name: 'g', Count: count },
          Tasks: [
            {
              ...{ Name: 't', Driver: 'raw_exec', Config: { command: 'sleep', args: [MARK] } },
              Resources: { CPU: 20, MemoryMB: 16 },
            },
          ],
        },
      ],
    },
  };
}
