/**
 * Whether an allocation is healthy, as its deployment (or the drain that moved it here) asks.
 *
 * H1: a verdict is final for its key; a new key (the next deployment) starts over.
 * H2: healthy means: every task that is to run has run for `minHealthyMs` without an end between,
 *     and every task that is to end has ended well.
 * H3: a failed task is unhealthy at once, everything else at the deadline.
 *
 * H4: with `checks`, the services' checks must have been well for as long, too.
 * H5: all of that is judged by the client's own time: a clock that is set makes nothing healthy and
 *     nothing late.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/update
 */
import type { Millis } from '../../base/brand.ts';
import { formatDuration } from '../../base/duration.ts';
import { tasksWithBadChecks, wellSince as checksWellSince } from './checks.ts';
import type { CheckStates, WatchedCheck } from './checks.ts';
import type { Member } from './lifecycle.ts';
import type { Moment } from './moment.ts';
import { isDead, since } from './task.ts';

export interface HealthPolicy {
  /** What the verdict is for: a deployment's id, or `migrate`. */
  readonly key: string;
  readonly mode: 'checks' | 'task_states' | 'manual';
  readonly minHealthyMs: number;
  readonly deadlineMs: number;
}

/** What health is judged by. */
export interface HealthSubject {
  readonly members: readonly Member[];
  readonly states: CheckStates;
  readonly watched: readonly WatchedCheck[];
}

/** What is remembered between two looks; its instants are of the client's own time. */
export interface HealthState {
  readonly key: string;
  readonly beganAt: Millis;
  /** Since when everything is as it should be; absent while it is not. */
  readonly wellSince?: Millis;
  /** Its instant is the wall clock's: it is told. */
  readonly verdict?: { readonly healthy: boolean; readonly at: Millis };
}

export interface Judgement {
  readonly state: HealthState | undefined;
  readonly wakeAt?: Millis;
  /** For each task that stood in the way, what its event says. Only beside a new verdict. */
  readonly complaints: readonly { readonly task: string; readonly message: string }[];
}

/** Looks at tasks and checks; undefined as policy means that nobody asks for health. */
export function judge(
  before: HealthState | undefined,
  policy: HealthPolicy | undefined,
  subject: HealthSubject,
  at: Moment,
): Judgement {
  if (policy === undefined || policy.mode === 'manual') return { state: undefined, complaints: [] };
  const { steady } = at;
  const known = before?.key === policy.key ? before : { key: policy.key, beganAt: steady };
  if (known.verdict !== undefined) return { state: known, complaints: [] };
  const relevant = subject.members.filter((m) => m.role.hook !== 'poststop');
  const judged = { ...subject, members: relevant };
  if (relevant.some((m) => m.run.failed && isDead(m.run))) {
    return unhealthy(known, policy, judged, at.now);
  }
  const { beganAt, key } = known;
  const deadlineAt = (beganAt + policy.deadlineMs) as Millis;
  const checksSince =
    policy.mode === 'checks' ? checksWellSince(subject.states, subject.watched) : beganAt;
  const wellSince =
    relevant.every(isWell) && checksSince !== undefined
      ? (Math.max(sinceWhen(relevant, known, steady), checksSince) as Millis)
      : undefined;
  if (wellSince !== undefined && steady - wellSince >= policy.minHealthyMs) {
    const verdict = { healthy: true, at: at.now };
    return { state: { key, beganAt, wellSince, verdict }, complaints: [] };
  }
  if (steady >= deadlineAt) return unhealthy(known, policy, judged, at.now);
  const state: HealthState = { key, beganAt, ...(wellSince === undefined ? {} : { wellSince }) };
  const settledAt = wellSince === undefined ? deadlineAt : wellSince + policy.minHealthyMs;
  return { state, wakeAt: Math.min(settledAt, deadlineAt) as Millis, complaints: [] };
}

/** The latest start counts: a task that came back meanwhile begins its time anew. */
function sinceWhen(members: readonly Member[], known: HealthState, steady: Millis): Millis {
  const starts = members.map(({ run }) => since(run) ?? steady);
  return Math.max(known.beganAt, ...starts) as Millis;
}

function isWell({ role, run }: Member): boolean {
  if (run.life.phase === 'running') return role.sidecar || role.hook !== 'prestart';
  const ends = !role.sidecar && role.hook !== 'main';
  return ends && isDead(run) && !run.failed;
}

function unhealthy(
  known: HealthState,
  policy: HealthPolicy,
  { members, states, watched }: HealthSubject,
  now: Millis,
): Judgement {
  const { key, beganAt } = known;
  const bad = policy.mode === 'checks' ? tasksWithBadChecks(states, watched) : [];
  const complaints = members.flatMap((member) => {
    const isBlamed = bad.some((task) => task === undefined || task === member.name);
    const message =
      isBlamed && isWell(member) ? 'Services not healthy by deadline' : complaint(member, policy);
    return message === undefined ? [] : [{ task: member.name, message }];
  });
  return { state: { key, beganAt, verdict: { healthy: false, at: now } }, complaints };
}

function complaint({ role, run }: Member, policy: HealthPolicy): string | undefined {
  const deadline = formatDuration(policy.deadlineMs);
  if (run.failed) return 'Unhealthy because of failed task';
  switch (run.life.phase) {
    case 'waiting':
    case 'preparing':
    case 'starting':
    case 'restarting':
    case 'canceling':
      return `Task not running by healthy_deadline of ${deadline}`;
    case 'running':
    case 'draining':
    case 'killing': {
      const least = formatDuration(policy.minHealthyMs);
      return `Task not running for min_healthy_time of ${least} by healthy_deadline of ${deadline}`;
    }
    case 'dead':
      return role.hook === 'main' || role.sidecar ? 'Unhealthy because of dead task' : undefined;
  }
}
