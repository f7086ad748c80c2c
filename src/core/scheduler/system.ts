/**
 * Schedules system and sysbatch jobs: one instance on every node that can take it, also on nodes
 * that join later. With an `update` strategy a new version has a deployment and goes from node to
 * node; without one, or with `max_parallel = 0`, it goes everywhere at once.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/schedulers#system
 */
import type { Alloc } from '../model/alloc.ts';
import { isTerminal } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { DeploymentTotals, DesiredUpdates, InPlaceUpdate, Placement } from '../model/plan.ts';
import { composeResult } from './compose-result.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import { followUp } from './follow-up.ts';
import type { PlaceOutcome } from './place-outcome.ts';
import { Rollout } from './rollout.ts';
import { findDifference, type Difference, type GroupFindings } from './system-difference.ts';
import { hasMoved, moveGroup, type GroupMove } from './system-group.ts';
import { NodePlacer } from './system-place.ts';

export function scheduleSystem(input: ScheduleInput): ScheduleResult {
  const { snapshot, evaluation } = input;
  const job = snapshot.job(evaluation.namespace, evaluation.jobId);
  const allocs = [...snapshot.allocsByJob(evaluation.namespace, evaluation.jobId)];
  const latest = snapshot.latestDeployment(evaluation.namespace, evaluation.jobId);
  const rollout = new Rollout(job, latest, input);
  const difference = findDifference(input, job, allocs);
  takeOff(input, difference.stopped);
  const { outcome, moves } = carryOut(input, job, { rollout, difference });
  input.ledger.rollback();

  joinRollout(rollout, moves);
  const finished = rollout.finish();
  const deploymentTotals = totalsOf(rollout, moves);
  const belongs = belonging(rollout, finished, moves);
  const followUps = resumptions(input, moves);
  const decided = {
    stops: difference.stops,
    updates: difference.updates.map(({ group, ...update }) => inRollout(update, belongs(group))),
    deployment: finished.deployment,
    deploymentUpdates: finished.updates,
    deploymentId: finished.deploymentId,
    ...(deploymentTotals === undefined ? {} : { deploymentTotals }),
    followUps,
    desired: desiredOf(difference, moves),
  };
  const placements = outcome.placements.map((placement) =>
    placement.jobVersion === undefined ? inRollout(placement, belongs(placement.group)) : placement,
  );
  const result = composeResult(input, job, { decided, outcome: { ...outcome, placements } });
  const next = followUps[0];
  return next === undefined
    ? result
    : { ...result, evaluation: { ...result.evaluation, nextEval: next.id } };
}

/** What stops makes room. */
function takeOff({ ledger }: ScheduleInput, stopped: readonly Alloc[]): void {
  for (const alloc of stopped) {
    const slot = ledger.slotOf(alloc.nodeId);
    if (slot !== undefined && !isTerminal(alloc)) ledger.drop(slot, alloc);
  }
}

const NOTHING: PlaceOutcome = {
  placements: [],
  stops: [],
  evictions: [],
  failures: new Map(),
  queued: new Map(),
  remainder: false,
};

function carryOut(
  input: ScheduleInput,
  job: Job | undefined,
  { rollout, difference }: { rollout: Rollout; difference: Difference },
): { readonly outcome: PlaceOutcome; readonly moves: readonly GroupMove[] } {
  if (job === undefined || job.stop) return { outcome: NOTHING, moves: [] };
  const placer = new NodePlacer(input, job);
  const moves = job.groups.flatMap((group) => {
    const found = difference.groups.get(group.name);
    return found === undefined ? [] : [moveGroup({ input, job, group, rollout, placer }, found)];
  });
  const { placements, stops, evictions, failures, queued, remainder } = placer;
  return { outcome: { placements, stops, evictions, failures, queued, remainder }, moves };
}

/** A new version, or the first of a job, begins a rollout; one that is through ends. */
function joinRollout(rollout: Rollout, moves: readonly GroupMove[]): void {
  const { current } = rollout;
  if (current === undefined) {
    const mine = moves.filter(({ state }) => state !== undefined);
    // Together: nodes for a group that has none yet may still join.
    if (!mine.some(({ begins }) => begins)) return;
    for (const { group, state } of mine) if (state !== undefined) rollout.add(group, state);
    return;
  }
  const mine = moves.filter(({ group }) => group in current.groups);
  const isSomewhere = mine.some(({ state }) => (state?.desiredTotal ?? 0) > 0);
  if (isSomewhere && mine.every(({ complete }) => complete)) rollout.succeed();
}

function totalsOf(rollout: Rollout, moves: readonly GroupMove[]): DeploymentTotals | undefined {
  const moved = moves.filter((move) => hasMoved(rollout, move));
  if (rollout.current === undefined || moved.length === 0) return undefined;
  const groups = moved.flatMap(({ group, state }) => {
    if (state === undefined) return [];
    const { desiredTotal, desiredCanaries } = state;
    return [[group, { desiredTotal, desiredCanaries }] as const];
  });
  return { id: rollout.current.id, groups: Object.fromEntries(groups) };
}

/** Which rollout what is placed of a group belongs to. */
function belonging(
  rollout: Rollout,
  { deployment, deploymentId }: ReturnType<Rollout['finish']>,
  moves: readonly GroupMove[],
): (group: string) => DeploymentId | undefined {
  const groups = (deployment ?? rollout.current)?.groups ?? {};
  const mine = new Set(moves.map(({ group }) => group).filter((group) => group in groups));
  return (group) => (mine.has(group) ? deploymentId : undefined);
}

function inRollout<T extends Placement | InPlaceUpdate>(
  change: T,
  deploymentId: DeploymentId | undefined,
): T {
  return deploymentId === undefined ? change : { ...change, deploymentId };
}

/** Evaluations for when the next batches may begin, but for instants that one waits for already. */
function resumptions(input: ScheduleInput, moves: readonly GroupMove[]): readonly Evaluation[] {
  const instants = new Set(moves.flatMap(({ resumesAt }) => resumesAt ?? []));
  if (instants.size === 0) return [];
  const { id, namespace, jobId } = input.evaluation;
  for (const other of input.snapshot.evalsByJob(namespace, jobId)) {
    const isResumption = other.triggeredBy === 'rolling-update' && other.status === 'pending';
    if (!isResumption || other.id === id || other.waitUntil === undefined) continue;
    instants.delete(other.waitUntil);
  }
  return [...instants].map((waitUntil) =>
    followUp(input.evaluation, {
      id: input.nextId(),
      now: input.now,
      triggeredBy: 'rolling-update',
      status: 'pending',
      description: '',
      waitUntil,
    }),
  );
}

function desiredOf(
  { groups }: Difference,
  moves: readonly GroupMove[],
): Readonly<Record<string, DesiredUpdates>> {
  const desired: Record<string, DesiredUpdates> = {};
  // Groups that the job has no more.
  for (const [name, found] of groups) desired[name] = stoppedOnly(found);
  for (const { group, desired: counts } of moves) desired[group] = counts;
  const told = Object.entries(desired).filter(([, counts]) =>
    Object.values(counts).some((count) => count > 0),
  );
  return Object.fromEntries(told);
}

function stoppedOnly({ ignored, stopped, migrated }: GroupFindings): DesiredUpdates {
  const nothing = { place: 0, inPlaceUpdate: 0, destructiveUpdate: 0, canary: 0, preemptions: 0 };
  return { ...nothing, ignore: ignored, stop: stopped, migrate: migrated };
}
