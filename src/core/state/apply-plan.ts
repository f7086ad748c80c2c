/**
 * A plan carried out: the one point where two plans that chose the same room meet.
 *
 * P1: `verify` judges each node by itself: a node's share of the plan is carried out whole or not
 *     at all, so that what was to make room goes on running where its successor does not fit.
 * P2: no node is over-committed by an accepted share: cpu, memory, disk, ports, cores and devices
 *     of all its live allocations fit.
 * P3: an all-at-once plan of which any share is refused changes nothing.
 * P4: a job of a concurrency group that has no turn for it begins nowhere: two servers may have
 *     given the last turn away at once.
 * P5: a rollout that was paused or ended since the plan was made goes no step further: the plan as
 *     a whole is refused, and made anew.
 */
import type { Index, Millis } from '../../base/brand.ts';
import { isTerminal } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import { isActive } from '../model/deployment.ts';
import type { Deployment } from '../model/deployment.ts';
import type { AllocId, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Node } from '../model/node.ts';
import type {
  DeploymentTotals,
  Eviction,
  InPlaceUpdate,
  Placement,
  Plan,
  Stop,
} from '../model/plan.ts';
import { askEvaluation, putEvaluation } from './apply-evals.ts';
import { markStable } from './apply-jobs.ts';
import { countEnd, countPlaced, deadline } from './deployment-counts.ts';
import type { Edit } from './edit.ts';
import type { PlanApplied } from './entry.ts';
import { hasBegun, orderViewOf, turnRefusal } from './job-order.ts';
import { accepted } from './outcome.ts';
import type { Outcome, Refusal } from './outcome.ts';
import { UsageEdit } from './usage.ts';
import { jobKey } from './watch.ts';

/** What a plan does on one node. */
interface Share {
  readonly nodeId: NodeId;
  /** Absent where the node was forgotten. */
  readonly node: Node | undefined;
  readonly placements: Placement[];
  readonly stops: Stop[];
  readonly updates: InPlaceUpdate[];
  readonly preemptions: Eviction[];
}

export function applyPlan(edit: Edit, entry: PlanApplied): Outcome {
  const { plan } = entry;
  const shares = sharesOf(edit, plan);
  const overtaken = overtakenBy(edit, plan);
  const refusals =
    overtaken === undefined
      ? verify(edit, plan, shares)
      : shares.map((share) => refusalOf(share, overtaken));
  const isOffAltogether = plan.allAtOnce || overtaken !== undefined;
  if (refusals.length > 0 && isOffAltogether) return accepted(edit, { refused: refusals });
  putDeployments(edit, plan);
  const refusedNodes = new Set(refusals.map(({ nodeId }) => nodeId));
  const placed: Alloc[] = [];
  for (const share of shares) {
    if (!refusedNodes.has(share.nodeId)) carryOut(edit, plan, share, placed);
  }
  countPlaced(edit, placed);
  if (refusals.length === 0) for (const each of entry.evals) putEvaluation(edit, each);
  return accepted(edit, { refused: refusals });
}

/**
 * Which nodes' shares cannot be carried out, and why (P1, P2). Reads only.
 *
 * Nothing is counted against a node where the plan takes from it only.
 */
function verify(edit: Edit, plan: Plan, shares: readonly Share[]): readonly Refusal[] {
  const job = edit.jobVersion(jobKey(plan.namespace, plan.jobId), plan.jobVersion);
  const refusal = job === undefined ? 'the job was forgotten' : turnRefusalOf(edit, plan, job);
  const refusals: Refusal[] = [];
  for (const share of shares) {
    const reason =
      share.placements.length + share.updates.length === 0
        ? undefined
        : (refusal ?? reasonAgainst(edit, share));
    if (reason !== undefined) refusals.push(refusalOf(share, reason));
  }
  return refusals;
}

