/**
 * Puts the answer to an evaluation together: the plan, the evaluation's end and what follows it.
 */
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { PlacementMetrics } from '../model/metrics.ts';
import type { Plan, PlanAnnotations } from '../model/plan.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import { BLOCKED } from './descriptions.ts';
import { followUp } from './follow-up.ts';
import type { ReconcileResult } from './reconcile-result.ts';
import type { PlaceOutcome, PlannedEviction } from './place-outcome.ts';

export function composeResult(
  input: ScheduleInput,
  job: Job | undefined,
  { decided, outcome }: { decided: Omit<ReconcileResult, 'groups'>; outcome: PlaceOutcome },
): ScheduleResult {
  const plan = composePlan(input, job, { decided, outcome });
  const reasons = reasonsOf(input, outcome);
  const ended = endEvaluation(input, { decided, outcome, reasons });
  return {
    ...(isEmpty(plan) ? {} : { plan }),
    evaluation: ended.evaluation,
    followUps: [...decided.followUps, ...ended.followUps],
    annotations: annotate(decided.desired, outcome.evictions),
    remainder: outcome.remainder,
  };
}

/** Adds to the counts what goes for each group's sake. */
function annotate(
  desired: PlanAnnotations['desired'],
  evictions: readonly PlannedEviction[],
): PlanAnnotations {
  if (evictions.length === 0) return { desired, preempted: [] };
  const counted = Object.entries(desired).map(([name, counts]) => {
    const preemptions = evictions.filter(({ byGroup }) => byGroup === name).length;
    return [name, { ...counts, preemptions }] as const;
  });
  return {
    desired: Object.fromEntries(counted),
    preempted: evictions.map(({ alloc }) => alloc),
  };
}

function composePlan(
  { snapshot, evaluation }: ScheduleInput,
  job: Job | undefined,
  { decided, outcome }: { decided: Omit<ReconcileResult, 'groups'>; outcome: PlaceOutcome },
): Plan {
  const { deploymentTotals } = decided;
  return {
    evalId: evaluation.id,
    priority: evaluation.priority,
    basedOn: snapshot.index,
    namespace: evaluation.namespace,
    jobId: evaluation.jobId,
    jobVersion: job?.version ?? 0,
    allAtOnce: job?.allAtOnce ?? false,
    placements: outcome.placements,
    stops: [...decided.stops, ...outcome.stops],
    updates: decided.updates,
    preemptions: outcome.evictions.map(({ alloc, byAllocId }) => ({
      allocId: alloc.id,
      nodeId: alloc.nodeId,
      byAllocId,
    })),
    ...(decided.deployment === undefined ? {} : { deployment: decided.deployment }),
    deploymentUpdates: decided.deploymentUpdates,
    ...(deploymentTotals === undefined ? {} : { deploymentTotals }),
  };
}

function isEmpty(plan: Plan): boolean {
  return (
    plan.placements.length === 0 &&
    plan.stops.length === 0 &&
    plan.updates.length === 0 &&
    plan.deployment === undefined &&
    plan.deploymentUpdates.length === 0 &&
    plan.deploymentTotals === undefined
  );
}

/** What an evaluation says about what could not be placed. */
type Reasons = Pick<
  Evaluation,
  'failedGroups' | 'queuedAllocations' | 'classEligibility' | 'escapedComputedClass'
>;

function reasonsOf({ ledger }: ScheduleInput, outcome: PlaceOutcome): Reasons {
  const failedGroups: Record<string, PlacementMetrics> = {};
  const classEligibility: Record<string, boolean> = {};
  let escapedComputedClass = false;
  for (const [name, { metrics, terms }] of outcome.failures) {
    failedGroups[name] = metrics;
    escapedComputedClass ||= terms.requirement.escapes;
    for (const slot of ledger.order) {
      const node = ledger.nodeAt(slot);
      if (!terms.requirement.inDatacenter(node) || !terms.requirement.inPool(node)) continue;
      // One group that fits is enough for the class to be of help.
      classEligibility[node.computedClass] ||= terms.ranking.classRefusal(node) === undefined;
    }
  }
  return {
    failedGroups,
    queuedAllocations: Object.fromEntries(outcome.queued),
    classEligibility,
    escapedComputedClass,
  };
}

function endEvaluation(
  input: ScheduleInput,
  {
    decided,
    outcome,
    reasons,
  }: { decided: Omit<ReconcileResult, 'groups'>; outcome: PlaceOutcome; reasons: Reasons },
): { evaluation: Evaluation; followUps: readonly Evaluation[] } {
  const { evaluation, snapshot, now, nextId } = input;
  const { deploymentId } = decided;
  const base: Evaluation = {
    ...evaluation,
    ...(deploymentId === undefined ? {} : { deploymentId }),
    statusDescription: '',
    failedGroups: reasons.failedGroups,
    queuedAllocations: reasons.queuedAllocations,
    snapshotIndex: snapshot.index,
    modifiedAt: now,
  };
  const common = { now, id: '' };
  if (outcome.remainder) {
    const next = followUp(evaluation, {
      ...common,
      id: nextId(),
      triggeredBy: evaluation.triggeredBy,
      status: 'pending',
      description: '',
    });
    return { evaluation: { ...base, status: 'complete', nextEval: next.id }, followUps: [next] };
  }
  if (outcome.failures.size === 0) {
    return { evaluation: { ...base, status: 'complete' }, followUps: [] };
  }
  if (evaluation.status === 'blocked') {
    // Woken too early: it goes on waiting, under its own name.
    const waiting = { ...base, ...reasons, status: 'blocked', statusDescription: BLOCKED } as const;
    return { evaluation: waiting, followUps: [] };
  }
  const blocked: Evaluation = {
    ...followUp(evaluation, {
      ...common,
      id: nextId(),
      triggeredBy: 'queued-allocs',
      status: 'blocked',
      description: BLOCKED,
    }),
    ...reasons,
    // Room that came free while this was on its way to the log helps it (K1 in blocked.ts).
    snapshotIndex: snapshot.index,
  };
  const blockedEval: EvalId = blocked.id;
  return { evaluation: { ...base, status: 'complete', blockedEval }, followUps: [blocked] };
}
