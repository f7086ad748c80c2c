/** Failures as the discovery API answers them: plain text, most of them with status 500. */
import type { Index } from '../../../base/brand.ts';
import { explain, Failure, type Fault } from '../../../base/failure.ts';
import type { HttpReply } from '../../../ports/http.ts';
import { textReply } from '../fail.ts';
import { toldHeaders } from './bind.ts';

/** What Consul's clients expect: they take 500 for worth another try, and know few others. */
const STATUS: Readonly<Record<Fault, number>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  conflict: 500,
  exhausted: 429,
  unsupported: 501,
  canceled: 499,
  timeout: 500,
  unavailable: 500,
  internal: 500,
};

/**
 * Makes an answer of whatever a handler threw. A failure's `status` fact takes the place of its
 * fault's status, and its `index` fact goes into the headers.
 */
export function consulFailureReply(error: unknown): HttpReply {
  if (!(error instanceof Failure)) return textReply(500, explain(error));
  const status = Number(error.facts['status'] ?? STATUS[error.fault]);
  const index = error.facts['index'];
  const headers =
    index === undefined ? {} : toldHeaders({ index: Number(index) as Index }, 'default');
  return textReply(status, explain(error), headers);
}
