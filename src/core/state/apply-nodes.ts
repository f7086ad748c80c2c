/**
 * Nodes: registered, judged, drained, forgotten.
 *
 * N1: what a client says of itself never changes what the servers decided: eligibility and drain
 *     survive a registration.
 * N2: whatever may let a job run more, or less, on a node evaluates that job in the same entry:
 *     jobs with allocations there when the node comes, goes or is forgotten; system jobs when it
 *     becomes able to take work.
 * N3: what says nothing new changes nothing.
 */
import { same } from '../../base/same.ts';
import { NODE_EVENTS_MAX } from '../limits.ts';
import { isClientTerminal } from '../model/alloc.ts';
import type { EvalTrigger } from '../model/evaluation.ts';
import type { NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Node, NodeEvent, NodeFacts } from '../model/node.ts';
import { askEvaluation } from './apply-evals.ts';
import type { Edit } from './edit.ts';
import type {
  NewNodeEvent,
  NodeDeregistered,
  NodeDrained,
  NodeEligibilityChanged,
  NodeEventsNoted,
  NodeRegistered,
  NodeStatusChanged,
} from './entry.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome, Refused } from './outcome.ts';
import { jobKey } from './watch.ts';

export function registerNode(edit: Edit, entry: NodeRegistered): Outcome {
  const { node: facts, seed } = entry;
  const before = edit.table('nodes').get(facts.id);
  if (before !== undefined && before.secretId !== facts.secretId) {
    return refused('conflict', `node "${facts.id}" is registered with another secret`);
  }
  const node = registered(edit, facts, before);
  if (before !== undefined && same({ ...node, modifyIndex: before.modifyIndex }, before)) {
    return accepted(edit);
  }
  edit.putNode(node);
  const cameUp = before?.status !== 'ready';
  if (cameUp && before !== undefined) askForTenants(edit, node.id, seed);
  if (cameUp || !offersTheSame(before, node)) askForSystemJobs(edit, node, seed);
  return accepted(edit);
}

export function changeNodeStatus(edit: Edit, entry: NodeStatusChanged): Outcome {
  const before = edit.table('nodes').get(entry.nodeId);
  if (before === undefined) return unknownNode(entry.nodeId);
  if (before.status === entry.status) return accepted(edit);
  const node: Node = {
    ...before,
    status: entry.status,
    statusDescription: entry.description,
    statusUpdatedAt: edit.at,
    events: withEvent(edit, before, entry.event),
    modifyIndex: edit.index,
  };
  edit.putNode(node);
  askForTenants(edit, node.id, entry.seed);
  if (node.status === 'ready') askForSystemJobs(edit, node, entry.seed);
  return accepted(edit);
}

export function changeEligibility(edit: Edit, entry: NodeEligibilityChanged): Outcome {
  const before = edit.table('nodes').get(entry.nodeId);
  if (before === undefined) return unknownNode(entry.nodeId);
  if (before.drain !== undefined && entry.eligibility === 'eligible') {
    return refused('invalid', 'can not set node to eligible while it is draining');
  }
  if (before.eligibility === entry.eligibility) return accepted(edit);
  const node: Node = {
    ...before,
    eligibility: entry.eligibility,
    events: withEvent(edit, before, entry.event),
    modifyIndex: edit.index,
  };
  edit.putNode(node);
  if (node.eligibility === 'eligible') askForSystemJobs(edit, node, entry.seed);
  return accepted(edit);
}

export function drainNode(edit: Edit, entry: NodeDrained): Outcome {
  const before = edit.table('nodes').get(entry.nodeId);
  if (before === undefined) return unknownNode(entry.nodeId);
  if (entry.ifStartedAt !== undefined && before.drain?.startedAt !== entry.ifStartedAt) {
    return refused('conflict', `node "${entry.nodeId}" has another drain by now`);
  }
  const { drain: ended, ...rest } = before;
  if (ended === undefined && entry.drain === undefined && !entry.markEligible) {
    return accepted(edit);
  }
  const eligible = entry.drain === undefined && entry.markEligible;
  const node: Node = {
    ...rest,
    ...(entry.drain && { drain: entry.drain }),
    eligibility:
      entry.drain !== undefined ? 'ineligible' : eligible ? 'eligible' : before.eligibility,
    events: withEvent(edit, before, entry.event),
    modifyIndex: edit.index,
  };
  edit.putNode(node);
  if (eligible && before.eligibility !== 'eligible') askForSystemJobs(edit, node, entry.seed);
  return accepted(edit);
}

