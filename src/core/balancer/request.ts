/**
 * What a request is after, read from its head, and how it goes on towards a target.
 *
 * R1: what two programs could read differently is refused: more than one `Host`, dot segments in
 *     the path, targets in no form that HTTP knows.
 *
 * Source: RFC 9112 section 3 (forms of the target, Host), RFC 9110 section 9.2.2 (idempotent).
 */
import type { Target } from './rule.ts';

/** A request's head as it came in. */
export interface RequestHead {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** Names and values in turn, as they were sent. */
  readonly headers: readonly string[];
  readonly remoteAddress: string;
  readonly localPort: number;
  /** True: it came over TLS. */
  readonly secure: boolean;
  /** `1.0`, `1.1`, `2.0`. */
  readonly version: string;
  /** True: its sender wants a WebSocket. */
  readonly upgrade: boolean;
}

/** Where a request is addressed to. */
export interface Wanted {
  /** Lower case, with the port if one was given; may be empty. */
  readonly host: string;
  readonly path: string;
  /** With the question mark; empty: none. */
  readonly query: string;
}

/** An answer that needs no target. */
export interface OwnReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(\/[^?#]*)?(\?[^#]*)?$/i;
const ORIGIN = /^(\/[^?#]*)(\?[^#]*)?$/;
/** What no target may hold; HTTP/2 might bring it. */
const UNSENDABLE = /[^\x21-\x7e\x80-\xff]/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|\\|%2f|%5c|$)/i;

/** Undefined: the request cannot be understood. */
export function wanted(head: RequestHead): Wanted | undefined {
  const named = onlyHost(head.headers);
  if (named === undefined) return undefined;
  const isPlain = isPlainOrigin(head.target);
  const found = isPlain ? splitOrigin(head.target) : partsOf(head);
  if (found === undefined) return undefined;
  const host = (found.host ?? named).toLowerCase();
  return HOST.test(host) ? { host, path: found.path, query: found.query } : undefined;
}

const HOST = /^(?:[\w.-]*|\[[0-9a-f:.]+\])(?::\d{0,5})?$/;

/** Empty: there is none; undefined: there are several. */
function onlyHost(headers: readonly string[]): string | undefined {
  let host: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return undefined;
    host = headers[i + 1] ?? '';
  }
  return host ?? '';
}

interface Parts {
  /** Undefined: the target names none. */
  readonly host: string | undefined;
  readonly path: string;
  readonly query: string;
}

const HASH = 35;
const PERCENT = 37;
const DOT = 46;
const SLASH = 47;
const QUESTION = 63;

/**
 * Whether a target is a path, perhaps with a query, that needs no closer look: as almost all are.
 * No segment of it begins with what could be a dot.
 */
function isPlainOrigin(target: string): boolean {
  if (target.charCodeAt(0) !== SLASH) return false;
  let before = 0;
  let isPath = true;
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code < 0x21 || code > 0x7e || code === HASH) return false;
    if (isPath && before === SLASH && (code === DOT || code === PERCENT)) return false;
    if (code === QUESTION) isPath = false;
    before = code;
  }
  return true;
}

function splitOrigin(target: string): Parts {
  const mark = target.indexOf('?');
  return mark < 0
    ? { host: undefined, path: target, query: '' }
    : { host: undefined, path: target.slice(0, mark), query: target.slice(mark) };
}

function partsOf({ method, target }: RequestHead): Parts | undefined {
  if (UNSENDABLE.test(target)) return undefined;
  const found = formOf(method, target);
  return found === undefined || DOT_SEGMENT.test(found.path) ? undefined : found;
}

function formOf(method: string, target: string): Parts | undefined {
  if (target === '*') {
    return method === 'OPTIONS' ? { host: undefined, path: '/', query: '' } : undefined;
  }
  const origin = ORIGIN.exec(target);
  if (origin !== null) return { host: undefined, path: origin[1] ?? '/', query: origin[2] ?? '' };
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return undefined;
  return { host: absolute[1] ?? '', path: absolute[2] ?? '/', query: absolute[3] ?? '' };
}

/** The path and query that the target is asked for. */
export function pathTowards({ options, destination }: Target, { path, query }: Wanted): string {
  const { strip, prepend } = options;
  const rest = strip !== '' && path.startsWith(strip) ? path.slice(strip.length) : path;
  const full = `${destination.path}${prepend}${rest.startsWith('/') ? rest : `/${rest}`}`;
  return full + query;
}

/** Where a redirecting rule sends the caller. */
export function redirectReply(target: Target, asked: Wanted): OwnReply | undefined {
  const { redirect } = target.options;
  if (redirect === undefined) return undefined;
  const path = pathTowards({ ...target, destination: { ...target.destination, path: '' } }, asked);
  return {
    status: redirect.status,
    // A function, or `$&` in a path would be taken for a pattern.
    headers: { location: redirect.to.replace('$path', () => path) },
    body: '',
  };
}

const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
]);

/** How asking a target failed. */
export type AttemptFault =
  /** No connection came about: the target has seen nothing. */
  | 'connect'
  /**
   * A kept connection ended before an answer began: most likely it was closed as idle just then.
   * The target may have seen the request all the same.
   */
  | 'stale'
  /** The connection ended before an answer began. */
  | 'broken'
  /** No answer in time. */
  | 'timeout'
  /** The target is no longer in the table, and did not answer in the time that it had left. */
  | 'left'
  /** What it answered is no HTTP, or more than we take. */
  | 'malformed';

/**
 * Tries of one request that may have reached a target. During a rollout several instances may go
 * one after another; many more would multiply the load while all are in trouble.
 */
const ATTEMPTS_MAX = 5;
/**
 * Tries that ended without a connection. They cost a target nothing, but the caller up to the time
 * to connect each.
 */
const REFUSALS_MAX = 10;

/** What became of the attempts of one request so far. */
export interface Attempts {
  /** Those that had a connection. */
  readonly sent: number;
  readonly refused: number;
  /** Some of the request's body is gone already. */
  readonly bodyRead: boolean;
}

/**
 * Whether another target may be asked.
 *
 * Source: RFC 9110 section 9.2.2: only what is idempotent may be sent again by a proxy, where the
 * first one may have arrived.
 */
export function mayRetry(fault: AttemptFault, method: string, attempts: Attempts): boolean {
  const { sent, refused, bodyRead } = attempts;
  if (bodyRead || sent >= ATTEMPTS_MAX || refused >= REFUSALS_MAX) return false;
  if (fault === 'connect') return true;
  return ['broken', 'stale', 'left'].includes(fault) && IDEMPOTENT.has(method);
}

/** What the caller is told where no target answered. */
export function faultReply(fault: AttemptFault): OwnReply {
  return fault === 'timeout' || fault === 'left' ? plainReply(504) : plainReply(502);
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'no route',
  405: 'method not allowed',
  502: 'bad gateway',
  503: 'no instance is available',
  504: 'the instance did not answer in time',
};

export function plainReply(status: number, headers: Record<string, string> = {}): OwnReply {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: `${REASONS[status] ?? String(status)}\n`,
  };
}

/** All values of a header, in their order. `name` in lower case. */
export function valuesOf(headers: readonly string[], name: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) found.push(headers[i + 1] ?? '');
  }
  return found;
}
