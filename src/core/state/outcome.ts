/** What the local `apply` said of one entry: an answer for whoever proposed it, as data. */
import type { Index } from '../../base/brand.ts';
import type { CatalogNode, ServiceInstance } from '../model/catalog.ts';
import type { HealthCheck } from '../model/health-check.ts';
import type { AllocId, EvalId, JobId, NodeId } from '../model/ids.ts';
import type { KvPair } from '../model/kv.ts';

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
  /** For `txn.apply`: what its operations answer, in their order. */
  results?: readonly TxnResult[];
}>;

/** The entry lost a race or names what does not exist: nothing changed. */
export type Refused = Readonly<{
  ok: false;
  reason: 'conflict' | 'not_found' | 'invalid';
  /** In the words of who asked: `job "x" not found`. */
  message: string;
  /** For `txn.apply`: each operation that could not be. */
  failures?: readonly TxnFailure[];
}>;

/** What an operation of a transaction answers: a row as it left it. */
export type TxnResult = Readonly<
  | { of: 'kv'; pair: KvPair; withValue: boolean }
  | { of: 'node'; node: CatalogNode }
  | { of: 'service'; service: ServiceInstance }
  | { of: 'check'; check: HealthCheck }
>;

/** An operation of a transaction that could not be: its place, from 0, and why. */
export type TxnFailure = Readonly<{ op: number; message: string }>;

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
