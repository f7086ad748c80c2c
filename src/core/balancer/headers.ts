/**
 * Headers on their way through.
 *
 * H1: what concerns one connection is not passed on, nor what `Connection` names.
 * H2: a caller cannot say of itself where it comes from, unless it is a trusted proxy.
 *
 * Source: RFC 9110 section 7.6.1; RFC 7239; https://fabiolb.net/feature/http-headers/
 */
import { valuesOf, type RequestHead, type Wanted } from './request.ts';
import type { Target } from './rule.ts';

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // HTTP/2 has it in headers that begin so; HTTP/1 must not.
  'http2-settings',
]);

/** Answered here, or written anew towards the target. */
const OURS: ReadonlySet<string> = new Set(['host', 'expect', 'x-forwarded-for', 'forwarded']);
/** Taken over from trusted proxies only. */
const TOLD: readonly string[] = [
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
];

export interface Towards {
  readonly target: Target;
  readonly asked: Wanted;
  /** The caller is a proxy whose word counts. */
  readonly trusted: boolean;
}

/** The headers of the request to the target, names and values in turn. */
export function requestHeaders(head: RequestHead, towards: Towards): string[] {
  const { asked, trusted } = towards;
  const out: string[] = ['Host', hostTowards(towards)];
  const named = connectionNames(head.headers);
  const kept = new Set<string>();
  for (let i = 0; i + 1 < head.headers.length; i += 2) {
    const name = head.headers[i] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || OURS.has(lower) || named.has(lower) || lower[0] === ':') continue;
    if (TOLD.includes(lower)) {
      if (!trusted) continue;
      kept.add(lower);
    }
    out.push(name, head.headers[i + 1] ?? '');
  }
  const { remoteAddress, secure, localPort } = head;
  const proto = secure ? 'https' : 'http';
  const forwardedFor = [...valuesOf(head.headers, 'x-forwarded-for'), remoteAddress];
  const quoted = remoteAddress.includes(':') ? `"[${remoteAddress}]"` : remoteAddress;
  const forwarded = [...valuesOf(head.headers, 'forwarded'), `for=${quoted};proto=${proto}`];
  out.push('X-Forwarded-For', forwardedFor.join(', '), 'Forwarded', forwarded.join(', '));
  const own = [proto, asked.host, String(localPort), remoteAddress];
  TOLD.forEach((name, i) => {
    const value = own[i] ?? '';
    if (!kept.has(name) && value !== '') out.push(TOLD_AS[i] ?? name, value);
  });
  return out;
}

const TOLD_AS: readonly string[] = [
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Real-Ip',
];

/** The headers of the target's answer as the caller gets them. */
export function replyHeaders(headers: readonly string[]): string[] {
  const named = connectionNames(headers);
  const out: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.has(lower)) continue;
    out.push(name, headers[i + 1] ?? '');
  }
  return out;
}

function hostTowards({ target, asked }: Towards): string {
  const { host } = target.options;
  if (host === 'dst') return target.address;
  return host !== '' ? host : asked.host !== '' ? asked.host : target.address;
}

const NONE: ReadonlySet<string> = new Set();

function connectionNames(headers: readonly string[]): ReadonlySet<string> {
  const values = valuesOf(headers, 'connection');
  if (values.length === 0) return NONE;
  return new Set(values.flatMap((value) => value.toLowerCase().split(',')).map((n) => n.trim()));
}