export function deregisterNodes(edit: Edit, entry: NodeDeregistered): Outcome {
  for (const id of entry.nodeIds) {
    if (edit.table('nodes').get(id) === undefined) continue;
    edit.deleteNode(id);
    askForTenants(edit, id, entry.seed);
  }
  return accepted(edit);
}

export function noteNodeEvents(edit: Edit, entry: NodeEventsNoted): Outcome {
  for (const { nodeId, event } of entry.events) {
    const before = edit.table('nodes').get(nodeId);
    if (before === undefined) continue;
    edit.putNode({ ...before, events: withEvent(edit, before, event), modifyIndex: edit.index });
  }
  return accepted(edit);
}

/** The row after a registration: the client's facts and what the servers knew (N1). */
function registered(edit: Edit, facts: NodeFacts, before: Node | undefined): Node {
  const { eligibility, ...rest } = facts;
  const message = before === undefined ? 'Node registered' : 'Node re-registered';
  const cameUp = before?.status !== 'ready';
  const event = { at: edit.at, subsystem: 'Cluster', message, details: {} } as const;
  return {
    ...rest,
    status: 'ready',
    statusDescription: '',
    statusUpdatedAt: cameUp ? edit.at : before.statusUpdatedAt,
    eligibility: before?.eligibility ?? eligibility ?? 'eligible',
    ...(before?.drain && { drain: before.drain }),
    events: cameUp ? withEvent(edit, before, event) : before.events,
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
}

function withEvent(
  edit: Edit,
  before: Pick<Node, 'events'> | undefined,
  event: NewNodeEvent | undefined,
): readonly NodeEvent[] {
  const events = before?.events ?? [];
  if (event === undefined) return events;
  return [...events, { ...event, createIndex: edit.index }].slice(-NODE_EVENTS_MAX);
}

/** Whether a job that fits one of the two fits the other as well. */
function offersTheSame(before: Node, after: Node): boolean {
  return (
    before.computedClass === after.computedClass &&
    same(before.resources, after.resources) &&
    same(before.reserved, after.reserved)
  );
}

/** Evaluates each job that has something on the node which its client has not reported as ended. */
function askForTenants(edit: Edit, nodeId: NodeId, seed: string): void {
  const jobs = new Map<string, Job>();
  for (const id of edit.table('allocs').keysBy('node', nodeId)) {
    const alloc = edit.table('allocs').get(id);
    if (alloc === undefined || isClientTerminal(alloc)) continue;
    const key = jobKey(alloc.namespace, alloc.jobId);
    const job = jobs.get(key) ?? edit.job(key) ?? edit.jobVersion(key, alloc.jobVersion);
    if (job !== undefined) jobs.set(key, job);
  }
  for (const job of jobs.values()) askForNode(edit, job, nodeId, seed);
}

function askForSystemJobs(edit: Edit, node: Node, seed: string): void {
  if (node.eligibility !== 'eligible') return;
  for (const type of ['system', 'sysbatch']) {
    for (const key of edit.table('jobs').keysBy('type', type)) {
      const job = edit.job(key);
      if (job === undefined || job.stop || isTemplate(job)) continue;
      askForNode(edit, job, node.id, seed);
    }
  }
}

/** True for jobs of which only children run. */
function isTemplate(job: Job): boolean {
  return job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
}

function askForNode(edit: Edit, job: Job, nodeId: NodeId, seed: string): void {
  const trigger: EvalTrigger = 'node-update';
  askEvaluation(edit, job, trigger, { seed, nodeId, nodeModifyIndex: edit.index });
}

function unknownNode(id: NodeId): Refused {
  return refused('not_found', `node "${id}" not found`);
}
