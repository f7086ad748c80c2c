/** What every endpoint of an API takes and tells, and where Nomad's and Consul's ways differ. */
import type { QueryFields } from './query.ts';
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

/** How one API says what all its endpoints share. */
export interface Dialect {
  readonly common: QueryFields;
  readonly headers: Readonly<{
    index: string;
    lastContact: string;
    knownLeader: string;
    /** Absent: its lists have no pages. */
    nextToken?: string;
    token: string;
  }>;
}

export const NOMAD: Dialect = { common: COMMON_QUERY, headers: HEADERS };
