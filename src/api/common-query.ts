/** Parameters that every endpoint takes. */
import { queryDuration, queryFlag, queryInt, queryText } from './query.ts';

export const COMMON_QUERY = {
  namespace: queryText('namespace', 'the namespace; `*` lists all'),
  region: queryText('region', 'the region to ask'),
  index: queryInt('index', 'answer once what is read is newer than this'),
  waitMs: queryDuration('wait', 'answer after this long in any case; five minutes unless given'),
  stale: queryFlag('stale', 'any server may answer'),
  consistent: queryFlag('consistent', 'the leader proves itself before it answers'),
  pretty: queryFlag('pretty', 'indent the answer'),
} as const;

/** Headers that carry what a body cannot. */
export const HEADERS = {
  index: 'X-Nomad-Index',
  lastContact: 'X-Nomad-LastContact',
  knownLeader: 'X-Nomad-KnownLeader',
  nextToken: 'X-Nomad-NextToken',
  token: 'X-Nomad-Token',
} as const;
