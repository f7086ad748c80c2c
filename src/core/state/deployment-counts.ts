/**
 * A deployment's counts, kept as what it placed comes up.
 *
 * D1: `placedAllocs` counts what joined the deployment; `healthyAllocs` and `unhealthyAllocs` those
 *     of them judged so, whatever became of them later.
 * D2: the progress deadline starts with the first placement and moves with each healthy one, and
 *     when a healthy canary is gone before its promotion: the next one has as long as it had; also
 *     with what people waited for: promotion, the end of a pause, canaries on more nodes.
 */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { Deployment, DeploymentGroup } from '../model/deployment.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { Edit } from './edit.ts';

/** Counts allocations that joined their deployments with this entry. */
export function countPlaced(edit: Edit, placed: readonly Alloc[]): void {
  const byDeployment = new Map<DeploymentId, Alloc[]>();
  for (const alloc of placed) {
    if (alloc.deploymentId === undefined) continue;
    const mates = byDeployment.get(alloc.deploymentId);
    if (mates === undefined) byDeployment.set(alloc.deploymentId, [alloc]);
    else mates.push(alloc);
  }
  for (const [id, allocs] of byDeployment) {
    changeGroups(edit, id, {}, (groups) => {
      for (const alloc of allocs) join(groups, alloc, edit.at);
    });
  }
}

/** Counts a verdict on one allocation; a repeated one changes nothing. */
export function countHealth(
  edit: Edit,
  alloc: Alloc,
  before: boolean | undefined,
  now: boolean,
): void {
  if (alloc.deploymentId === undefined || before === now) return;
  const judged = { judgedIndex: edit.index };
  changeGroups(edit, alloc.deploymentId, judged, (groups) => {
    const group = groups[alloc.group];
    if (group === undefined) return;
    const healthy = Number(now) - Number(before === true);
    const unhealthy = Number(!now) - Number(before === false);
    groups[alloc.group] = {
      ...group,
      healthyAllocs: group.healthyAllocs + healthy,
      unhealthyAllocs: group.unhealthyAllocs + unhealthy,
      ...(now && deadline(group, edit.at)),
    };
  });
}

/** Looks at an allocation that may have come to its end (D2). */
export function countEnd(edit: Edit, before: Alloc, after: Alloc): void {
  const { deploymentId, deploymentStatus } = before;
  if (deploymentId === undefined || deploymentStatus?.canary !== true) return;
  if (deploymentStatus.healthy !== true || isTerminal(before) || !isTerminal(after)) return;
  changeGroups(edit, deploymentId, {}, (groups) => {
    const group = groups[before.group];
    if (group !== undefined && !group.promoted) {
      groups[before.group] = { ...group, ...deadline(group, edit.at) };
    }
  });
}

type Groups = Record<string, DeploymentGroup>;

function changeGroups(
  edit: Edit,
  id: DeploymentId,
  more: Pick<Deployment, 'judgedIndex'>,
  change: (groups: Groups) => void,
): void {
  const before = edit.table('deployments').get(id);
  if (before === undefined) return;
  const groups: Groups = { ...before.groups };
  change(groups);
  const after: Deployment = {
    ...before,
    ...more,
    groups,
    modifiedAt: edit.at,
    modifyIndex: edit.index,
  };
  edit.putDeployment(after);
}

function join(groups: Groups, alloc: Alloc, at: Millis): void {
  const group = groups[alloc.group];
  if (group === undefined) return;
  const isCanary = alloc.deploymentStatus?.canary === true;
  groups[alloc.group] = {
    ...group,
    placedAllocs: group.placedAllocs + 1,
    placedCanaries:
      isCanary && !group.placedCanaries.includes(alloc.id)
        ? [...group.placedCanaries, alloc.id]
        : group.placedCanaries,
    ...(group.requireProgressBy === undefined && deadline(group, at)),
  };
}

/** Without a progress deadline there is none to meet. */
export function deadline(
  group: DeploymentGroup,
  at: Millis,
): Pick<DeploymentGroup, 'requireProgressBy'> {
  if (group.progressDeadlineMs === 0) return {};
  return { requireProgressBy: (at + group.progressDeadlineMs) as Millis };
}
