/**
 * What every endpoint of the discovery API takes and tells.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
import type { Dialect } from '../common-query.ts';
import { queryDuration, queryFlag, queryInt, queryText } from '../query.ts';

export const CONSUL_COMMON_QUERY = {
  datacenter: queryText('dc', 'the datacenter to ask'),
  index: queryInt('index', 'answer once what is read is newer than this'),
  waitMs: queryDuration('wait', 'answer after this long in any case; five minutes unless given'),
  stale: queryFlag('stale', 'any server may answer'),
  maxStaleMs: queryDuration('max_stale', 'any server may, that was up to date so recently'),
  consistent: queryFlag('consistent', 'the leader proves itself before it answers'),
  cached: queryFlag('cached', 'an answer that the agent already has will do'),
  hash: queryText('hash', 'answer once what the agent has differs from what had this hash'),
  pretty: queryFlag('pretty', 'indent the answer'),
  token: queryText('token', 'as the header `X-Consul-Token`'),
  namespace: queryText('ns', '`default`, the only one here'),
  partition: queryText('partition', '`default`, the only one here'),
} as const;

/** Headers that carry what a body cannot. */
export const CONSUL_HEADERS = {
  index: 'X-Consul-Index',
  lastContact: 'X-Consul-LastContact',
  knownLeader: 'X-Consul-KnownLeader',
  token: 'X-Consul-Token',
  /** `leader`, `stale` or `consistent`: how the answer was read. */
  effectiveConsistency: 'X-Consul-Effective-Consistency',
  /** Of what the agent itself has; goes into `?hash=`. */
  contentHash: 'X-Consul-ContentHash',
  /** `HIT` or `MISS`, for `?cached`. */
  cache: 'X-Cache',
} as const;

export const CONSUL: Dialect = { common: CONSUL_COMMON_QUERY, headers: CONSUL_HEADERS };
