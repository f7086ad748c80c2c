/** How the balancer behaves. */
import type { Strategy } from './pick.ts';

export interface BalancerSettings {
  readonly strategy: Strategy;
  /** Of the tags that are routes. */
  readonly tagPrefix: string;
  /** What is answered where no rule matches. */
  readonly noRouteStatus: number;
  /** To connect to a target [ms]. */
  readonly dialTimeoutMs: number;
  /** From the request's end to the answer's beginning [ms]; 0: as long as it takes. */
  readonly responseTimeoutMs: number;
  /** Without anything coming in the middle of an answer, or over a tunnel [ms]; 0: for ever. */
  readonly idleTimeoutMs: number;
  /** What is under way when a target leaves or the agent stops may take so long to end [ms]. */
  readonly drainTimeoutMs: number;
  /** Connections to one target. */
  readonly connectionsMax: number;
  readonly accessLog: boolean;
  /** Networks of proxies whose `X-Forwarded-*` are believed. */
  readonly trustedProxies: readonly string[];
  /** By the name that `auth=` gives. */
  readonly auth: Readonly<Record<string, AuthScheme>>;
  /** Directory with `NAME.pem`, certificate and key in one; empty: they come from keys only. */
  readonly certificateDir: string;
  /** File with `route add` lines; empty: none. */
  readonly routesFile: string;
}

export interface AuthScheme {
  readonly realm: string;
  readonly users: Readonly<Record<string, string>>;
}

export const DEFAULT_BALANCER_SETTINGS: BalancerSettings = {
  strategy: 'rr',
  tagPrefix: 'urlprefix-',
  noRouteStatus: 404,
  dialTimeoutMs: 2_000,
  responseTimeoutMs: 60_000,
  idleTimeoutMs: 600_000,
  drainTimeoutMs: 30_000,
  connectionsMax: 256,
  accessLog: false,
  trustedProxies: [],
  auth: {},
  certificateDir: '',
  routesFile: '',
};

/** Keys whose values are routes by hand, ours first. Source: `fabio/config` is Fabio's. */
export const OVERRIDE_KEYS: readonly string[] = ['balancer/routes', 'fabio/config'];

/** What certificates are kept under. */
export const CERTIFICATE_KEYS = 'balancer/certificates/';

/** All keys that the balancer reads begin with one of these. */
export const CATALOG_KEYS: readonly string[] = [...OVERRIDE_KEYS, CERTIFICATE_KEYS];
