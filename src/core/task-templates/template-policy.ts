/**
 * What a client says of the templates of its tasks, whatever their jobs say.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/configuration/client#template-parameters
 */
import type { Quiescence } from '../template/runner.ts';

export interface TemplatePolicy {
  /** Functions that fail when they are called. */
  readonly denied: readonly string[];
  /** For templates that say nothing; absent: they wait for no rest. */
  readonly wait?: Quiescence;
  /** What jobs may not go below, and beyond [ms]. */
  readonly waitMsMin: number;
  readonly waitMsMax: number;
  /** Between attempts of a question that fail [ms]; absent: the usual ones. */
  readonly backoff?: Readonly<{ first: number; most: number }>;
}

export const TEMPLATE_POLICY: TemplatePolicy = {
  denied: [],
  waitMsMin: 0,
  waitMsMax: Infinity,
};

/** @param asked of the job. How long its template waits; undefined: for no rest. */
export function waitUnder(
  { wait, waitMsMin, waitMsMax }: TemplatePolicy,
  asked: Quiescence | undefined,
): Quiescence | undefined {
  const wanted = asked ?? wait;
  if (wanted === undefined) return undefined;
  const minMs = Math.min(Math.max(wanted.minMs, waitMsMin), waitMsMax);
  return { minMs, maxMs: Math.max(minMs, Math.min(wanted.maxMs, waitMsMax)) };
}
