/** The settings of discovery, with every default filled in. */
import type { JsonObject } from '../../base/json.ts';
import { parseDuration } from '../../base/duration.ts';
import { checkDnsSettings, DEFAULT_DNS_SETTINGS, type DnsSettings } from '../dns/settings.ts';
import type { ConfigProblem } from './config-problem.ts';
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
  readonly dns: DnsSettings;
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
    dns: dnsSettings(root, problems),
  };
}

function dnsSettings(root: Reader, problems: ConfigProblem[]): DnsSettings {
  const dns = root.block('dns_config');
  const soa = dns.block('soa');
  const altDomain = root.text('alt_domain');
  const fallback = DEFAULT_DNS_SETTINGS;
  const settings: DnsSettings = {
    domain: root.text('domain', fallback.domain),
    ...(altDomain === undefined ? {} : { altDomain }),
    recursors: root.texts('recursors'),
    recursorStrategy: strategy(dns.text('recursor_strategy', 'sequential'), problems),
    recursorTimeoutMs: dns.count('recursor_timeout', fallback.recursorTimeoutMs),
    nodeTtlMs: dns.count('node_ttl', fallback.nodeTtlMs),
    serviceTtlMs: ttls(dns.record('service_ttl'), problems),
    onlyPassing: dns.flag('only_passing', fallback.onlyPassing),
    enableTruncate: dns.flag('enable_truncate', fallback.enableTruncate),
    udpAnswerLimit: dns.count('udp_answer_limit', fallback.udpAnswerLimit),
    aRecordLimit: dns.count('a_record_limit', fallback.aRecordLimit),
    disableCompression: dns.flag('disable_compression', fallback.disableCompression),
    nodeMetaTxt: dns.flag('enable_additional_node_meta_txt', fallback.nodeMetaTxt),
    soa: {
      refresh: soa.count('refresh', fallback.soa.refresh),
      retry: soa.count('retry', fallback.soa.retry),
      expire: soa.count('expire', fallback.soa.expire),
      minTtl: soa.count('min_ttl', fallback.soa.minTtl),
    },
  };
  problems.push(...checkDnsSettings(settings));
  return settings;
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
