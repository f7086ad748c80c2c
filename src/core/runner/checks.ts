/**
 * What the checks of an allocation's services mean for it: its health, and restarts of its tasks.
 *
 * C1: only a status that was told while its task ran counts; a task that comes back begins anew.
 * C2: a task is restarted when its check was bad for `limit` runs in a row, the grace after its
 *     start not counted.
 * C3: all instants here are of the client's own time.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/check_restart
 */
import type { Millis } from '../../base/brand.ts';
import type { HealthStatus } from '../model/health-check.ts';
import type { CheckRestart } from '../model/service.ts';
import type { Member } from './lifecycle.ts';
import { since } from './task.ts';

/** A check as the allocation depends on it. */
export interface WatchedCheck {
  readonly id: string;
  readonly name: string;
  readonly intervalMs: number;
  /** The task it speaks of; absent: the whole group. */
  readonly task?: string;
  /** `require_healthy ignore_warnings ignore`. */
  readonly onUpdate: string;
  readonly restart?: CheckRestart;
}

/** How a check fares, and since when on the client's own time. */
export interface CheckState {
  readonly status: HealthStatus;
  readonly since: Millis;
}

/** By check; absent: it has not run since its task started. */
export type CheckStates = Readonly<Record<string, CheckState>>;

export const NO_CHECKS: CheckStates = {};

/** Notes what a check said. A status that is known already changes nothing. */
export function noteCheck(
  states: CheckStates,
  id: string,
  status: HealthStatus,
  now: Millis,
): CheckStates {
  if (states[id]?.status === status) return states;
  return { ...states, [id]: { status, since: now } };
}

/** Forgets what was said of tasks that do not run now (C1). */
export function currentChecks(
  states: CheckStates,
  watched: readonly WatchedCheck[],
  members: readonly Member[],
): CheckStates {
  const kept = watched.filter(({ id, task }) => id in states && isUp(members, task));
  if (kept.length === Object.keys(states).length) return states;
  return Object.fromEntries(kept.flatMap(({ id }) => entryOf(states, id)));
}

/** Since when every check that counts is well enough; undefined: one is not. */
export function wellSince(
  states: CheckStates,
  watched: readonly WatchedCheck[],
): Millis | undefined {
  let latest = 0 as Millis;
  for (const check of watched) {
    if (check.onUpdate === 'ignore') continue;
    const state = states[check.id];
    if (state === undefined || !isWellEnough(state.status, check.onUpdate)) return undefined;
    if (state.since > latest) latest = state.since;
  }
  return latest;
}

/** The tasks whose checks stand in the way of health: told of it in their events. */
export function tasksWithBadChecks(
  states: CheckStates,
  watched: readonly WatchedCheck[],
): readonly (string | undefined)[] {
  const bad = watched.filter(({ id, onUpdate }) => {
    const state = states[id];
    return onUpdate !== 'ignore' && !(state && isWellEnough(state.status, onUpdate));
  });
  return [...new Set(bad.map(({ task }) => task))];
}

export interface CheckVerdict {
  /** To be restarted now, each once. */
  readonly restarts: readonly Readonly<{ task: string; reason: string }>[];
  readonly wakeAt?: Millis;
}

/** Which tasks their checks have condemned by now, and when the next one is (C2). */
export function condemned(
  states: CheckStates,
  watched: readonly WatchedCheck[],
  members: readonly Member[],
  now: Millis,
): CheckVerdict {
  const restarts = new Map<string, string>();
  let wakeAt: Millis | undefined;
  for (const check of watched) {
    const state = states[check.id];
    if (state === undefined || !isBad(state.status, check.restart)) continue;
    for (const member of members.filter((m) => isMeant(m, check.task))) {
      const dueAt = dueOf(check, state, member);
      if (dueAt <= now) restarts.set(member.name, `healthcheck: check "${check.name}" unhealthy`);
      else if (wakeAt === undefined || dueAt < wakeAt) wakeAt = dueAt;
    }
  }
  return {
    restarts: Array.from(restarts, ([task, reason]) => ({ task, reason })),
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
}

function dueOf({ restart, intervalMs }: WatchedCheck, state: CheckState, member: Member): Millis {
  const { limit = 0, graceMs = 0 } = restart ?? {};
  const countedFrom = Math.max(state.since, (since(member.run) ?? 0) + graceMs);
  return (countedFrom + intervalMs * Math.max(0, limit - 1)) as Millis;
}

function isBad(status: HealthStatus, restart: CheckRestart | undefined): boolean {
  if (restart === undefined || restart.limit <= 0) return false;
  return status === 'critical' || (status === 'warning' && !restart.ignoreWarnings);
}

function isWellEnough(status: HealthStatus, onUpdate: string): boolean {
  return status === 'passing' || (status === 'warning' && onUpdate === 'ignore_warnings');
}

/** A check of the group speaks of all its main tasks. */
function isMeant({ name, role, run }: Member, task: string | undefined): boolean {
  if (run.life.phase !== 'running') return false;
  return task === undefined ? role.hook === 'main' : name === task;
}

function isUp(members: readonly Member[], task: string | undefined): boolean {
  return members.some((member) => isMeant(member, task));
}

function entryOf(states: CheckStates, id: string): readonly (readonly [string, CheckState])[] {
  const state = states[id];
  return state === undefined ? [] : [[id, state]];
}
