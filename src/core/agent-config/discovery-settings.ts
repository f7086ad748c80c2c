/** The settings of discovery, with every default filled in. */
import type { JsonObject } from '../../base/json.ts';
import { parseDuration } from '../../base/duration.ts';
import type { ConfigProblem } from './config.ts';
import type { Reader } from './reader.ts';

export interface DiscoverySettings {
  /** The agent's UUID in the catalog; absent: drawn once. */
  readonly nodeId?: string;
  readonly nodeMeta: Readonly<Record<string, string>>;
  /** As written in the files; read by the registrar. */
  readonly services: readonly JsonObject[];
  readonly checks: readonly JsonObject[];
  /** Whose commands are run as checks. */
  readonly scriptChecks: 'none' | 'local' | 'all';
  readonly remoteExec: boolean;
  readonly checkUpdateIntervalMs: number;
  /** 0: no output is kept. */
  readonly checkOutputMaxBytes: number;
  readonly sessionTtlMsMin: number;
  readonly kvValueMaxBytes: number;
  readonly txnMaxBytes: number;
  readonly dns: NameSettings;
}

/** How names are answered. */
export interface NameSettings {
  readonly domain: string;
  readonly altDomain?: string;
  /** `host:port` or `host`. */
  readonly recursors: readonly string[];
  readonly recursorStrategy: 'sequential' | 'random';
  readonly recursorTimeoutMs: number;
  readonly nodeTtlMs: number;
  /** By service; `*` for the rest, `web-*` for a family [ms]. */
  readonly serviceTtlMs: Readonly<Record<string, number>>;
  readonly onlyPassing: boolean;
  readonly enableTruncate: boolean;
  readonly udpAnswerLimit: number;
  readonly aRecordLimit: number;
  readonly disableCompression: boolean;
  /** [s] */
  readonly soa: Readonly<{ refresh: number; retry: number; expire: number; minTtl: number }>;
}

/** Source: Consul's defaults. */
export function discoverySettings(root: Reader, problems: ConfigProblem[]): DiscoverySettings {
  const all = root.flag('enable_script_checks', false);
  const local = root.flag('enable_local_script_checks', false);
  const nodeId = root.text('node_id');
  const limits = root.block('limits');
  return {
    ...(nodeId === undefined ? {} : { nodeId }),
    nodeMeta: root.record('node_meta'),
    services: [...root.objects('service'), ...root.objects('services')],
    checks: [...root.objects('check'), ...root.objects('checks')],
    scriptChecks: all ? 'all' : local ? 'local' : 'none',
    remoteExec: !root.flag('disable_remote_exec', true),
    checkUpdateIntervalMs: root.count('check_update_interval', 5 * 60_000),
    checkOutputMaxBytes: root.flag('discard_check_output', false)
      ? 0
      : root.count('check_output_max_size', 4096),
    sessionTtlMsMin: root.count('session_ttl_min', 10_000),
    kvValueMaxBytes: limits.count('kv_max_value_size', 512 * 1024),
    txnMaxBytes: limits.count('txn_max_req_len', 512 * 1024),
    dns: nameSettings(root, problems),
  };
}

function nameSettings(root: Reader, problems: ConfigProblem[]): NameSettings {
  const dns = root.block('dns_config');
  const soa = dns.block('soa');
  const altDomain = root.text('alt_domain');
  return {
    domain: root.text('domain', 'consul'),
    ...(altDomain === undefined ? {} : { altDomain }),
    recursors: root.texts('recursors'),
    recursorStrategy: strategy(dns.text('recursor_strategy', 'sequential'), problems),
    recursorTimeoutMs: dns.count('recursor_timeout', 2_000),
    nodeTtlMs: dns.count('node_ttl', 0),
    serviceTtlMs: ttls(dns.record('service_ttl'), problems),
    onlyPassing: dns.flag('only_passing', false),
    enableTruncate: dns.flag('enable_truncate', false),
    udpAnswerLimit: dns.count('udp_answer_limit', 3),
    aRecordLimit: dns.count('a_record_limit', 0),
    disableCompression: dns.flag('disable_compression', false),
    soa: {
      refresh: soa.count('refresh', 3600),
      retry: soa.count('retry', 600),
      expire: soa.count('expire', 86_400),
      minTtl: soa.count('min_ttl', 0),
    },
  };
}

function strategy(text: string, problems: ConfigProblem[]): 'sequential' | 'random' {
  if (text === 'sequential' || text === 'random') return text;
  const path = 'dns_config.recursor_strategy';
  problems.push({ path, message: `"${text}" is neither sequential nor random` });
  return 'sequential';
}

function ttls(
  written: Readonly<Record<string, string>>,
  problems: ConfigProblem[],
): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [service, text] of Object.entries(written)) {
    const ms = parseDuration(text);
    const path = `dns_config.service_ttl.${service}`;
    if (ms === undefined) problems.push({ path, message: `"${text}" is no duration` });
    else found[service] = ms;
  }
  return found;
}
