/** What the local `apply` said of one entry: an answer for whoever proposed it, as data. */
import type { Index } from '../../base/brand.ts';
import type { AllocId, EvalId, JobId, NodeId } from '../model/ids.ts';

export type Outcome = Accepted | Refused;

export type Accepted = Readonly<{
  ok: true;
  /** False: the entry said what was so already; no row changed. */
  changed: boolean;
  /** Evaluations that came into being with it. */
  evalIds: readonly EvalId[];
  /** For job entries: the job's index after it, and its version. */
  jobModifyIndex?: Index;
  jobVersion?: number;
  /** For `job.dispatch`: the child; an earlier one where its idempotency token was used before. */
  childId?: JobId;
  /** For `plan.apply`: what was not placed. Empty when all was. */
  refused?: readonly Refusal[];
}>;

/** The entry lost a race or names what does not exist: nothing changed. */
export type Refused = Readonly<{
  ok: false;
  reason: 'conflict' | 'not_found' | 'invalid';
  /** In the words of who asked: `job "x" not found`. */
  message: string;
}>;

/** One node's share of a plan that was not carried out. */
export type Refusal = Readonly<{
  nodeId: NodeId;
  allocIds: readonly AllocId[];
  /** `node is down`, `memory exhausted`, `port 8080 taken`. */
  reason: string;
}>;

/** What an edit amounts to when it was carried out. */
export function accepted(
  edit: { readonly changes: readonly unknown[]; readonly evalIds: readonly EvalId[] },
  more: Omit<Accepted, 'ok' | 'changed' | 'evalIds'> = {},
): Accepted {
  return { ok: true, changed: edit.changes.length > 0, evalIds: edit.evalIds, ...more };
}

export function refused(reason: Refused['reason'], message: string): Refused {
  return { ok: false, reason, message };
}
