/** Follows a deployment to its end: its state is printed whenever it changed. */
import type { Told } from '../../api/api.ts';
import { deploymentAllocs, readDeployment } from '../../api/nomad/deployment-routes.ts';
import { jobDeployment } from '../../api/nomad/job-routes.ts';
import { isActive, type Deployment } from '../../core/model/deployment.ts';
import { timestamp } from '../format/time.ts';
import { allocList } from '../views/allocs.ts';
import { deploymentStatus } from '../views/deployment.ts';
import type { Session } from '../session.ts';
import { goOn, WAIT_MS } from './lines.ts';

/** How long the deployment that puts an older version back is looked for [ms]. */
const REVERT_WAIT_MS = 1000;

/**
 * Prints a deployment until it is over, and then the one that reverts it, if any.
 *
 * @param indent stands before each block: the monitor of an evaluation indents by four
 * @returns how the deployment itself ended
 */
export async function monitorDeployment(
  id: string,
  by: Session,
  indent: string,
): Promise<Deployment> {
  const deployment = await follow(id, by, indent);
  if (deployment.status !== 'failed') return deployment;
  if (!Object.values(deployment.groups).some((group) => group.autoRevert)) return deployment;
  await by.world.sleep(REVERT_WAIT_MS, by.world.signal);
  goOn(by.world);
  const api = by.api.with({ namespace: deployment.namespace });
  const latest = await api.call(
    jobDeployment,
    { params: { id: deployment.jobId } },
    by.world.signal,
  );
  // A route's "there is none" arrives as null.
  if ((latest ?? undefined) !== undefined && latest?.id !== id && isNewer(latest, deployment)) {
    await follow(latest.id, by, indent);
  }
  return deployment;
}

function isNewer(latest: Deployment | undefined, than: Deployment): latest is Deployment {
  return latest !== undefined && latest.createIndex > than.createIndex;
}

async function follow(id: string, by: Session, indent: string): Promise<Deployment> {
  let shown = '';
  let seen: Told<Deployment> | undefined;
  for (;;) {
    goOn(by.world);
    seen = await next(id, by, seen);
    const text = await render(seen.value, by);
    if (text !== shown) {
      by.world.out(`${indent}\n${timestamp(by.world.now())}\n${text}\n`);
      shown = text;
    }
    if (!isActive(seen.value)) return seen.value;
  }
}

function next(
  id: string,
  { api, world }: Session,
  seen: Told<Deployment> | undefined,
): Promise<Told<Deployment>> {
  const query = seen === undefined ? {} : { index: seen.index, waitMs: WAIT_MS };
  return api.tell(readDeployment, { params: { id }, query }, world.signal);
}

async function render(deployment: Deployment, by: Session): Promise<string> {
  const text = deploymentStatus(deployment, by.ids);
  if (!by.verbose) return text;
  const allocs = await by.api.call(
    deploymentAllocs,
    { params: { id: deployment.id } },
    by.world.signal,
  );
  return `${text}\n\nAllocations\n${allocList(allocs, { ...by, now: by.world.now() })}`;
}
