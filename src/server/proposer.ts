/** Writing to the log, with refusals told as failures. */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Fault } from '../base/failure.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Accepted, Outcome, Refused } from '../core/state/outcome.ts';
import type { Log } from '../ports/log.ts';

/** All that writing needs of the log. */
export type Appends = Pick<Log<Entry, Outcome>, 'append'>;

export interface Done {
  readonly index: Index;
  readonly outcome: Accepted;
}

/**
 * Appends one entry and answers what came of it.
 *
 * Fails: `conflict`, `not_found`, `invalid` as `apply` refused it; `exhausted`, `unavailable` as
 * the log refused it.
 */
export async function propose(log: Appends, entry: Entry): Promise<Done> {
  const [committed] = await log.append([entry]);
  if (committed === undefined) throw new Failure('internal', 'the log answered nothing');
  const { index, outcome } = committed;
  if (!outcome.ok) throw refusal(outcome);
  return { index, outcome };
}

function refusal(outcome: Refused): Failure {
  const fault: Fault = outcome.reason;
  return new Failure(fault, outcome.message);
}
