/**
 * Which agent answers a request: the one that was asked, or one that knows better.
 *
 * PL1: what concerns the agent that is asked is answered by it, whatever its role.
 * PL2: a server answers from its own state only what may be old; the leader answers everything
 *      else, and takes every change.
 */
import { parseQuery } from '../../api/query.ts';

/** A request, as far as it says who is to answer it. */
export interface Placed {
  readonly method: string;
  /** Of the mount: `/v1/kv/*key`. */
  readonly pattern: string;
  readonly query: string;
}

/** About the agent itself, its machine and its members. */
const OF_THE_AGENT = /^\/v1\/(?:agent\/|metrics$)/;
/** Answered by any server: who leads, what runs on nodes (asked over the link), what changes. */
const OF_ANY_SERVER =
  /^\/v1\/(?:status\/|client\/|event\/stream$|operator\/(?:raft|autopilot)\/|jobs\/parse$|validate\/)/;

/**
 * @param role of the agent that was asked; `server`: of several
 * @returns `here`, or `leader`: whichever server leads, which may be this one
 */
export function placementOf(request: Placed, role: 'server' | 'client'): 'here' | 'leader' {
  if (OF_THE_AGENT.test(request.pattern)) return 'here';
  if (role === 'client') return 'leader';
  if (OF_ANY_SERVER.test(request.pattern)) return 'here';
  const { method, query } = request;
  return (method === 'GET' || method === 'HEAD') && mayBeStale(query) ? 'here' : 'leader';
}

/** Its bare presence counts. Source: both APIs. */
function mayBeStale(query: string): boolean {
  if (!query.includes('stale')) return false;
  const stale = parseQuery(query).get('stale');
  return stale !== undefined && stale !== 'false';
}
