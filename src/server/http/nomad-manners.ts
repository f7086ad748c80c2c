/** What all requests and answers of the jobs API have in common. */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { isIssues, renderIssues } from '../../api/codec/issue.ts';
import { COMMON_QUERY, HEADERS } from '../../api/common-query.ts';
import { decodeQuery, type QueryOf } from '../../api/query.ts';
import type { AnyRoute } from '../../api/route.ts';
import { DEFAULT_NAMESPACE, type Namespace } from '../../core/model/ids.ts';
import type { QueryOptions } from '../operations.ts';
import { invalid } from './fail.ts';
import type { Manners } from './manners.ts';

export interface NomadCommon {
  /** The namespace asked for; `default` unless said otherwise. */
  readonly namespace: Namespace;
  /** The same for lists: absent where all were asked for. */
  readonly listed: Namespace | undefined;
  /** For blocking reads. */
  readonly waiting: QueryOptions;
  /** The index asked for, for streams; absent or 0: none. */
  readonly from: Index | undefined;
  readonly region: string | undefined;
}

export const NOMAD_MANNERS: Manners<NomadCommon> = {
  common(route, _, raw) {
    const common = decodeQuery(COMMON_QUERY, raw);
    if (isIssues(common)) throw invalid(renderIssues(common));
    const asked = common.namespace === '' ? undefined : common.namespace;
    const namespace = (asked ?? DEFAULT_NAMESPACE) as Namespace;
    return {
      namespace,
      listed: asked === '*' ? undefined : namespace,
      waiting: waitingOf(route, common),
      from: common.index as Index | undefined,
      region: common.region,
    };
  },

  headers(told) {
    if (told.index === undefined) return {};
    const headers = {
      [HEADERS.index]: String(told.index),
      [HEADERS.lastContact]: String(Math.round(told.lastContactMs ?? 0)),
      [HEADERS.knownLeader]: String(told.knownLeader ?? true),
    };
    const token = told.nextToken;
    return token === undefined ? headers : { ...headers, [HEADERS.nextToken]: token };
  },

  badBody: (why, cause) => new Failure('invalid', why, cause === undefined ? {} : { cause }),
};

function waitingOf(route: AnyRoute, common: QueryOf<typeof COMMON_QUERY>): QueryOptions {
  const consistency =
    common.stale === true ? 'stale' : common.consistent === true ? 'consistent' : undefined;
  return {
    ...(route.blocking && common.index !== undefined && common.index > 0
      ? { after: common.index as Index }
      : {}),
    ...(common.waitMs === undefined || common.waitMs <= 0 ? {} : { waitMs: common.waitMs }),
    ...(consistency === undefined ? {} : { consistency }),
  };
}
