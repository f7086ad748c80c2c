/**
 * Headers on their way through.
 *
 * H1: what concerns one connection is not passed on, nor what `Connection` names.
 * H2: a caller cannot say of itself where it comes from, unless it is a trusted proxy.
 *
 * Source: RFC 9110 section 7.6.1; RFC 7239; https://fabiolb.net/feature/http-headers/
 */
import { HeaderNames } from './header-names.ts';
import type { RequestHead, Wanted } from './request.ts';
import type { Target } from './rule.ts';

/** What becomes of a header: passed on if it is none of these. */
type Treatment = 'hop' | 'own' | 'connection' | 'forwarded-for' | 'forwarded' | 'told';

const TREATMENTS = new HeaderNames<Treatment>([
  ['connection', 'connection'],
  ['keep-alive', 'hop'],
  ['proxy-connection', 'hop'],
  ['proxy-authenticate', 'hop'],
  ['proxy-authorization', 'hop'],
  ['te', 'hop'],
  ['trailer', 'hop'],
  ['transfer-encoding', 'hop'],
  ['upgrade', 'hop'],
  // HTTP/2 has it in headers that begin so; HTTP/1 must not.
  ['http2-settings', 'hop'],
  // Answered here, or written anew towards the target.
  ['host', 'own'],
  ['expect', 'own'],
  ['x-forwarded-for', 'forwarded-for'],
  ['forwarded', 'forwarded'],
  // Taken over from trusted proxies only.
  ['x-forwarded-proto', 'told'],
  ['x-forwarded-host', 'told'],
  ['x-forwarded-port', 'told'],
  ['x-real-ip', 'told'],
]);

const COLON = 58;

export interface Towards {
  readonly target: Target;
  readonly asked: Wanted;
  /** The caller is a proxy whose word counts. */
  readonly trusted: boolean;
}

/** The headers of the request to the target, names and values in turn. */
export function requestHeaders(head: RequestHead, towards: Towards): string[] {
  const { headers } = head;
  const out: string[] = ['Host', hostTowards(towards)];
  let named: ReadonlySet<string> = NONE;
  let told: Set<string> | undefined;
  let forwardedFor = '';
  let forwarded = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    switch (TREATMENTS.get(name)) {
      case undefined:
        // HTTP/2's own.
        if (name.charCodeAt(0) !== COLON) out.push(name, value);
        break;
      case 'connection':
        named = namedBy(named, value);
        break;
      case 'forwarded-for':
        forwardedFor += `${value}, `;
        break;
      case 'forwarded':
        forwarded += `${value}, `;
        break;
      case 'told':
        if (!towards.trusted) break;
        told ??= new Set();
        told.add(name.toLowerCase());
        out.push(name, value);
        break;
      case 'hop':
      case 'own':
    }
  }
  // `Host` stays, whatever a caller names.
  const kept = named.size === 0 ? out : without(named, out, 2);
  tell(kept, head, towards.asked, { forwardedFor, forwarded, told });
  return kept;
}

interface Said {
  /** With a comma after each. */
  readonly forwardedFor: string;
  readonly forwarded: string;
  /** What a trusted proxy has said already; lower case. */
  readonly told: ReadonlySet<string> | undefined;
}

/** Adds where the request comes from (H2). */
function tell(
  out: string[],
  { remoteAddress, secure, localPort }: RequestHead,
  { host }: Wanted,
  { forwardedFor, forwarded, told }: Said,
): void {
  const proto = secure ? 'https' : 'http';
  const quoted = remoteAddress.includes(':') ? `"[${remoteAddress}]"` : remoteAddress;
  out.push('X-Forwarded-For', forwardedFor + remoteAddress);
  out.push('Forwarded', `${forwarded}for=${quoted};proto=${proto}`);
  const says = (lower: string): boolean => told?.has(lower) === true;
  if (!says('x-forwarded-proto')) out.push('X-Forwarded-Proto', proto);
  if (host !== '' && !says('x-forwarded-host')) out.push('X-Forwarded-Host', host);
  if (!says('x-forwarded-port')) out.push('X-Forwarded-Port', String(localPort));
  if (remoteAddress !== '' && !says('x-real-ip')) out.push('X-Real-Ip', remoteAddress);
}

/** The headers of the target's answer as the caller gets them. */
export function replyHeaders(headers: readonly string[]): string[] {
  const out: string[] = [];
  let named: ReadonlySet<string> = NONE;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const treatment = TREATMENTS.get(name);
    if (treatment === 'connection') named = namedBy(named, headers[i + 1] ?? '');
    else if (treatment !== 'hop') out.push(name, headers[i + 1] ?? '');
  }
  return named.size === 0 ? out : without(named, out, 0);
}

function hostTowards({ target, asked }: Towards): string {
  const { host } = target.options;
  if (host === 'dst') return target.address;
  return host !== '' ? host : asked.host !== '' ? asked.host : target.address;
}

const NONE: ReadonlySet<string> = new Set();
/**
 * What `Connection` says mostly, naming no header that is left; and the length, without which the
 * body would be read as the next request.
 */
const WORDS: ReadonlySet<string> = new Set([
  ...['', 'close', 'keep-alive', 'te', 'upgrade', 'content-length'],
]);

function namedBy(before: ReadonlySet<string>, value: string): ReadonlySet<string> {
  if (WORDS.has(value)) return before;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  const further = names.filter((name) => !WORDS.has(name));
  return further.length === 0 ? before : new Set([...before, ...further]);
}

/** @param from the first that may go */
function without(named: ReadonlySet<string>, headers: readonly string[], from: number): string[] {
  const out = headers.slice(0, from);
  for (let i = from; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!named.has(name.toLowerCase())) out.push(name, headers[i + 1] ?? '');
  }
  return out;
}
