/** Random plans for properties of the state. */
import type { Index } from '../src/base/brand.ts';
import type { DeploymentId, EvalId, JobId } from '../src/core/model/ids.ts';
import { DEFAULT_NAMESPACE } from '../src/core/model/ids.ts';
import type { Alloc } from '../src/core/model/alloc.ts';
import type { Deployment } from '../src/core/model/deployment.ts';
import type { Plan } from '../src/core/model/plan.ts';
import type { State } from '../src/core/state/state.ts';
import { RESOURCES, T0, nodeFacts, placement, plan, uuid } from './state-world.ts';

/** What a plan is drawn from. */
interface Numbers {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly n: number;
}

/** A plan for a job, of which `n` is different for each step of a run: places, stops, moves along, evicts; much of it impossible. */
export function planOf(state: State, id: JobId, { a, b, c, n }: Numbers): Plan {
  const job = state.job(DEFAULT_NAMESPACE, id);
  const own = [...state.allocsByJob(DEFAULT_NAMESPACE, id)];
  const deployment =
    b % 3 === 0 && job !== undefined ? deploymentOf(job.version, id, n) : undefined;
  const deploymentId = deployment?.id;
  const taken = new Set(own.map(({ name }) => name));
  const free = [0, 1, 2, 3, 4, 5].filter((each) => !taken.has(`${id}.web[${each}]`));
  const placements = free.slice(0, b % 4).map((each) =>
    placement(n * 10 + each, nodeFacts((a + each) % 3).id, {
      name: `${id}.web[${each}]`,
      ports:
        c % 2 === 0
          ? [{ label: 'http', value: 8_080 + (c % 2), to: 0, hostIp: '10.0.0.1', dynamic: false }]
          : [],
      canary: c % 3 === 0 && deploymentId !== undefined,
      ...(deploymentId !== undefined && { deploymentId }),
    }),
  );
  const stopped = own.slice(0, c % 3).map((alloc) => ({
    allocId: alloc.id,
    nodeId: alloc.nodeId,
    desiredStatus: 'stop' as const,
    description: 'test',
    ...(b % 5 === 0 && { clientStatus: 'lost' as const }),
  }));
  const kept = own.slice(c % 3, (c % 3) + 2);
  return plan(id, {
    evalId: uuid('eval', n) as EvalId,
    jobVersion: job?.version ?? 0,
    allAtOnce: c % 6 === 0,
    placements,
    stops: stopped,
    updates: kept.map((alloc: Alloc) => ({
      allocId: alloc.id,
      nodeId: alloc.nodeId,
      resources: { ...RESOURCES, cpu: 100 + (b % 3) * 50 },
      ...(deploymentId !== undefined && { deploymentId }),
    })),
    ...(deployment !== undefined && { deployment }),
  });
}

function deploymentOf(version: number, id: JobId, n: number): Deployment {
  return {
    id: uuid('depl', n) as DeploymentId,
    namespace: DEFAULT_NAMESPACE,
    jobId: id,
    jobVersion: version,
    jobModifyIndex: 0 as Index,
    jobCreateIndex: 0 as Index,
    groups: {
      web: {
        autoRevert: false,
        autoPromote: false,
        promoted: false,
        placedCanaries: [],
        desiredCanaries: n % 2,
        desiredTotal: 2,
        placedAllocs: 0,
        healthyAllocs: 0,
        unhealthyAllocs: 0,
        progressDeadlineMs: 600_000,
      },
    },
    status: 'running',
    statusDescription: 'Deployment is running',
    createdAt: T0,
    modifiedAt: T0,
    createIndex: 0 as Index,
    modifyIndex: 0 as Index,
  };
}
