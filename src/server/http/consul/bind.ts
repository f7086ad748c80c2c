/**
 * What all requests and answers of the discovery API have in common, and the binder of its
 * handlers.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
import { isIssues, renderIssues, type Issue } from '../../../api/codec/issue.ts';
import { CONSUL_COMMON_QUERY, CONSUL_HEADERS } from '../../../api/consul/common-query.ts';
import { decodeQuery, type QueryOf } from '../../../api/query.ts';
import type { AnyRoute } from '../../../api/route.ts';
import type { Index } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import type { AskedAgent, HttpRequest } from '../../../ports/http.ts';
import type { QueryOptions } from '../../operations.ts';
import type { Told } from '../deps.ts';
import { invalid } from '../fail.ts';
import type { Manners } from '../manners.ts';
import { binder, type Binder } from '../mount.ts';

/** What handlers of the discovery API see of every request. */
export interface ConsulCommon {
  /** For blocking reads. */
  readonly waiting: QueryOptions;
  /** For streams: the index to go on after; absent: from the beginning. */
  readonly after: Index | undefined;
  /** The datacenter asked for, which exists; absent: the agent's own. */
  readonly datacenter: string | undefined;
  /** The agent that was asked; absent: this one. */
  readonly asked: AskedAgent | undefined;
  /** True: an answer that the agent already has will do. */
  readonly cached: boolean;
  /** Of `?token=` or the header; empty: none. */
  readonly token: string;
  /** As it came in, for what no route describes. */
  readonly request: HttpRequest;
}

const MANNERS: Manners<ConsulCommon> = {
  common(route, request, raw) {
    const common = decodeQuery(CONSUL_COMMON_QUERY, raw);
    if (isIssues(common)) throw invalid(worded(common));
    // Its bare presence counts, whatever its value.
    const stale = raw.has('stale') || (common.maxStaleMs ?? 0) > 0;
    const consistent = raw.has('consistent');
    if (stale && consistent) {
      throw invalid('Cannot specify ?stale with ?consistent, conflicting semantics.');
    }
    const { asked } = request;
    const consistency = stale ? 'stale' : consistent ? 'consistent' : 'default';
    return {
      waiting: { ...waitingOf(route, common), consistency },
      after: common.index === undefined || common.index <= 0 ? undefined : (common.index as Index),
      datacenter: isNamed(common.datacenter) ? common.datacenter : asked?.datacenter,
      asked,
      cached: common.cached === true,
      token: common.token ?? request.headers['x-consul-token'] ?? '',
      request,
    };
  },

  headers(told, { waiting, cached }) {
    if (told.index === undefined) return {};
    const headers = toldHeaders(told, waiting.consistency);
    // The state of this agent is always as it is now: nothing is kept that could be old.
    return cached ? { ...headers, [CONSUL_HEADERS.cache]: 'HIT', Age: '0' } : headers;
  },

  badBody: (why, cause) =>
    new Failure('invalid', `Request decode failed: ${why}`, cause === undefined ? {} : { cause }),
};

export const { bind, bindRaw }: Binder<ConsulCommon> = binder(MANNERS);

function isNamed(datacenter: string | undefined): boolean {
  return datacenter !== undefined && datacenter !== '';
}

/** The headers that tell of a read. */
export function toldHeaders(
  told: Told,
  consistency: QueryOptions['consistency'],
): Readonly<Record<string, string>> {
  return {
    [CONSUL_HEADERS.index]: String(told.index ?? 1),
    [CONSUL_HEADERS.knownLeader]: String(told.knownLeader ?? true),
    [CONSUL_HEADERS.lastContact]: String(Math.round(told.lastContactMs ?? 0)),
    [CONSUL_HEADERS.effectiveConsistency]:
      consistency === 'stale' || consistency === 'consistent' ? consistency : 'leader',
  };
}

function waitingOf(route: AnyRoute, common: QueryOf<typeof CONSUL_COMMON_QUERY>): QueryOptions {
  const { index, waitMs } = common;
  return {
    ...(route.blocking && index !== undefined && index > 0 ? { after: index as Index } : {}),
    ...(waitMs === undefined || waitMs <= 0 ? {} : { waitMs }),
    // An index beyond the log's end was given by another log: who comes with it must begin anew.
    resets: true,
  };
}

function worded(issues: readonly Issue[]): string {
  const path = issues[0]?.path;
  if (path === '?index') return 'Invalid index';
  if (path === '?wait') return 'Invalid wait time';
  if (path === '?max_stale') return 'Invalid max_stale value';
  return renderIssues(issues);
}
