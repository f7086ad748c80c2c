/**
 * The life of one check on its agent.
 *
 * H1: a status follows the runs only after as many equal results in succession as the definition
 *     asks for; the very first result counts at once. Warnings count as successes.
 * H2: a check runs at most once at a time; the next run begins an interval after the last ended,
 *     the first one at an instant that was drawn for it.
 * H3: a `ttl` check that nobody reported for its time is critical.
 * H4: an instance is to be deregistered once a check of it has been critical without a break for as
 *     long as the check says; until that has happened it is asked for again and again.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/usage/checks
 */
import type { Millis } from '../../base/brand.ts';
import type { Turn } from '../../base/turn.ts';
import type { CheckDefinition, HealthStatus } from '../model/health-check.ts';
import { headText } from './output.ts';
import type { Verdict } from './verdict.ts';

export interface CheckState {
  readonly status: HealthStatus;
  readonly output: string;
  /** False until it ran, or was reported, for the first time. */
  readonly known: boolean;
  readonly successes: number;
  readonly failures: number;
  readonly running: boolean;
  /** Absent: it is not run, or runs now. */
  readonly nextRunAt: Millis | undefined;
  /** Of a `ttl` check. */
  readonly expiresAt: Millis | undefined;
  /** What was last reported of a `ttl` check, told again when it expires; empty: nothing. */
  readonly reported: string;
  /** When its instance is to be deregistered, unless it recovers. */
  readonly reapAt: Millis | undefined;
}

export type CheckInput =
  | Readonly<{ type: 'tick' }>
  /** A run ended; without a verdict it was broken off and says nothing. */
  | Readonly<{ type: 'ran'; verdict: Verdict | undefined }>
  /** Somebody reported a `ttl` check, or an alias's target changed. */
  | Readonly<{ type: 'reported'; verdict: Verdict }>;

export type CheckEffect = Readonly<{ do: 'probe' }> | Readonly<{ do: 'deregister-service' }>;

/** What one does who could not deregister an instance: tries again [ms]. Source: Consul's cycle. */
const REAP_AGAIN_MS = 30_000;

/** What a check knows of its past when it begins. */
export interface Remembered {
  readonly status: HealthStatus;
  readonly output: string;
}

/**
 * A check at its beginning.
 *
 * @param spread in [0, 1): where in its interval the first run lies (H2)
 * @param past of the same check, registered before; absent: it is new
 */
export function newCheck(
  definition: CheckDefinition,
  now: Millis,
  spread: number,
  past?: Remembered,
): CheckState {
  const state: CheckState = {
    status: past?.status ?? definition.initialStatus,
    output: past?.output ?? '',
    known: past !== undefined,
    // As if the thresholds were reached: the first result counts at once (H1).
    successes: definition.successBeforePassing,
    failures: definition.failuresBeforeCritical,
    running: false,
    reported: '',
    reapAt: undefined,
    ...firstTimes(definition, now, spread),
  };
  return watched(state, definition, now);
}

function firstTimes(
  { probe, intervalMs }: CheckDefinition,
  now: Millis,
  spread: number,
): Pick<CheckState, 'nextRunAt' | 'expiresAt'> {
  if (probe.kind === 'ttl') {
    return { nextRunAt: undefined, expiresAt: (now + probe.ttlMs) as Millis };
  }
  if (probe.kind === 'alias') return { nextRunAt: undefined, expiresAt: undefined };
  return { nextRunAt: (now + Math.floor(intervalMs * spread)) as Millis, expiresAt: undefined };
}

/** Moves a check on. */
export function stepCheck(
  state: CheckState,
  input: CheckInput,
  definition: CheckDefinition,
  now: Millis,
): Turn<CheckState, CheckEffect> {
  switch (input.type) {
    case 'tick':
      return tick(state, definition, now);
    case 'ran':
      return turn(watched(ran(state, input.verdict, definition, now), definition, now), []);
    case 'reported':
      return turn(watched(reported(state, input.verdict, definition, now), definition, now), []);
  }
}

