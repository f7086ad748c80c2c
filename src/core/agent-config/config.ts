/**
 * The agent's configuration: what the files and flags say, with every default filled in and
 * checked.
 */
import type { JsonObject } from '../../base/json.ts';
import { JOB_SOURCE_BYTES_MAX, LOG_ENTRIES_KEPT } from '../limits.ts';
import type { HostNetwork, HostVolume, NodeReserved } from '../model/node.ts';
import { DEFAULT_SCHEDULER_CONFIG, type SchedulerConfig } from '../model/scheduler-config.ts';
import type { ArtifactLimits } from '../artifact/artifact-limits.ts';
import { artifactLimits } from './artifact-settings.ts';
import type { AgentFile } from './decode.ts';
import { balancerSettings } from './balancer-settings.ts';
import type { BalancerSettings } from '../balancer/settings.ts';
import type { ConfigProblem } from './config-problem.ts';
import { consulSettings, type ConsulSettings } from './consul-settings.ts';
import { discoverySettings, type DiscoverySettings } from './discovery-settings.ts';
import { gossipSettings, type GossipSettings } from './gossip-settings.ts';
import { templatePolicy } from './template-settings.ts';
import type { TemplatePolicy } from '../task-templates/template-policy.ts';
import { etcdSettings, type EtcdSettings } from './etcd-settings.ts';
import { parseListen } from '../dns/settings.ts';
import { Reader } from './reader.ts';
import { parsePorts } from '../model/port-ranges.ts';

export interface AgentConfig {
  /** `-dev`: server and client in one, nothing kept. */
  readonly dev: boolean;
  readonly region: string;
  readonly datacenter: string;
  /** Undefined: the machine's host name. */
  readonly name?: string;
  /** Absolute; in `-dev` a fresh directory that is removed at the end. */
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly logJson: boolean;
  readonly bindAddr: string;
  readonly addresses: {
    readonly http: string;
    readonly discovery: string;
    readonly dns: string;
    readonly balancer: string;
    readonly balancerUi: string;
    /** Of the agent link. */
    readonly rpc: string;
  };
  readonly ports: AgentPorts;
  /** `host:port` of the API as others reach it. */
  readonly advertiseHttp?: string;
  readonly insecure: boolean;
  readonly encrypt: string;
  readonly gossip: GossipSettings;
  readonly leaveOnInterrupt: boolean;
  readonly leaveOnTerminate: boolean;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly server?: ServerSettings;
  readonly client?: ClientSettings;
  readonly balancer?: BalancerSettings;
  readonly consul: ConsulSettings;
  readonly discovery: DiscoverySettings;
  /** By driver: the free-form `config` block of its `plugin`. */
  readonly plugins: Readonly<Record<string, JsonObject>>;
}

