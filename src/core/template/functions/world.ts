/** Functions of what surrounds a rendering: environment, time, digests, addresses, templates. */
import { toBytes } from '../bytes.ts';
import { fail, textAt, type FunctionTable, type Run, type TemplateFunction } from '../function.ts';
import type { HostAddress, TemplateHost } from '../host.ts';
import { quote } from '../print.ts';
import { formatTime } from '../time.ts';
import type { Value } from '../value.ts';

type Algorithm = Parameters<NonNullable<TemplateHost['hash']>>[0];

export const WORLD: FunctionTable = new Map<string, TemplateFunction>([
  ['env', { params: ['string'], call: (args, run) => run.host.env[textAt(args, 0)] ?? '' }],
  ['mustEnv', { params: ['string'], call: (args, run) => mustEnv(textAt(args, 0), run) }],
  [
    'envOrDefault',
    {
      params: ['string', 'string'],
      call: (args, run) => run.host.env[textAt(args, 0)] ?? textAt(args, 1),
    },
  ],
  ['timestamp', { params: [], rest: 'string', call: timestamp }],
  [
    'sha256Hex',
    { params: ['string'], call: (args, run) => digest('sha256', textAt(args, 0), run) },
  ],
  ['md5sum', { params: ['string'], call: (args, run) => digest('md5', textAt(args, 0), run) }],
  [
    'hmacSHA256Hex',
    {
      params: ['string', 'string'],
      call: (args, run) => hmac(textAt(args, 0), textAt(args, 1), run),
    },
  ],
  ['sockaddr', { params: ['string'], call: (args, run) => sockaddr(textAt(args, 0), run) }],
  [
    'executeTemplate',
    {
      params: ['string'],
      rest: 'any',
      call: ([name, ...data], run) => {
        const dot = data.length > 1 ? data : data[0];
        return run.execute(typeof name === 'string' ? name : '', dot ?? undefined);
      },
    },
  ],
  // They would run programs and write files by the will of a template.
  ['plugin', { params: ['string'], rest: 'any', call: refuse }],
  ['writeToFile', { params: [], rest: 'any', call: refuse }],
]);

function refuse(): Value {
  return fail('function is disabled');
}

function mustEnv(name: string, run: Run): string {
  const value = run.host.env[name];
  if (value !== undefined && value !== '') return value;
  return fail(`environment variable ${quote(name)} is not set`);
}

function timestamp(args: readonly Value[], run: Run): Value {
  if (args.length > 1) {
    return fail(`timestamp: wrong number of arguments, expected 0 or 1, but got ${args.length}`);
  }
  const layout = args.length === 0 ? '2006-01-02T15:04:05Z07:00' : textAt(args, 0);
  if (layout === 'unix') return String(Math.floor(run.host.now / 1000));
  return formatTime(run.host.now, layout);
}

/** A digest in hexadecimal. */
export function digest(algorithm: Algorithm, text: string, run: Run): string {
  return hexOf(hash(algorithm, toBytes(text), run));
}

function hash(algorithm: Algorithm, bytes: Uint8Array, run: Run): Uint8Array {
  return run.host.hash?.(algorithm, bytes) ?? fail('digests are not available here');
}

/** Bytes that SHA-256 takes at once. */
const HMAC_BLOCK = 64;

/** Source: RFC 2104. */
function hmac(message: string, secret: string, run: Run): string {
  const long = toBytes(secret);
  const key = new Uint8Array(HMAC_BLOCK);
  key.set(long.length > HMAC_BLOCK ? hash('sha256', long, run) : long);
  const inner = concat(
    key.map((byte) => byte ^ 0x36),
    toBytes(message),
  );
  const outer = concat(
    key.map((byte) => byte ^ 0x5c),
    hash('sha256', inner, run),
  );
  return hexOf(hash('sha256', outer, run));
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Source: go-sockaddr's functions of these names; its filters are not offered. */
function sockaddr(query: string, run: Run): string {
  const addresses = run.host.addresses?.() ?? fail('addresses are not available here');
  const [name = '', ...rest] = query.trim().split(/\s+/);
  const wanted = rest.join(' ').replace(/^["'`\\]+|["'`\\]+$/g, '');
  const plural = name.endsWith('s');
  const found = select(plural ? name.slice(0, -1) : name, wanted, addresses);
  return (plural ? found : found.slice(0, 1)).map(({ address }) => address).join(' ');
}

function select(
  name: string,
  wanted: string,
  addresses: readonly HostAddress[],
): readonly HostAddress[] {
  const outside = addresses.filter(({ loopback, address }) => !loopback && !isLinkLocal(address));
  switch (name) {
    case 'GetPrivateIP':
      return outside.filter(({ address }) => isPrivate(address));
    case 'GetPublicIP':
      return outside.filter(({ address }) => !isPrivate(address));
    case 'GetInterfaceIP':
      return addresses.filter((one) => one.interface === wanted);
    default:
      return fail(`sockaddr: unknown function ${quote(name)}`);
  }
}

/** Source: RFC 1918, RFC 6598, RFC 4193. */
function isPrivate(address: string): boolean {
  if (address.includes(':')) return /^f[cd]/i.test(address);
  const [a = 0, b = 0] = address.split('.').map(Number);
  if (a === 10 || (a === 192 && b === 168)) return true;
  return (a === 172 && b >= 16 && b < 32) || (a === 100 && b >= 64 && b < 128);
}

function isLinkLocal(address: string): boolean {
  return /^(169\.254\.|fe[89ab])/i.test(address);
}
