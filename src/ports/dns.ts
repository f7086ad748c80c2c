/**
 * Sockets that carry DNS messages: being asked, and asking.
 *
 * S1: messages are whole and at most 65,535 bytes; connections, their idle time and what waits for
 * an answer are bounded by the implementation's named limits.
 * S2: an answer is sent to whom the question came from, by the transport that it came by.
 */
import type { SocketAddress } from '../core/dns/settings.ts';

export type DnsTransport = 'udp' | 'tcp';

/**
 * Answers a message, at once or later; undefined: not at all. Neither throws nor rejects, but for a
 * bug.
 */
export type AnswerDns = (
  message: Uint8Array,
  transport: DnsTransport,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export interface DnsListener {
  readonly host: string;
  /** The same for UDP and TCP. */
  readonly port: number;
  /** Rejects when it can no longer be listened; otherwise stays pending. */
  readonly failed: Promise<never>;
  /** Stops listening, ends connections. */
  close(): Promise<void>;
}

export interface DnsSockets {
  /**
   * Listens for both transports on one port; 0: a free one.
   * Fails: `conflict` the address is taken; `denied` the port needs a privilege; `invalid` no such
   * address.
   */
  listen(at: SocketAddress, answer: AnswerDns): Promise<DnsListener>;

  /**
   * Asks somebody else, from a port and with an id that cannot be guessed; whatever is no answer to
   * the question is not heard. The answer bears the question's own id.
   * Fails: `timeout`; `unavailable` nobody there; `canceled` the signal.
   */
  exchange(request: DnsRequest, signal: AbortSignal): Promise<Uint8Array>;
}

export interface DnsRequest {
  readonly to: SocketAddress;
  readonly transport: DnsTransport;
  readonly message: Uint8Array;
  readonly timeoutMs: number;
}