function refusalOf({ nodeId, placements }: Share, reason: string): Refusal {
  return { nodeId, allocIds: placements.map(({ id }) => id), reason };
}

/** P5. */
function overtakenBy(edit: Edit, { placements, updates, basedOn }: Plan): string | undefined {
  const member =
    placements.find(({ deploymentId }) => deploymentId !== undefined) ??
    updates.find(({ deploymentId }) => deploymentId !== undefined);
  if (member?.deploymentId === undefined) return undefined;
  const rollout = edit.table('deployments').get(member.deploymentId);
  if (rollout === undefined || rollout.status === 'running') return undefined;
  return rollout.modifyIndex > basedOn ? `its deployment is ${rollout.status}` : undefined;
}

/** P4. What has begun goes on. */
function turnRefusalOf(edit: Edit, plan: Plan, job: Job): string | undefined {
  if (job.concurrency === undefined || plan.placements.length === 0) return undefined;
  const view = orderViewOf(edit);
  return hasBegun(view, job) ? undefined : turnRefusal(view, job);
}

function reasonAgainst(edit: Edit, share: Share): string | undefined {
  const { node } = share;
  if (node === undefined) return 'node is gone';
  if (share.placements.length > 0) {
    if (node.status !== 'ready') return `node is ${node.status}`;
    if (node.eligibility !== 'eligible') return 'node is not eligible';
  }
  if (isOnlyPlacements(share)) {
    return edit.usage(share.nodeId).refusal(share.placements, node);
  }
  const usage = new UsageEdit(edit.usage(share.nodeId).finish());
  for (const id of leaving(share)) {
    const alloc = liveAlloc(edit, id);
    if (alloc !== undefined) usage.remove(alloc);
  }
  for (const update of share.updates) {
    const alloc = liveAlloc(edit, update.allocId);
    if (alloc === undefined) continue;
    usage.remove(alloc);
    usage.add({ resources: update.resources, ports: alloc.ports });
  }
  for (const placement of share.placements) {
    usage.add(placement);
  }
  return usage.excess(node);
}

function isOnlyPlacements(share: Share): boolean {
  return share.stops.length + share.updates.length + share.preemptions.length === 0;
}

/** Everything that gives its room back. A stop that lets it run on (`unknown`) gives none. */
function* leaving(share: Share): Iterable<AllocId> {
  for (const stop of share.stops) {
    if (stop.desiredStatus !== 'run' || stop.clientStatus === 'lost') yield stop.allocId;
  }
  for (const { allocId } of share.preemptions) yield allocId;
}

function liveAlloc(edit: Edit, id: AllocId): Alloc | undefined {
  const alloc = edit.table('allocs').get(id);
  return alloc === undefined || isTerminal(alloc) ? undefined : alloc;
}

function sharesOf(edit: Edit, plan: Plan): readonly Share[] {
  const shares = new Map<NodeId, Share>();
  const shareOf = (nodeId: NodeId): Share => {
    let share = shares.get(nodeId);
    if (share === undefined) {
      const node = edit.table('nodes').get(nodeId);
      share = { nodeId, node, placements: [], stops: [], updates: [], preemptions: [] };
      shares.set(nodeId, share);
    }
    return share;
  };
  for (const placement of plan.placements) shareOf(placement.nodeId).placements.push(placement);
  for (const stop of plan.stops) shareOf(stop.nodeId).stops.push(stop);
  for (const update of plan.updates) shareOf(update.nodeId).updates.push(update);
  for (const each of plan.preemptions) shareOf(each.nodeId).preemptions.push(each);
  return [...shares.values()];
}

function carryOut(edit: Edit, plan: Plan, share: Share, placed: Alloc[]): void {
  for (const stop of share.stops) stopAlloc(edit, stop);
  for (const each of share.preemptions) evict(edit, each, plan);
  for (const update of share.updates) {
    const alloc = updateInPlace(edit, plan, update);
    if (alloc !== undefined) placed.push(alloc);
  }
  for (const placement of share.placements) {
    const alloc = place(edit, plan, placement, share.node);
    if (alloc !== undefined) placed.push(alloc);
  }
}

