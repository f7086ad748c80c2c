/** How DNS questions are answered: Consul's `domain`, `alt_domain`, `recursors`, `dns_config`. */
import { parseAddress } from './address.ts';
import { parseName } from './name.ts';
import type { SoaTimes } from './record.ts';

export interface DnsSettings {
  /** What our names end in. */
  readonly domain: string;
  /** What they may end in besides; undefined: nothing. */
  readonly altDomain?: string;
  /** How long an answer about a node may be kept [ms]. */
  readonly nodeTtlMs: number;
  /**
   * The same of services [ms], by name; a name that ends in `*` speaks for all that begin so. The
   * whole name goes before the longest beginning.
   */
  readonly serviceTtlMs: Readonly<Record<string, number>>;
  readonly soa: SoaTimes;
  /** Leaves out instances with a warning, not only critical ones. */
  readonly onlyPassing: boolean;
  /** Records in an answer over UDP to somebody who takes 512 bytes; 8 at most. */
  readonly udpAnswerLimit: number;
  /** Addresses in any answer; 0: no limit. */
  readonly aRecordLimit: number;
  /** Tells a reader over UDP that records were left out, so that it asks again over TCP. */
  readonly enableTruncate: boolean;
  readonly disableCompression: boolean;
  /** Adds nodes' metadata to answers for which they were not asked. */
  readonly nodeMetaTxt: boolean;
  /** Whom to ask for names that are not ours, as `parseRecursor` reads them; none: refuse. */
  readonly recursors: readonly string[];
  /** How long each of them may take [ms]. */
  readonly recursorTimeoutMs: number;
  /** In order, or in an order drawn for each question. */
  readonly recursorStrategy: 'sequential' | 'random';
}

/** Source: Consul's defaults. */
export const DEFAULT_DNS_SETTINGS: DnsSettings = {
  domain: 'consul',
  nodeTtlMs: 0,
  serviceTtlMs: {},
  soa: { refresh: 3_600, retry: 600, expire: 86_400, minTtl: 0 },
  onlyPassing: false,
  udpAnswerLimit: 3,
  aRecordLimit: 0,
  enableTruncate: false,
  disableCompression: false,
  nodeMetaTxt: true,
  recursors: [],
  recursorTimeoutMs: 2_000,
  recursorStrategy: 'sequential',
};

/** A mistake in the settings; `path` is the setting's name in a configuration file. */
export interface DnsSettingsProblem {
  readonly path: string;
  readonly message: string;
}

/** Everything that is wrong with the settings; the DNS role takes only those without a mistake. */
export function checkDnsSettings(settings: DnsSettings): readonly DnsSettingsProblem[] {
  const problems: DnsSettingsProblem[] = [];
  const problem = (path: string, message: string): void => void problems.push({ path, message });
  const domains = [
    ['domain', settings.domain],
    ['alt_domain', settings.altDomain ?? 'none'],
  ] as const;
  for (const [path, text] of domains) {
    const name = parseName(text);
    if (name === undefined || name.starts.length === 0) problem(path, `"${text}" is not a domain`);
  }
  for (const text of settings.recursors) {
    if (parseRecursor(text) === undefined) problem('recursors', `"${text}" is not an IP address`);
  }
  const ttls = Object.entries(settings.serviceTtlMs).map(
    ([name, ms]) => [`dns_config.service_ttl.${name}`, ms] as const,
  );
  for (const [path, ms] of [['dns_config.node_ttl', settings.nodeTtlMs] as const, ...ttls]) {
    if (!(ms >= 0 && ms < TTL_MS_END)) problem(path, 'is not between zero and 68 years');
  }
  for (const [path, count] of [
    ['dns_config.udp_answer_limit', settings.udpAnswerLimit],
    ['dns_config.a_record_limit', settings.aRecordLimit],
  ] as const) {
    if (!Number.isInteger(count) || count < 0) problem(path, 'must be a number, zero or more');
  }
  if (settings.recursorTimeoutMs <= 0) problem('dns_config.recursor_timeout', 'must be positive');
  return problems;
}

/** Where a recursor listens. */
export interface SocketAddress {
  /** An IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `IP`, `IP:PORT`, `[IPV6]:PORT`; the port is 53 unless it is said. */
export function parseRecursor(text: string): SocketAddress | undefined {
  return parseSocketAddress(text, DNS_PORT);
}

/**
 * Reads where to listen: such addresses with spaces between, `localhost` too.
 *
 * @param port of those that say none
 *
 * @returns undefined: one is none, or there is none
 */
export function parseListen(text: string, port: number): readonly SocketAddress[] | undefined {
  const all = text
    .split(/\s+/)
    .filter((one) => one !== '')
    .map((one) => parseSocketAddress(one.replace(/^localhost(?=:|$)/, '127.0.0.1'), port));
  const known = all.filter((one) => one !== undefined);
  return known.length > 0 && known.length === all.length ? known : undefined;
}

function parseSocketAddress(text: string, fallback: number): SocketAddress | undefined {
  if (parseAddress(text) !== undefined) return { host: text, port: fallback };
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? fallback);
  const isPort = (port > 0 || match?.[3] === undefined) && port < 0x1_0000;
  const isBracketed = match?.[1] !== undefined;
  if (!isPort || parseAddress(host) === undefined) return undefined;
  return isBracketed === host.includes(':') ? { host, port } : undefined;
}

/** How long an answer about a service may be kept [s]. */
export type ServiceTtl = (service: string) => number;

/** Prepares the table of services' times for lookups by name in lower case. */
export function serviceTtl(ttlsMs: DnsSettings['serviceTtlMs']): ServiceTtl {
  const whole = new Map<string, number>();
  const beginnings: [begin: string, ttl: number][] = [];
  for (const [name, ms] of Object.entries(ttlsMs)) {
    const folded = name.toLowerCase();
    if (folded.endsWith('*')) beginnings.push([folded.slice(0, -1), seconds(ms)]);
    else whole.set(folded, seconds(ms));
  }
  beginnings.sort(([a], [b]) => b.length - a.length);
  return (service) =>
    whole.get(service) ?? beginnings.find(([begin]) => service.startsWith(begin))?.[1] ?? 0;
}

/** Whole seconds, as the wire has them. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

const DNS_PORT = 53;
/** The wire has 31 bits of seconds. */
const TTL_MS_END = 2 ** 31 * 1_000;
