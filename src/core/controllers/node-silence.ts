/**
 * What the silence of a node means: it is out of touch for as long as something on it may wait for
 * its return, and down after that.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/disconnect
 */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { NodeId } from '../model/ids.ts';
import { disconnectGraceMs } from '../scheduler/buckets.ts';
import type { State } from '../state/state.ts';

export type Silence =
  | { readonly status: 'down' }
  /** `until`: what waits longest is given up then. */
  | { readonly status: 'disconnected'; readonly until: Millis };

/** Judges a node that is not heard any more. */
export function judgeSilence(state: State, nodeId: NodeId, now: Millis): Silence {
  const node = state.node(nodeId);
  const silentSince = node?.status === 'disconnected' ? node.statusUpdatedAt : now;
  let until = now;
  for (const alloc of state.allocsByNode(nodeId)) {
    const graceMs = isTerminal(alloc) ? undefined : graceOf(state, alloc);
    if (graceMs === undefined) continue;
    const lostAt = ((alloc.disconnectedAt ?? silentSince) + graceMs) as Millis;
    if (lostAt > until) until = lostAt;
  }
  return until > now ? { status: 'disconnected', until } : { status: 'down' };
}

function graceOf(state: State, alloc: Alloc): number | undefined {
  const job = state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion);
  const group = job?.groups.find(({ name }) => name === alloc.group);
  return group === undefined ? undefined : disconnectGraceMs(group);
}
