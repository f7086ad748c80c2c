/** Puts every allocation of a group into its bucket (R1). */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc } from '../model/alloc.ts';
import { isActive } from '../model/deployment.ts';
import type { EvalId, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';
import {
  classifyByNode,
  classifyTerminal,
  emptyBuckets,
  type Bucket,
  type Buckets,
} from './buckets.ts';
import { nextTry } from './reschedule.ts';
import { isRolledOut, type Rollout } from './rollout.ts';

export interface SortScope {
  /** Undefined once it was forgotten. */
  readonly job: Job | undefined;
  /** Undefined where the job has it no more. */
  readonly group: TaskGroup | undefined;
  readonly rollout: Rollout;
  readonly nodeOf: (id: NodeId) => Node | undefined;
  readonly now: Millis;
  /** The evaluation under way: a delayed one replaces what was waiting for it. */
  readonly evalId: EvalId;
  /** True for an evaluation that is still to be decided. */
  readonly isPending: (id: EvalId) => boolean;
}

export function sortAllocs(allocs: Iterable<Alloc>, scope: SortScope): Buckets {
  const buckets = emptyBuckets();
  for (const alloc of allocs) buckets[bucketOf(alloc, scope)].push(alloc);
  return buckets;
}

/**
 * A delay shorter than this is not worth an evaluation of its own [ms].
 *
 * Source: Nomad's reschedule window.
 */
const RESCHEDULE_WINDOW_MS = 1_000;

function bucketOf(alloc: Alloc, scope: SortScope): Bucket {
  const { job, group, nodeOf, now } = scope;
  const batch = job?.type === 'batch';
  if (!isTerminal(alloc)) {
    const node = nodeOf(alloc.nodeId);
    return classifyByNode(alloc, { node, group, now, isAwaited: isAwaited(alloc, scope) });
  }
  if (batch && isOlder(alloc, job)) return 'ignore';
  return classifyTerminal(alloc, group, batch) ?? classifyFailed(alloc, scope);
}

function isOlder(alloc: Alloc, job: Job): boolean {
  return alloc.jobVersion < job.version || alloc.createIndex < job.createIndex;
}

/**
 * One that failed and was not replaced yet. It keeps its place as long as it may not be tried
 * again.
 */
function classifyFailed(
  alloc: Alloc,
  scope: SortScope,
): Extract<Bucket, 'ignore' | 'keep' | 'rescheduleNow' | 'rescheduleLater'> {
  const { group, rollout, now, evalId } = scope;
  if (alloc.nextAllocId !== undefined) return 'ignore';
  if (alloc.desiredTransition?.forceReschedule === true) return 'rescheduleNow';
  if (isRolloutsToJudge(alloc, rollout)) return 'keep';
  const next = nextTry(alloc, group?.reschedule);
  if (next === undefined) return 'keep';
  if (alloc.followupEvalId === evalId || next.at - now <= RESCHEDULE_WINDOW_MS) {
    return 'rescheduleNow';
  }
  return isAwaited(alloc, scope) ? 'keep' : 'rescheduleLater';
}

/** One that was decided, or superseded by another, does nothing for what waited for it. */
function isAwaited({ followupEvalId }: Alloc, { evalId, isPending }: SortScope): boolean {
  return followupEvalId !== undefined && followupEvalId !== evalId && isPending(followupEvalId);
}

/**
 * Whether a rollout fails because of it comes first, unless it was called healthy before, or the
 * rollout has all that it wants: then nobody judges any more. Nobody does either in a group that
 * has no part in the rollout.
 */
function isRolloutsToJudge(alloc: Alloc, { current }: Rollout): boolean {
  if (current === undefined || !isActive(current) || alloc.deploymentId !== current.id)
    return false;
  const group = current.groups[alloc.group];
  if (group === undefined || isRolledOut(group)) return false;
  return alloc.deploymentStatus?.healthy !== true && alloc.desiredTransition?.reschedule !== true;
}