/** When a check wants to be asked again; undefined: never. */
export function wakeTime(state: CheckState): Millis | undefined {
  const times = [state.nextRunAt, state.expiresAt, state.reapAt].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : (Math.min(...times) as Millis);
}

function turn(state: CheckState, effects: readonly CheckEffect[]): Turn<CheckState, CheckEffect> {
  const wakeAt = wakeTime(state);
  return { state, effects, ...(wakeAt === undefined ? {} : { wakeAt }) };
}

function tick(
  before: CheckState,
  definition: CheckDefinition,
  now: Millis,
): Turn<CheckState, CheckEffect> {
  const effects: CheckEffect[] = [];
  let state = before;
  if (isDue(state.expiresAt, now)) {
    state = watched(expired(state, definition), definition, now);
  }
  if (isDue(state.nextRunAt, now)) {
    state = { ...state, nextRunAt: undefined, running: true };
    effects.push({ do: 'probe' });
  }
  if (isDue(state.reapAt, now)) {
    state = { ...state, reapAt: (now + REAP_AGAIN_MS) as Millis };
    effects.push({ do: 'deregister-service' });
  }
  return turn(state, effects);
}

function isDue(at: Millis | undefined, now: Millis): boolean {
  return at !== undefined && at <= now;
}

/** H3. */
function expired(state: CheckState, definition: CheckDefinition): CheckState {
  const { reported: last } = state;
  const output = last === '' ? EXPIRED : `${EXPIRED} (last output before timeout follows): ${last}`;
  return {
    ...state,
    expiresAt: undefined,
    known: true,
    status: 'critical',
    output: headText(output, definition.outputMaxBytes),
  };
}

const EXPIRED = 'TTL expired';

/** H1, H2. */
function ran(
  before: CheckState,
  verdict: Verdict | undefined,
  definition: CheckDefinition,
  now: Millis,
): CheckState {
  const nextRunAt = (now + definition.intervalMs) as Millis;
  const state = { ...before, running: false, nextRunAt };
  if (verdict === undefined) return state;
  return verdict.status === 'critical'
    ? failed(state, verdict, definition)
    : succeeded(state, verdict, definition);
}

function succeeded(
  state: CheckState,
  verdict: Verdict,
  { successBeforePassing }: CheckDefinition,
): CheckState {
  const successes = state.successes + 1;
  const counted = { ...state, successes, failures: 0, known: true };
  return successes >= successBeforePassing ? { ...counted, ...verdict } : counted;
}

function failed(
  state: CheckState,
  { output }: Verdict,
  { failuresBeforeWarning, failuresBeforeCritical }: CheckDefinition,
): CheckState {
  const failures = state.failures + 1;
  const counted = { ...state, failures, successes: 0, known: true };
  if (failures >= failuresBeforeCritical) return { ...counted, status: 'critical', output };
  // Before so many it stays what it was.
  return failures >= failuresBeforeWarning ? { ...counted, status: 'warning', output } : counted;
}

function reported(
  state: CheckState,
  verdict: Verdict,
  { probe, outputMaxBytes }: CheckDefinition,
  now: Millis,
): CheckState {
  const output = headText(verdict.output, outputMaxBytes);
  const next = { ...state, status: verdict.status, output, known: true };
  if (probe.kind !== 'ttl') return next;
  return { ...next, reported: output, expiresAt: (now + probe.ttlMs) as Millis };
}

/** H4: begins, keeps or ends the time until the instance goes. */
function watched(state: CheckState, definition: CheckDefinition, now: Millis): CheckState {
  const { deregisterCriticalServiceAfterMs: afterMs, serviceId } = definition;
  if (afterMs === 0 || serviceId === '') return state;
  if (state.status !== 'critical') return { ...state, reapAt: undefined };
  return state.reapAt === undefined ? { ...state, reapAt: (now + afterMs) as Millis } : state;
}
