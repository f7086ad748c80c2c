/**
 * Which agent answers a request: the one that was asked, or one that knows better.
 *
 * PL1: what concerns the agent that is asked is answered by it, whatever its role.
 * PL2: a server answers from its own state only what may be old, and only while that is no older
 *      than it may be; the leader answers everything else, and takes every change.
 * PL3: a request that names a region, or a datacenter of one, is that region's to answer.
 */
import { parseQuery } from '../../api/query.ts';
import { parseDuration } from '../../base/duration.ts';

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
  /^\/v1\/(?:status\/|client\/|event\/stream$|operator\/(?:raft\/(?!transfer|peer$)|autopilot\/)|jobs\/parse$|validate\/|regions$|catalog\/datacenters$|coordinate\/datacenters$)/;

/**
 * @param role of the agent that was asked; `server`: of several
 * @param staleMs how old a server's own answers may be by now [ms]
 * @returns `here`, or `leader`: whichever server leads, which may be this one
 */
export function placementOf(
  request: Placed,
  role: 'server' | 'client',
  staleMs = 0,
): 'here' | 'leader' {
  if (OF_THE_AGENT.test(request.pattern)) return 'here';
  if (role === 'client') return 'leader';
  if (OF_ANY_SERVER.test(request.pattern)) return 'here';
  const { method, query } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  return isRead && staleMs <= staleMsMax(query) ? 'here' : 'leader';
}

/** Which region a request names, by itself or by a datacenter; neither: this one. */
export interface Whereabouts {
  readonly region?: string;
  readonly datacenter?: string;
}

/** Where a request is to be answered, as far as it says so (PL3). */
export function whereaboutsOf({ pattern, query }: Omit<Placed, 'method'>): Whereabouts {
  if (OF_THE_AGENT.test(pattern) || !/(?:^|&)(?:region|dc)=/.test(query)) return NOWHERE_ELSE;
  const asked = parseQuery(query);
  const region = asked.get('region') ?? '';
  if (region !== '') return { region };
  const datacenter = asked.get('dc') ?? '';
  return datacenter === '' ? NOWHERE_ELSE : { datacenter };
}

const NOWHERE_ELSE: Whereabouts = {};

/** Requests whose body is a job, which may name its region. */
const OF_A_JOB = /^\/v1\/(?:jobs|job\/:[^/]+(?:\/plan)?)$/;

/** Whether the job in its body says where a request is to be answered, as nothing else does. */
export function isPlacedByJob({ method, pattern, query }: Placed): boolean {
  if (method === 'GET' || method === 'DELETE' || !OF_A_JOB.test(pattern)) return false;
  return whereaboutsOf({ pattern, query }) === NOWHERE_ELSE;
}

/** The region that a job in the API's form names. Undefined: none, or it is not readable. */
export function regionOfJob(body: Uint8Array): string | undefined {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder().decode(body));
  } catch {
    // Whoever answers says what is wrong with it.
    return undefined;
  }
  const { Job: job } = recordOf(read);
  const { Region: region } = recordOf(job);
  // What says `global` means wherever it is asked. Source: Nomad.
  return typeof region === 'string' && region !== '' && region !== 'global' ? region : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/**
 * How old an answer may be [ms]; below 0: not at all. The bare presence of `stale` counts; a bound
 * says the same, within it. Source: both APIs, and Consul's `max_stale`.
 */
function staleMsMax(query: string): number {
  if (!query.includes('stale')) return -1;
  const asked = parseQuery(query);
  const stale = asked.get('stale');
  const bound = parseDuration(asked.get('max_stale') ?? '') ?? 0;
  if (bound > 0) return bound;
  return stale !== undefined && stale !== 'false' ? Infinity : -1;
}
