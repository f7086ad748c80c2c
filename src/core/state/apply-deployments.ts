/**
 * Deployments: judged, promoted, ended.
 *
 * B1: a deployment that is over stays as it ended.
 * B2: promotion needs as many canaries as are wanted, of each promoted group, to live and be
 *     healthy.
 * B3: a successful deployment makes its job version stable, in the same entry.
 * B4: a verdict that was decided before the deployment changed (with `ifModifyIndex`) is refused.
 */
import type { Millis } from '../../base/brand.ts';
import { healthyCanaries, isActive } from '../model/deployment.ts';
import type { Deployment } from '../model/deployment.ts';
import type { AllocId, DeploymentId } from '../model/ids.ts';
import { putEvaluation } from './apply-evals.ts';
import { markStable, revertJob } from './apply-jobs.ts';
import { countHealth, deadline } from './deployment-counts.ts';
import type { Edit } from './edit.ts';
import type {
  DeploymentHealthSet,
  DeploymentPromoted,
  DeploymentStatusChanged,
  JobRevert,
} from './entry.ts';
import { accepted, refused } from './outcome.ts';
import type { Accepted, Outcome, Refused } from './outcome.ts';
import { jobKey } from './watch.ts';

export function changeDeploymentStatus(edit: Edit, entry: DeploymentStatusChanged): Outcome {
  const before = activeDeployment(edit, entry.deploymentId);
  if ('ok' in before) return before;
  if (entry.ifModifyIndex !== undefined && entry.ifModifyIndex !== before.modifyIndex) {
    return refused('conflict', `deployment "${before.id}" has changed`);
  }
  if (before.status !== entry.status || before.statusDescription !== entry.description) {
    setStatus(edit, before, entry);
  }
  const reverted = revert(edit, entry.revert);
  if (entry.evaluation !== undefined) putEvaluation(edit, entry.evaluation);
  return accepted(edit, reverted);
}

export function promoteDeployment(edit: Edit, entry: DeploymentPromoted): Outcome {
  const before = activeDeployment(edit, entry.deploymentId);
  if ('ok' in before) return before;
  const names = canaryGroups(before, entry.groups);
  if (names.length === 0) return refused('invalid', 'no canaries to promote');
  const unready = names.flatMap((name) => unreadyCanaries(edit, before, name));
  if (unready.length > 0) return refused('invalid', unready.join('; '));
  const groups = { ...before.groups };
  for (const name of names) {
    const group = groups[name];
    if (group === undefined) continue;
    groups[name] = { ...group, promoted: true, ...deadline(group, edit.at) };
    for (const id of group.placedCanaries) unmarkCanary(edit, id);
  }
  edit.putDeployment({
    ...before,
    groups,
    statusDescription: 'Deployment is running',
    modifiedAt: edit.at,
    modifyIndex: edit.index,
  });
  if (entry.evaluation !== undefined) putEvaluation(edit, entry.evaluation);
  return accepted(edit);
}

export function setHealth(edit: Edit, entry: DeploymentHealthSet): Outcome {
  const before = activeDeployment(edit, entry.deploymentId);
  if ('ok' in before) return before;
  for (const id of [...entry.healthy, ...entry.unhealthy]) {
    if (edit.table('allocs').get(id)?.deploymentId !== entry.deploymentId) {
      return refused('invalid', `alloc "${id}" is not part of deployment "${entry.deploymentId}"`);
    }
  }
  for (const id of entry.healthy) judge(edit, id, true);
  for (const id of entry.unhealthy) judge(edit, id, false);
  const counted = edit.table('deployments').get(entry.deploymentId) ?? before;
  if (entry.status !== undefined) {
    setStatus(edit, counted, { at: entry.at, ...entry.status });
  }
  const reverted = revert(edit, entry.revert);
  if (entry.evaluation !== undefined) putEvaluation(edit, entry.evaluation);
  return accepted(edit, reverted);
}

function activeDeployment(edit: Edit, id: DeploymentId): Deployment | Refused {
  const deployment = edit.table('deployments').get(id);
  if (deployment === undefined) return refused('not_found', `deployment "${id}" not found`);
  if (!isActive(deployment)) {
    return refused('invalid', `deployment "${id}" has terminal status "${deployment.status}"`);
  }
  return deployment;
}

function setStatus(
  edit: Edit,
  before: Deployment,
  entry: Pick<DeploymentStatusChanged, 'status' | 'description' | 'at'>,
): void {
  const isResumed = before.status === 'paused' && entry.status === 'running';
  edit.putDeployment({
    ...before,
    groups: isResumed ? resumed(before.groups, edit.at) : before.groups,
    status: entry.status,
    statusDescription: entry.description,
    modifiedAt: edit.at,
    modifyIndex: edit.index,
  });
  if (entry.status === 'successful') markStable(edit, before);
}

/** While it stood still nothing could become healthy. */
function resumed(groups: Deployment['groups'], at: Millis): Deployment['groups'] {
  const moved = Object.entries(groups).map(([name, group]) => {
    const hasBegun = group.requireProgressBy !== undefined;
    return [name, hasBegun ? { ...group, ...deadline(group, at) } : group] as const;
  });
  return Object.fromEntries(moved);
}

function revert(
  edit: Edit,
  to: JobRevert | undefined,
): Pick<Accepted, 'jobVersion' | 'jobModifyIndex'> {
  if (to === undefined) return {};
  const job = revertJob(edit, jobKey(to.namespace, to.jobId), to.version);
  return job === undefined ? {} : { jobVersion: job.version, jobModifyIndex: job.jobModifyIndex };
}

/** Groups among `wanted` (absent: all) that have canaries to promote. */
function canaryGroups(
  deployment: Deployment,
  wanted: readonly string[] | undefined,
): readonly string[] {
  return Object.entries(deployment.groups)
    .filter(([name]) => wanted === undefined || wanted.includes(name))
    .filter(([, group]) => group.desiredCanaries > 0 && !group.promoted)
    .map(([name]) => name);
}

/** Why a group's canaries do not suffice, if they do not (B2). */
function unreadyCanaries(edit: Edit, deployment: Deployment, name: string): readonly string[] {
  const group = deployment.groups[name];
  if (group === undefined) return [];
  const healthy = healthyCanaries(group, (id) => edit.table('allocs').get(id));
  if (healthy >= group.desiredCanaries) return [];
  return [`Task group "${name}" has ${healthy}/${group.desiredCanaries} healthy allocations`];
}

function unmarkCanary(edit: Edit, id: AllocId): void {
  const alloc = edit.table('allocs').get(id);
  if (alloc?.deploymentStatus?.canary !== true) return;
  edit.putAlloc({
    ...alloc,
    deploymentStatus: { ...alloc.deploymentStatus, canary: false, modifyIndex: edit.index },
    modifiedAt: edit.at,
    modifyIndex: edit.index,
    allocModifyIndex: edit.index,
  });
}

function judge(edit: Edit, id: AllocId, healthy: boolean): void {
  const alloc = edit.table('allocs').get(id);
  if (alloc === undefined || alloc.deploymentStatus?.healthy === healthy) return;
  const before = alloc.deploymentStatus;
  edit.putAlloc({
    ...alloc,
    deploymentStatus: {
      healthy,
      canary: before?.canary ?? false,
      at: edit.at,
      modifyIndex: edit.index,
    },
    modifiedAt: edit.at,
    modifyIndex: edit.index,
  });
  countHealth(edit, alloc, before?.healthy, healthy);
}
