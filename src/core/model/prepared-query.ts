/**
 * Prepared queries: a lookup of a service under a name of its own, with where to go when it fails.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/query
 */
import type { Index } from '../../base/brand.ts';
import type { SessionId } from './session.ts';

export interface PreparedQueryFacts {
  /** A UUID drawn at the edge. */
  readonly id: string;
  /** Empty: found by its id alone. Unique but for case where not empty. */
  readonly name: string;
  /** Lives as long as this session. */
  readonly session?: SessionId;
  readonly token: string;
  /** Makes the query answer for every name that matches; absent: for its own alone. */
  readonly template?: QueryTemplate;
  readonly service: QueryService;
  readonly dns: Readonly<{ ttlMs: number }>;
}

export interface QueryTemplate {
  readonly type: 'name_prefix_match';
  readonly regexp: string;
  readonly removeEmptyTags: boolean;
}

export interface QueryService {
  readonly service: string;
  readonly failover: Readonly<{ nearestN: number; datacenters: readonly string[] }>;
  readonly onlyPassing: boolean;
  readonly ignoreCheckIds: readonly string[];
  /** `_agent`, `_ip` or a node's name; empty: no order. */
  readonly near: string;
  /** Wanted ones, and with `!` in front unwanted ones. */
  readonly tags: readonly string[];
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly serviceMeta: Readonly<Record<string, string>>;
  readonly connect: boolean;
}

export interface PreparedQuery extends PreparedQueryFacts {
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}
