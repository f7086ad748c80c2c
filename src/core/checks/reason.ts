/**
 * Why something could not be reached, in the words that Go programs use: what people search logs
 * and
 * dashboards for.
 */

/** A host and a port, as text for people: an IPv6 address in brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[::1]:port` or `:port`, which is this machine. Undefined: it is none of them.
 */
export function parseHostPort(address: string): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? '127.0.0.1' : host, port };
}

/** Programs in Go put any address into brackets, which URLs have for those of IPv6 alone. */
export function urlToAsk(url: string): string {
  return url.replace(/^(\w+:\/\/(?:[^@/]*@)?)\[(\d+(?:\.\d+){3})\]/, '$1$2');
}

/**
 * Why a connection was not made.
 *
 * @param code the system's name of it: `ECONNREFUSED`
 */
export function dialReason(
  network: 'tcp' | 'udp',
  address: string,
  error: Readonly<{ code: string; message: string }>,
): string {
  const host = address.slice(0, Math.max(0, address.lastIndexOf(':')));
  if (error.code === 'ENOTFOUND') return `dial ${network}: lookup ${host}: no such host`;
  if (error.code === 'EAI_AGAIN') {
    return `dial ${network}: lookup ${host}: temporary failure in name resolution`;
  }
  if (error.code === 'ETIMEDOUT') return `dial ${network} ${address}: i/o timeout`;
  const known = REASONS[error.code];
  return `dial ${network} ${address}: ${known === undefined ? error.message : `connect: ${known}`}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EACCES: 'permission denied',
};

/** Why an HTTP request got no answer. */
export function requestReason(method: string, url: string, reason: string): string {
  const verb = method.slice(0, 1).toUpperCase() + method.slice(1).toLowerCase();
  return `${verb} "${url}": ${reason}`;
}

/** The reason of a request that took too long. */
export const REQUEST_TIMEOUT =
  'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
