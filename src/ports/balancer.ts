/**
 * The sockets of the balancer: callers on one side, targets on the other.
 *
 * B1: bodies and tunnels are passed on as fast as the other side takes them, not faster; heads,
 *     connections and waits are bounded.
 * B2: what a message says is decided by one strict reading; what is ambiguous never reaches a
 *     target.
 * B3: an exchange is told how it ended, once, whatever happens.
 */
import type { AttemptFault, OwnReply, RequestHead } from '../core/balancer/request.ts';

/** One try at a target. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  /** `host:port`: what connections are kept by. */
  readonly address: string;
  /** True: speak TLS. */
  readonly secure: boolean;
  readonly skipVerify: boolean;
  /** With the query. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

export type Step =
  Readonly<{ do: 'answer'; reply: OwnReply }> | Readonly<{ do: 'ask'; attempt: Attempt }>;

/** One request, from its head to the end of its answer. */
export interface Exchange {
  /** What to do first. Called once. */
  begin(): Step;
  /** What to do after an attempt failed before its answer began. */
  failed(fault: AttemptFault, bodyRead: boolean): Step;
  /** An answer begins; answers which of the target's headers to send, in turn with values. */
  answering(status: number, headers: readonly string[]): readonly string[];
  /** @param complete false: it broke off, or its caller went away */
  ended(result: { readonly status: number; readonly bytes: number; complete: boolean }): void;
}

/** One TCP connection. */
export interface Tunnel {
  /** The next target to try; undefined: there is none. */
  next(): TunnelTarget | undefined;
  failed(): void;
  ended(): void;
}

export interface TunnelTarget {
  readonly host: string;
  readonly port: number;
  /** True: send a PROXY protocol line first. */
  readonly proxyProtocol: boolean;
}

/** Decides on all that comes in. Neither throws nor waits. */
export interface Traffic {
  exchange(head: RequestHead): Exchange;
  /** For a connection to a port of `proto=tcp`, or one that asked for a server by name. */
  tunnel(
    to: { readonly port: number } | { readonly serverName: string },
    remoteAddress: string,
  ): Tunnel | undefined;
}

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface ProxyLimits {
  readonly dialTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly connectionsMax: number;
  /** What is under way to a target that left may take so long. */
  readonly drainTimeoutMs: number;
}

export interface ProxyListener {
  readonly port: number;
  /** Takes nothing new; resolves once all is through, or after `graceMs` with the rest cut off. */
  close(graceMs: number): Promise<void>;
}

/** Everything that listens and connects for one balancer. */
export interface BalancerSockets {
  /** Fails: `conflict` the address is taken; `denied`; `invalid` no such address. */
  listenHttp(at: ListenAt, traffic: Traffic): Promise<ProxyListener>;
  /**
   * As `listenHttp`, over TLS with HTTP/2; connections for names that a tunnel is known for are
   * passed on unread. `certificates` is asked as connections come.
   */
  listenTls(
    at: ListenAt,
    traffic: Traffic,
    certificates: (serverName: string) => Certificate | undefined,
  ): Promise<ProxyListener>;
  listenTcp(at: ListenAt, traffic: Traffic): Promise<ProxyListener>;
  /** What begins from now on is bounded by these. */
  configure(limits: ProxyLimits): void;
  /** Ends kept connections to all others (`host:port`), once what is under way is through. */
  keepOnly(addresses: ReadonlySet<string>): void;
  /** Ends all connections to targets. */
  close(): void;
}

export interface ListenAt {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}
