/**
 * What the balancer's table is made of: an offer is one wish to be routed to (a tag of a healthy
 * instance, or a `route add` line), a rule is everything offered for one source.
 *
 * Source: https://fabiolb.net/quickstart/ and https://fabiolb.net/cfg/
 */

export type Protocol = 'http' | 'https' | 'tcp' | 'tcp+sni';

/** Which requests or connections are meant. */
export interface RuleSource {
  /** Lower case, perhaps with `:port` and `*`; empty: any. */
  readonly host: string;
  /** Begins with a slash, perhaps with `*`; empty for TCP. */
  readonly path: string;
  /** Of a TCP listener; 0 for HTTP and SNI. */
  readonly port: number;
}

export interface Redirect {
  readonly status: number;
  /** `$path` stands for path and query of the request. */
  readonly to: string;
}

export interface RuleOptions {
  readonly proto: Protocol;
  /** Taken off the path's beginning; empty: nothing. */
  readonly strip: string;
  /** Put before the path, after stripping. */
  readonly prepend: string;
  /** The `Host` header towards the target; `dst`: its address; empty: as it came. */
  readonly host: string;
  readonly redirect?: Redirect;
  /** Name of the scheme that has to be satisfied; empty: none. */
  readonly auth: string;
  readonly tlsSkipVerify: boolean;
  /** Writes a PROXY protocol line before a TCP connection. */
  readonly proxyProtocol: boolean;
  /** A fixed share of the traffic, 0..1; absent: what is left is shared evenly. */
  readonly weight?: number;
  /** Name of the cookie by which a caller stays with a target; empty: none. */
  readonly sticky: string;
  /** Networks in CIDR form; empty: all may. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Put before the path, where a `route add` line gives a URL with one; empty otherwise. */
  readonly path: string;
}

export interface Offer {
  readonly service: string;
  readonly source: RuleSource;
  readonly destination: Destination;
  /** Of the instance, those for the balancer left out. */
  readonly tags: readonly string[];
  readonly options: RuleOptions;
  /** Its part of what no fixed weight claims, relative to its neighbours; 1 is usual. */
  readonly share: number;
  /** Where it comes from: the instance's id, or `override`. */
  readonly from: string;
}

/** Where a request may go. */
export interface Target extends Offer {
  /** Unique in its rule, and the same in the next table. */
  readonly id: string;
  /** `host:port`: what connections and ejections are kept by. */
  readonly address: string;
  /** Its part of the rule's traffic, 0..1. All parts together: 1. */
  readonly weight: number;
}

export interface Rule {
  /** `host/path` or `:port`: unique in the table. */
  readonly key: string;
  readonly source: RuleSource;
  /** At least one, in the order of their ids. */
  readonly targets: readonly Target[];
  /**
   * Whose turn it is, as positions in `targets`, each as often as its weight says and as evenly
   * spread as that allows. Empty where all weights are 0.
   */
  readonly ring: readonly number[];
}

export const DEFAULT_OPTIONS: RuleOptions = {
  proto: 'http',
  strip: '',
  prepend: '',
  host: '',
  auth: '',
  tlsSkipVerify: false,
  proxyProtocol: false,
  sticky: '',
  allow: [],
  deny: [],
};

export function sourceText({ host, path, port }: RuleSource): string {
  return port > 0 ? `:${port}` : `${host}${path}`;
}

export function destinationUrl({ destination, options }: Offer): string {
  const { host, port, path } = destination;
  const shown = host.includes(':') ? `[${host}]` : host;
  const scheme = options.proto === 'tcp+sni' ? 'tcp' : options.proto;
  return `${scheme}://${shown}:${port}${path === '' && scheme !== 'tcp' ? '/' : path}`;
}
