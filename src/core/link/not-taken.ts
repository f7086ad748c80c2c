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
