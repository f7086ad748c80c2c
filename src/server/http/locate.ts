/** Finds whom a request about an allocation is for: its client, its task. */
import { Failure } from '../../base/failure.ts';
import type { Alloc } from '../../core/model/alloc.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { ClientLink } from '../../ports/client-link.ts';
import type { HttpDeps } from './deps.ts';
import { invalid, notFound } from './fail.ts';

/** An allocation with the client that runs it. */
export interface Located {
  readonly alloc: Alloc;
  readonly client: ClientLink;
}

/** Finds the client of an allocation. Fails: `not_found`; `unavailable` it cannot be reached. */
export function locate(deps: HttpDeps, id: string): Located {
  const alloc = deps.ops.snapshot().alloc(id as AllocId);
  if (alloc === undefined) throw notFound(`Unknown allocation "${id}"`);
  const client = deps.clientOf(alloc.nodeId);
  if (client === undefined) throw unreachable(alloc.nodeId);
  return { alloc, client };
}

/** Of a node that this agent has no link to. */
export function unreachable(node: string): Failure {
  return new Failure('unavailable', `No path to node "${node}"`);
}

/** The named task, or the only one. */
export function taskOf(deps: HttpDeps, alloc: Alloc, named: string | undefined): string {
  if (named !== undefined && named !== '') return named;
  const job = deps.ops.snapshot().jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion);
  const group = job?.groups.find((one) => one.name === alloc.group);
  const tasks = group?.tasks.map((task) => task.name) ?? Object.keys(alloc.taskStates);
  const [only, ...others] = tasks;
  if (only === undefined || others.length > 0) {
    throw invalid(`name one of the tasks of the allocation: ${tasks.join(', ')}`);
  }
  return only;
}