/** -1 where one is not listened on. */
export interface AgentPorts {
  readonly http: number;
  readonly discovery: number;
  readonly dns: number;
  readonly balancer: number;
  readonly balancerTls: number;
  readonly balancerUi: number;
  readonly rpc: number;
  readonly serf: number;
  /** Gossip between the servers of all regions. */
  readonly serfWan: number;
  /** Of the member that a server among several manages: for requests, and for other members. */
  readonly etcd: number;
  readonly etcdPeer: number;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface ServerSettings {
  /** More than 1: the log is shared by so many servers, in `etcd`. */
  readonly bootstrapExpect: number;
  readonly etcd: EtcdSettings;
  /** Entries left in the log behind the kept state. */
  readonly logEntriesKept: number;
  /** What a job was made from is kept up to this size [bytes]; 0: never. */
  readonly jobSourceBytesMax: number;
  readonly heartbeatGraceMs: number;
  readonly heartbeatTtlMsMin: number;
  readonly heartbeatsPerSecondMax: number;
  readonly gc: {
    readonly intervalMs: number;
    readonly jobMs: number;
    readonly evalMs: number;
    readonly batchEvalMs: number;
    readonly deploymentMs: number;
    readonly nodeMs: number;
  };
  readonly scheduler: SchedulerConfig;
}

export interface ClientSettings {
  /** `host` or `host:port`; none: they are looked for in `consul`. */
  readonly servers: readonly string[];
  readonly allocDir?: string;
  readonly stateDir?: string;
  readonly nodeClass: string;
  readonly nodePool: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly networkInterface?: string;
  readonly networkMbits?: number;
  readonly cpuTotalCompute?: number;
  readonly memoryTotalMb?: number;
  readonly diskTotalMb?: number;
  readonly dynamicPortMin: number;
  readonly dynamicPortMax: number;
  readonly killTimeoutMsMax: number;
  readonly reserved: NodeReserved;
  readonly artifactLimits: ArtifactLimits;
  readonly hostVolumes: Readonly<Record<string, HostVolume>>;
  readonly hostNetworks: Readonly<Record<string, HostNetwork>>;
  readonly collect: {
    readonly intervalMs: number;
    readonly allocsMax: number;
    readonly diskUsedPercentMax: number;
    readonly inodesUsedPercentMax: number;
  };
  readonly templates: TemplatePolicy;
  readonly drainOnShutdown?: {
    readonly deadlineMs: number;
    readonly force: boolean;
    readonly ignoreSystemJobs: boolean;
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/**
 * Fills in the defaults.
 *
 * @param file all files and flags merged
 * @param dev with its own defaults, which the files may override
 */
export function agentConfig(
  file: AgentFile,
  { dev, devDir }: { readonly dev: boolean; readonly devDir: string },
): AgentConfig | readonly ConfigProblem[] {
  const root = new Reader(file, '');
  const server = root.block('server');
  const client = root.block('client');
  const balancer = root.block('balancer');
  const problems: ConfigProblem[] = [];
  const bindAddr = root.text('bind_addr', '127.0.0.1');
  const dataDir = root.text('data_dir', dev ? devDir : '');
  const serf = root.block('ports').count('serf', 8301);
  const config: AgentConfig = {
    dev,
    region: root.text('region', 'global'),
    datacenter: root.text('datacenter', 'dc1'),
    ...optional('name', root.text('name') ?? root.text('node_name')),
    dataDir,
    logLevel: logLevel(root.text('log_level', dev ? 'debug' : 'info'), problems),
    logJson: root.flag('log_json', false),
    bindAddr,
    addresses: {
      http: root.block('addresses').text('http', bindAddr),
      discovery: root.block('addresses').text('discovery', bindAddr),
      dns: root.block('addresses').text('dns', bindAddr),
      balancer: root.block('addresses').text('balancer', bindAddr),
      balancerUi: root.block('addresses').text('balancer_ui', bindAddr),
      rpc: root.block('addresses').text('rpc', bindAddr),
    },
    ports: {
      http: root.block('ports').count('http', 4646),
      discovery: root.block('ports').count('discovery', 8500),
      dns: root.block('ports').count('dns', 8600),
      balancer: root.block('ports').count('balancer', 9999),
      balancerTls: root.block('ports').count('balancer_tls', -1),
      balancerUi: root.block('ports').count('balancer_ui', 9998),
      rpc: root.block('ports').count('rpc', 4647),
      serf,
      // Who gossips not at all, or anywhere, does so between regions.
      serfWan: root.block('ports').count('serf_wan', serf > 0 ? 8302 : serf),
      etcd: root.block('ports').count('etcd', 2379),
      etcdPeer: root.block('ports').count('etcd_peer', 2380),
    },
    ...optional('advertiseHttp', root.block('advertise').text('http')),
    insecure: root.flag('insecure', false),
    encrypt: server.text('encrypt', ''),
    gossip: gossipSettings(root, bindAddr),
    leaveOnInterrupt: root.flag('leave_on_interrupt', false),
    leaveOnTerminate: root.flag('leave_on_terminate', false),
    responseHeaders: root.record('http_api_response_headers'),
    ...(server.flag('enabled', dev) ? { server: serverSettings(server, problems) } : {}),
    ...(client.flag('enabled', dev) ? { client: clientSettings(client, problems) } : {}),
    ...(balancer.flag('enabled', dev) ? { balancer: balancerSettings(balancer, problems) } : {}),
    consul: consulSettings(root),
    discovery: discoverySettings(root, problems),
    plugins: plugins(root),
  };
  problems.push(...check(config));
  return problems.length > 0 ? problems : config;
}

/** Narrows the answer of `agentConfig`. */
export function isAgentConfig(value: AgentConfig | readonly ConfigProblem[]): value is AgentConfig {
  return !Array.isArray(value);
}

/** Those that may be -1: not to be listened on. */
const OPTIONAL_PORTS: ReadonlySet<string> = new Set([
  'discovery',
  'dns',
  'balancer',
  'balancerTls',
  'balancerUi',
  'serf',
  'serfWan',
]);

/** Where the setting is named otherwise. */
const PORT_NAMES: Readonly<Record<string, string>> = {
  balancerTls: 'balancer_tls',
  balancerUi: 'balancer_ui',
  etcdPeer: 'etcd_peer',
  serfWan: 'serf_wan',
};

function check(config: AgentConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (config.dataDir === '')
    problems.push({ path: 'data_dir', message: 'is required without -dev' });
  else if (!config.dataDir.startsWith('/')) {
    problems.push({ path: 'data_dir', message: `must be absolute, not "${config.dataDir}"` });
  }
  if (config.server === undefined && config.client === undefined) {
    problems.push({ path: 'server', message: 'or client must be enabled (or start with -dev)' });
  }
  problems.push(...checkPorts(config.ports), ...checkAddresses(config));
  return problems;
}

function checkPorts(ports: AgentConfig['ports']): readonly ConfigProblem[] {
  return Object.entries(ports)
    .filter(([name, port]) => port < (OPTIONAL_PORTS.has(name) ? -1 : 0) || port > 65_535)
    .map(([name, port]) => ({
      path: `ports.${PORT_NAMES[name] ?? name}`,
      message: `${port} is not a port`,
    }));
}

function checkAddresses(config: AgentConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { http, discovery, dns, balancerUi, rpc } = config.addresses;
  const listen = parseListen(dns, config.ports.dns);
  if (listen === undefined && config.ports.dns >= 0) {
    problems.push({ path: 'addresses.dns', message: `"${dns}" is no list of IP addresses` });
  }
  const page = config.balancer === undefined ? [] : [balancerUi];
  const named = (listen ?? []).map(({ host }) => host);
  const hosts = [config.bindAddr, http, discovery, rpc, ...page, ...named];
  const loopback = hosts.every(isLoopback);
  if (!loopback && config.encrypt === '' && !config.insecure) {
    problems.push({
      path: 'bind_addr',
      message: 'listens beyond loopback without `encrypt`; set `insecure = true` if that is meant',
    });
  }
  return problems;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === 'localhost';
}

function logLevel(text: string, problems: ConfigProblem[]): LogLevel {
  const lower = text.toLowerCase();
  const found = LOG_LEVELS.find((level) => level === lower);
  if (found !== undefined) return found;
  problems.push({ path: 'log_level', message: `"${text}" is none of ${LOG_LEVELS.join(' ')}` });
  return 'info';
}

function serverSettings(server: Reader, problems: ConfigProblem[]): ServerSettings {
  const scheduler = server.block('default_scheduler_config');
  const preemption = scheduler.block('preemption_config');
  const algorithm = scheduler.text('scheduler_algorithm', 'binpack');
  if (algorithm !== 'binpack' && algorithm !== 'spread') {
    const path = 'server.default_scheduler_config.scheduler_algorithm';
    problems.push({ path, message: `"${algorithm}" is neither binpack nor spread` });
  }
  const fallback = DEFAULT_SCHEDULER_CONFIG;
  return {
    bootstrapExpect: server.count('bootstrap_expect', 1),
    etcd: etcdSettings(server, problems),
    logEntriesKept: server.count('raft_trailing_logs', LOG_ENTRIES_KEPT),
    jobSourceBytesMax: server.count('job_max_source_size', JOB_SOURCE_BYTES_MAX),
    heartbeatGraceMs: server.count('heartbeat_grace', 10_000),
    heartbeatTtlMsMin: server.count('min_heartbeat_ttl', 10_000),
    heartbeatsPerSecondMax: server.count('max_heartbeats_per_second', 50),
    gc: {
      intervalMs: server.count('job_gc_interval', 5 * MINUTE),
      jobMs: server.count('job_gc_threshold', 4 * HOUR),
      evalMs: server.count('eval_gc_threshold', HOUR),
      batchEvalMs: server.count('batch_eval_gc_threshold', 24 * HOUR),
      deploymentMs: server.count('deployment_gc_threshold', HOUR),
      nodeMs: server.count('node_gc_threshold', 24 * HOUR),
    },
    scheduler: {
      ...fallback,
      algorithm: algorithm === 'spread' ? 'spread' : 'binpack',
      memoryOversubscription: scheduler.flag('memory_oversubscription_enabled', false),
      rejectJobRegistration: scheduler.flag('reject_job_registration', false),
      preemption: {
        system: preemption.flag('system_scheduler_enabled', fallback.preemption.system),
        sysbatch: preemption.flag('sysbatch_scheduler_enabled', false),
        batch: preemption.flag('batch_scheduler_enabled', false),
        service: preemption.flag('service_scheduler_enabled', false),
      },
    },
  };
}

function clientSettings(client: Reader, problems: ConfigProblem[]): ClientSettings {
  const drain = client.block('drain_on_shutdown');
  return {
    servers: [
      ...client.texts('servers'),
      ...client.block('server_join').texts('retry_join'),
      ...client.block('server_join').texts('start_join'),
    ],
    ...optional('allocDir', client.text('alloc_dir')),
    ...optional('stateDir', client.text('state_dir')),
    nodeClass: client.text('node_class', ''),
    nodePool: client.text('node_pool', 'default'),
    meta: client.record('meta'),
    options: client.record('options'),
    ...optional('networkInterface', client.text('network_interface')),
    ...optional('networkMbits', client.count('network_speed')),
    ...optional('cpuTotalCompute', client.count('cpu_total_compute')),
    ...optional('memoryTotalMb', client.count('memory_total_mb')),
    ...optional('diskTotalMb', client.count('disk_total_mb') ?? client.count('disk_free_mb')),
    dynamicPortMin: client.count('min_dynamic_port', 20_000),
    dynamicPortMax: client.count('max_dynamic_port', 32_000),
    killTimeoutMsMax: client.count('max_kill_timeout', 30_000),
    reserved: reserved(client.block('reserved'), problems),
    hostVolumes: client.named('host_volume', (volume, name) => ({
      name,
      path: volume.text('path', ''),
      readOnly: volume.flag('read_only', false),
    })),
    hostNetworks: client.named('host_network', (network, name) => ({
      name,
      cidr: network.text('cidr', ''),
      interface: network.text('interface', ''),
      reservedPorts: ports(network, problems),
    })),
    collect: {
      intervalMs: client.count('gc_interval', MINUTE),
      allocsMax: client.count('gc_max_allocs', 50),
      diskUsedPercentMax: client.count('gc_disk_usage_threshold', 80),
      inodesUsedPercentMax: client.count('gc_inode_usage_threshold', 70),
    },
    artifactLimits: artifactLimits(client, problems),
    templates: templatePolicy(client, problems),
    ...(client.has('drain_on_shutdown')
      ? {
          drainOnShutdown: {
            deadlineMs: drain.count('deadline', HOUR),
            force: drain.flag('force', false),
            ignoreSystemJobs: drain.flag('ignore_system_jobs', false),
          },
        }
      : {}),
  };
}

function reserved(block: Reader, problems: ConfigProblem[]): NodeReserved {
  return {
    cpu: block.count('cpu', 0),
    memoryMb: block.count('memory', 0),
    diskMb: block.count('disk', 0),
    ports: ports(block, problems),
  };
}

function ports(block: Reader, problems: ConfigProblem[]): readonly number[] {
  const text = block.text('reserved_ports', '');
  const found = parsePorts(text);
  if (found !== undefined) return found;
  problems.push({ path: `${block.path}.reserved_ports`, message: `"${text}" lists no ports` });
  return [];
}

function plugins(root: Reader): Readonly<Record<string, JsonObject>> {
  return root.named('plugin', (plugin) => plugin.object('config'));
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T });
}
