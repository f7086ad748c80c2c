/**
 * `apply`: the one function that advances the state.
 *
 * A1: total and deterministic: each replica computes the same from the same state and entry. There
 *     is no clock, chance or I/O in here.
 * A2: an entry that lost a race is refused as data (`outcome.ok` is false) and changes nothing but
 *     the index. A throw is a bug and stops the replica.
 * A3: the state that went in is as it was.
 */
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { transitionAllocs, updateFromClients } from './apply-allocs.ts';
import {
  deregisterFromCatalog,
  registerInCatalog,
  updateCoordinates,
  withdrawEnded,
} from './apply-catalog.ts';
import { configureScheduler, reap } from './apply-cluster.ts';
import { changeDeploymentStatus, promoteDeployment, setHealth } from './apply-deployments.ts';
import { deleteEvals, upsertEvals } from './apply-evals.ts';
import { fireEvent } from './apply-events.ts';
import {
  deregisterJob,
  dispatchJob,
  launchPeriodic,
  registerJob,
  scaleJob,
  setStability,
} from './apply-jobs.ts';
import {
  changeEligibility,
  changeNodeStatus,
  deregisterNodes,
  drainNode,
  noteNodeEvents,
  registerNode,
} from './apply-nodes.ts';
import { expireKv, applyKvWrite } from './apply-kv.ts';
import { applyPlan } from './apply-plan.ts';
import { restoreRows } from './apply-restore.ts';
import { createSession, invalidateSessions } from './apply-sessions.ts';
import { applyTxn } from './apply-txn.ts';
import { deleteQuery, setQuery } from './apply-queries.ts';
import { deleteNamespace, deleteNodePool, setNamespace, setNodePool } from './apply-tenancy.ts';
import { beginRollout, endRollout } from './apply-rollouts.ts';
import { deleteVariable, setVariable } from './apply-variables.ts';
import type { Change } from './change.ts';
import { Edit } from './edit.ts';
import { tagVersion } from './apply-tags.ts';
import type { Entry, EntryType } from './entry.ts';
import { ENTRY_VERSIONS } from './entry-version.ts';
import type { Outcome } from './outcome.ts';
import type { State } from './state.ts';

export type Applied = Readonly<{ state: State; outcome: Outcome; changes: readonly Change[] }>;

/** Advances the state by one committed entry (A1, A2, A3). */
export function apply(state: State, index: Index, entry: Entry): Applied {
  assert(index === state.index + 1, 'entries are applied in order, once, without gaps');
  const base = state.needing(ENTRY_VERSIONS.neededBy(entry));
  const edit = new Edit(base, index, entry.at);
  const outcome = dispatch(edit, entry);
  if (!outcome.ok) {
    assert(edit.changes.length === 0, 'A2: what is refused has changed nothing');
    return { state: base.unchangedAt(index), outcome, changes: [] };
  }
  withdrawEnded(edit);
  return { state: edit.finish(), outcome, changes: edit.changes };
}

type Handlers = {
  readonly [Type in EntryType]: (edit: Edit, entry: Extract<Entry, { type: Type }>) => Outcome;
};

const HANDLERS: Handlers = {
  'job.register': registerJob,
  'job.deregister': deregisterJob,
  'job.stability': setStability,
  'job.tag': tagVersion,
  'job.scale': scaleJob,
  'job.dispatch': dispatchJob,
  'periodic.launch': launchPeriodic,
  'node.register': registerNode,
  'node.status': changeNodeStatus,
  'node.eligibility': changeEligibility,
  'node.drain': drainNode,
  'node.deregister': deregisterNodes,
  'node.events': noteNodeEvents,
  'evals.upsert': upsertEvals,
  'evals.delete': deleteEvals,
  'plan.apply': applyPlan,
  'allocs.client-update': updateFromClients,
  'allocs.transition': transitionAllocs,
  'deployment.status': changeDeploymentStatus,
  'deployment.promote': promoteDeployment,
  'deployment.alloc-health': setHealth,
  'scheduler.config': configureScheduler,
  'gc.reap': reap,
  'catalog.register': registerInCatalog,
  'catalog.deregister': deregisterFromCatalog,
  'coordinates.update': updateCoordinates,
  'query.set': setQuery,
  'query.delete': deleteQuery,
  'kv.write': applyKvWrite,
  'kv.expire': expireKv,
  'txn.apply': applyTxn,
  'session.create': createSession,
  'session.invalidate': invalidateSessions,
  'event.fire': fireEvent,
  'rollout.begin': beginRollout,
  'rollout.end': endRollout,
  'variable.set': setVariable,
  'variable.delete': deleteVariable,
  'namespace.set': setNamespace,
  'namespace.delete': deleteNamespace,
  'node-pool.set': setNodePool,
  'node-pool.delete': deleteNodePool,
  'state.restore': restoreRows,
};

function dispatch(edit: Edit, entry: Entry): Outcome {
  assert(Object.hasOwn(HANDLERS, entry.type), 'the log holds no entry newer than this build');
  const handle = HANDLERS[entry.type] as (edit: Edit, entry: Entry) => Outcome;
  return handle(edit, entry);
}