function stopAlloc(edit: Edit, stop: Stop): void {
  const before = edit.table('allocs').get(stop.allocId);
  if (before === undefined) return;
  const { followupEvalId } = stop;
  const status = isTerminalStatus(before) ? before.clientStatus : stop.clientStatus;
  const after: Alloc = {
    ...before,
    desiredStatus: stop.desiredStatus,
    desiredDescription: stop.description,
    clientStatus: status ?? before.clientStatus,
    ...(followupEvalId !== undefined && { followupEvalId }),
    ...(stop.clientStatus === 'unknown' && { disconnectedAt: before.disconnectedAt ?? edit.at }),
    ...serverChange(edit),
  };
  edit.putAlloc(after);
  countEnd(edit, before, after);
}

/** What a client said last of it stays; a server may call lost only what still might run. */
function isTerminalStatus(alloc: Alloc): boolean {
  return isTerminal({ desiredStatus: 'run', clientStatus: alloc.clientStatus });
}

function evict(edit: Edit, { allocId, byAllocId }: Eviction, plan: Plan): void {
  const before = edit.table('allocs').get(allocId);
  if (before === undefined || isTerminal(before)) return;
  edit.putAlloc({
    ...before,
    desiredStatus: 'evict',
    desiredDescription:
      byAllocId === undefined
        ? `Preempted by job "${plan.jobId}"`
        : `Preempted by alloc ID ${byAllocId}`,
    ...(byAllocId !== undefined && { preemptedBy: byAllocId }),
    ...serverChange(edit),
  });
  const job = edit.job(jobKey(before.namespace, before.jobId));
  if (job === undefined || job.stop) return;
  askEvaluation(edit, job, 'preemption', { seed: `${plan.evalId}/${edit.index}` });
}

function updateInPlace(edit: Edit, plan: Plan, update: InPlaceUpdate): Alloc | undefined {
  const before = liveAlloc(edit, update.allocId);
  if (before === undefined) return undefined;
  const { deploymentId, deploymentStatus, ...rest } = before;
  const joins = update.deploymentId !== deploymentId && update.deploymentId !== undefined;
  const alloc: Alloc = {
    ...rest,
    evalId: plan.evalId,
    jobVersion: plan.jobVersion,
    resources: update.resources,
    ...(update.deploymentId !== undefined && { deploymentId: update.deploymentId }),
    // In another rollout its health is to be judged anew.
    ...(!joins && deploymentStatus !== undefined && { deploymentStatus }),
    ...serverChange(edit),
  };
  edit.putAlloc(alloc);
  return joins ? alloc : undefined;
}

