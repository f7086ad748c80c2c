/** A deployment as `deployment status`, `job status` and `run` show it. */
import type { Deployment, DeploymentGroup } from '../../core/model/deployment.ts';
import { columns, keyValues } from '../format/columns.ts';
import type { Ids } from '../format/ids.ts';
import { timestamp } from '../format/time.ts';

/** The whole: what it is, then its groups. */
export function deploymentStatus(deployment: Deployment, ids: Ids): string {
  const about = keyValues([
    ['ID', ids(deployment.id)],
    ['Job ID', deployment.jobId],
    ['Job Version', String(deployment.jobVersion)],
    ['Status', deployment.status],
    ['Description', deployment.statusDescription],
  ]);
  return `${about}\n\n${deployedGroups(deployment)}`;
}

/** As part of a job's status. */
export function latestDeployment(deployment: Deployment, ids: Ids): string {
  const about = keyValues([
    ['ID', ids(deployment.id)],
    ['Status', deployment.status],
    ['Description', deployment.statusDescription],
  ]);
  return `${about}\n\n${deployedGroups(deployment)}`;
}

/** Columns that no group has something to say about are left out. */
function deployedGroups(deployment: Deployment): string {
  const groups = Object.entries(deployment.groups).sort(([a], [b]) => (a < b ? -1 : 1));
  const some = (test: (group: DeploymentGroup) => boolean): boolean =>
    groups.some(([, group]) => test(group));
  const canaries = some((g) => g.desiredCanaries > 0);
  const reverts = some((g) => g.autoRevert);
  const deadline = some((g) => g.progressDeadlineMs > 0);
  const cells: [
    title: string,
    shown: boolean,
    cell: (name: string, g: DeploymentGroup) => string,
  ][] = [
    ['Task Group', true, (name) => name],
    ['Auto Revert', reverts, (_, g) => String(g.autoRevert)],
    ['Promoted', canaries, (_, g) => (g.desiredCanaries > 0 ? String(g.promoted) : 'N/A')],
    ['Desired', true, (_, g) => String(g.desiredTotal)],
    ['Canaries', canaries, (_, g) => (g.desiredCanaries > 0 ? String(g.desiredCanaries) : 'N/A')],
    ['Placed', true, (_, g) => String(g.placedAllocs)],
    ['Healthy', true, (_, g) => String(g.healthyAllocs)],
    ['Unhealthy', true, (_, g) => String(g.unhealthyAllocs)],
    ['Progress Deadline', deadline, (_, g) => timestamp(g.requireProgressBy)],
  ];
  const shown = cells.filter(([, show]) => show);
  const table = columns([
    shown.map(([title]) => title),
    ...groups.map(([name, group]) => shown.map(([, , cell]) => cell(name, group))),
  ]);
  return `Deployed\n${table}`;
}

/** One line each, in the order given. */
export function deploymentList(
  deployments: readonly Deployment[],
  { ids }: { readonly ids: Ids },
): string {
  if (deployments.length === 0) return 'No deployments found';
  return columns([
    ['ID', 'Job ID', 'Job Version', 'Status', 'Description'],
    ...deployments.map((d) => [
      ids(d.id),
      d.jobId,
      String(d.jobVersion),
      d.status,
      d.statusDescription,
    ]),
  ]);
}
