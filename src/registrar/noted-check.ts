/** What a check's row becomes when the check found something, or was told. */
import type { Millis } from '../base/brand.ts';
import type { CheckState } from '../core/checks/check.ts';
import type { OwnedCheck } from './own-rows.ts';

/** The row, and when the servers are to hear of it; `tellAt` undefined: there is nothing new. */
export interface NotedCheck {
  readonly row: OwnedCheck;
  readonly tellAt: 'now' | Millis | undefined;
}

/** @param hold until when an output that is new, and nothing else, may wait */
export function noteCheck(
  before: OwnedCheck,
  { status, output, known }: CheckState,
  hold: () => Millis,
): NotedCheck {
  const { outputHeldUntil: held, ...origin } = before;
  const row = { ...origin, pending: !known, facts: { ...before.facts, status, output } };
  // The first that is known of a check is told at once, as a change of its status is.
  const isFirst = before.pending === true && before.facts.output === '';
  if (status !== before.facts.status || (isFirst && output !== '')) return { row, tellAt: 'now' };
  // Found for the first time what was so before already: from now on it is our word.
  if (output === before.facts.output) {
    return { row: { ...before, pending: false }, tellAt: undefined };
  }
  const tellAt = held ?? hold();
  return { row: { ...row, outputHeldUntil: tellAt }, tellAt };
}
