/**
 * Refusals that promise that nothing was done: neither now nor later will anything come of what
 * was asked for, so that whoever leads next may be asked the same, a change included.
 */
import { Failure } from '../../base/failure.ts';

const FACT = 'notTaken';

/** @param facts others, for logs */
export function notTaken(
  why: string,
  { cause, facts }: { readonly cause?: unknown; readonly facts?: Failure['facts'] } = {},
): Failure {
  const all = { ...facts, [FACT]: 1 };
  return new Failure('unavailable', why, { facts: all, ...(cause === undefined ? {} : { cause }) });
}

/** Also of one that came from another agent. */
export function isNotTaken(error: unknown): boolean {
  return error instanceof Failure && error.facts[FACT] === 1;
}

const ELSEWHERE = 'elsewhere';

/** Facts of a refusal of whatever is asked: another server may be asked the same at once. */
export const ASK_ELSEWHERE = { [FACT]: 1, [ELSEWHERE]: 1 } as const;

/** This server takes up nothing at all: it stops, or is not there yet. */
export function isForAnother(error: unknown): boolean {
  return error instanceof Failure && error.facts[ELSEWHERE] === 1;
}

const LOST = 'lost';

/** Facts of a call whose session ended before its answer. */
export const SESSION_LOST = { [LOST]: 1 } as const;

/** Nobody knows whether it was taken up. */
export function isLost(error: unknown): boolean {
  return error instanceof Failure && error.facts[LOST] === 1;
}