/** Answers undefined where it is placed already: the same plan was proposed twice. */
function place(
  edit: Edit,
  plan: Plan,
  placement: Placement,
  node: Node | undefined,
): Alloc | undefined {
  const alloc: Mutable<Alloc> = {
    id: placement.id,
    namespace: plan.namespace,
    evalId: plan.evalId,
    name: placement.name,
    // A text of its own for each allocation, where the plan came off the wire.
    nodeId: node?.id ?? placement.nodeId,
    nodeName: node?.name ?? '',
    jobId: plan.jobId,
    jobVersion: placement.jobVersion ?? plan.jobVersion,
    group: placement.group,
    resources: placement.resources,
    ports: placement.ports,
    metrics: placement.metrics,
    desiredStatus: 'run',
    desiredDescription: '',
    clientStatus: 'pending',
    clientDescription: '',
    taskStates: NO_TASK_STATES,
    reschedules: placement.reschedules,
    createdAt: edit.at,
    modifiedAt: edit.at,
    createIndex: edit.index,
    modifyIndex: edit.index,
    allocModifyIndex: edit.index,
  };
  if (placement.deploymentId !== undefined) alloc.deploymentId = placement.deploymentId;
  if (placement.canary) {
    alloc.deploymentStatus = { canary: true, at: edit.at, modifyIndex: edit.index };
  }
  if (placement.previousAllocId !== undefined) {
    alloc.previousAllocId = placement.previousAllocId;
  }
  if (placement.preemptedAllocs !== undefined) alloc.preemptedAllocs = placement.preemptedAllocs;
  if (!edit.insertAlloc(alloc)) return undefined;
  if (placement.previousAllocId !== undefined) {
    linkPrevious(edit, placement.previousAllocId, placement.id);
  }
  return alloc;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One for all: most rows of a young cluster have said nothing yet. */
const NO_TASK_STATES: Alloc['taskStates'] = {};

function linkPrevious(edit: Edit, previous: AllocId, next: AllocId): void {
  const before = edit.table('allocs').get(previous);
  if (before === undefined) return;
  edit.putAlloc({ ...before, nextAllocId: next, modifyIndex: edit.index, modifiedAt: edit.at });
}

/** The stamps of a change that the client must hear of. */
function serverChange(edit: Edit): {
  readonly modifyIndex: Index;
  readonly allocModifyIndex: Index;
  readonly modifiedAt: Millis;
} {
  return { modifyIndex: edit.index, allocModifyIndex: edit.index, modifiedAt: edit.at };
}

/** Stores the plan's new deployment and the ends of those it replaces. */
function putDeployments(edit: Edit, plan: Plan): void {
  if (plan.deploymentTotals !== undefined) putTotals(edit, plan.deploymentTotals);
  for (const { id, status, statusDescription } of plan.deploymentUpdates) {
    const before = edit.table('deployments').get(id);
    if (before === undefined || !isActive(before)) continue;
    edit.putDeployment({ ...before, status, statusDescription, ...deploymentChange(edit) });
    if (status === 'successful') markStable(edit, before);
  }
  if (plan.deployment === undefined) return;
  const before = edit.table('deployments').get(plan.deployment.id);
  // A retried plan proposes it once more; its counts are apply's.
  if (before !== undefined) return;
  edit.putDeployment({
    ...plan.deployment,
    groups: uncounted(plan.deployment),
    createdAt: edit.at,
    createIndex: edit.index,
    ...deploymentChange(edit),
  });
}

/** Whatever happened to its status since the plan was made stays. */
function putTotals(edit: Edit, { id, groups: totals }: DeploymentTotals): void {
  const before = edit.table('deployments').get(id);
  if (before === undefined || !isActive(before)) return;
  const groups = { ...before.groups };
  for (const [name, { desiredTotal, desiredCanaries }] of Object.entries(totals)) {
    const group = groups[name];
    if (group === undefined) continue;
    // Promotion was decided on as many canaries as were wanted then.
    const canaries = group.promoted ? group.desiredCanaries : desiredCanaries;
    const isMore = canaries > group.desiredCanaries && group.requireProgressBy !== undefined;
    const moved = { ...group, desiredTotal, desiredCanaries: canaries };
    groups[name] = isMore ? { ...moved, ...deadline(group, edit.at) } : moved;
  }
  edit.putDeployment({ ...before, groups, ...deploymentChange(edit) });
}

/** Counts begin with this entry, whatever the plan supposed they would come to. */
function uncounted(deployment: Deployment): Deployment['groups'] {
  const zero = { placedCanaries: [], placedAllocs: 0, healthyAllocs: 0, unhealthyAllocs: 0 };
  return Object.fromEntries(
    Object.entries(deployment.groups).map(([name, group]) => [name, { ...group, ...zero }]),
  );
}

function deploymentChange(edit: Edit): Pick<Deployment, 'modifiedAt' | 'modifyIndex'> {
  return { modifiedAt: edit.at, modifyIndex: edit.index };
}
