/** Whether a running instance may stay where it is under a new version of its group. */
import type { Alloc } from '../model/alloc.ts';
import type { Job } from '../model/job.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScheduleInput } from './contract.ts';
import type { Requirement } from './feasible/requirement.ts';
import { termsOf } from './rankings.ts';

/** True where a running instance may stay on its node under the group's new terms. */
export function staysOn(
  { ledger, snapshot }: Pick<ScheduleInput, 'ledger' | 'snapshot'>,
  job: Job,
  { alloc, group }: { alloc: Alloc; group: TaskGroup },
): boolean {
  const node = snapshot.node(alloc.nodeId);
  if (node === undefined) return false;
  const { requirement } = termsOf(ledger, job, group, snapshot.schedulerConfig);
  return meets(requirement, node);
}

function meets(requirement: Requirement, node: Node): boolean {
  return (
    requirement.inDatacenter(node) &&
    requirement.inPool(node) &&
    requirement.classRefusal(node) === undefined &&
    requirement.nodeRefusal(node) === undefined
  );
}
