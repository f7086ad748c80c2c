/** Failures as answers: plain text, which clients print, with the status of their fault. */
import type { Index } from '../../base/brand.ts';
import { HEADERS } from '../../api/common-query.ts';
import { explain, Failure, FAULTS } from '../../base/failure.ts';
import type { HttpReply } from '../../ports/http.ts';

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' } as const;

/** A plain text answer. */
export function textReply(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return { status, headers: { ...TEXT, ...headers }, body };
}

/**
 * Makes an answer of whatever a handler threw. A bug in answering one request harms no other: what
 * changes the state is `apply`, and a bug there ends the process by itself.
 *
 * A failure's `status` fact takes the place of its fault's status.
 */
export function failureReply(error: unknown): HttpReply {
  if (!(error instanceof Failure)) return textReply(500, explain(error));
  const status = Number(error.facts['status'] ?? FAULTS[error.fault].http);
  const index = error.facts['index'];
  const headers = index === undefined ? {} : { [HEADERS.index]: String(index) };
  return textReply(status, explain(error), headers);
}

/** The answer that nothing is there by that name, as of an index where that is known. */
export function notFound(what: string, index?: Index): Failure {
  return new Failure('not_found', what, index === undefined ? {} : { facts: { index } });
}

/** The answer that the request makes no sense. */
export function invalid(why: string): Failure {
  return new Failure('invalid', why);
}
