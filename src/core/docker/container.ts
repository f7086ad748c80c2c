/**
 * What the engine is asked to make for one start of a task: the body of `POST /containers/create`.
 *
 * D1: every published port is one the allocation holds; nothing else of the host is bound.
 * D2: a host path is mounted only where the operator allowed volumes, or where it is the
 *     allocation's own directory.
 *
 * Source: the Docker Engine API 1.41, https://docs.docker.com/engine/api/v1.41/
 */
import type { JsonObject } from '../../base/json.ts';
import { capAdd, policyIssues } from './privileges.ts';
import type { ConfigIssue } from '../model/config-issue.ts';
import type { DockerConfig } from './config.ts';
import { joins, type ContainerInput } from './container-input.ts';
import { binds, mountBody } from './mounts.ts';
import { mappedPortEnv, portIssues, portMap } from './ports.ts';

const MIB = 1024 * 1024;
/** The engine refuses less than this [bytes]. */
const MEMORY_MIN = 6 * MIB;

/** Makes the body, or says what the operator or the job does not allow. */
export function containerBody(input: ContainerInput): JsonObject | readonly ConfigIssue[] {
  const { config } = input;
  const issues = [...policyIssues(input), ...portIssues(input), ...joinIssues(input)];
  if (issues.length > 0) return issues;
  const ports = portMap(input);
  return {
    Image: input.image,
    Hostname: joins(input) ? '' : config.hostname || (input.hostname ?? ''),
    User: input.user,
    Env: Object.entries({ ...input.env, ...mappedPortEnv(input) }).map(([k, v]) => `${k}=${v}`),
    ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint }),
    ...command(config),
    WorkingDir: config.work_dir,
    Labels: { ...config.labels, ...input.labels },
    Tty: config.tty,
    OpenStdin: config.interactive,
    ...(config.mac_address === '' ? {} : { MacAddress: config.mac_address }),
    ...(config.healthchecks?.disable === true ? { Healthcheck: { Test: ['NONE'] } } : {}),
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: hostConfig(input, ports),
    ...endpoint(config),
  };
}

/** Narrows the answer of `containerBody`. */
export function isBody(value: JsonObject | readonly ConfigIssue[]): value is JsonObject {
  return !Array.isArray(value);
}

/** What a container that joins a network cannot have for itself: it would be silently ignored. */
function joinIssues(input: ContainerInput): ConfigIssue[] {
  if (!joins(input)) return [];
  const { config } = input;
  const say = (path: string, isSaid: boolean, instead: string): ConfigIssue[] =>
    isSaid ? [{ path, message: `cannot be set in a network of the group: ${instead}` }] : [];
  const dns = 'say it in the "dns" block of the group\'s network';
  return [
    ...say('dns_servers', config.dns_servers.length > 0, dns),
    ...say('dns_search_domains', config.dns_search_domains.length > 0, dns),
    ...say('dns_options', config.dns_options.length > 0, dns),
    ...say('extra_hosts', config.extra_hosts.length > 0, 'its tasks share one list of hosts'),
    ...say('mac_address', config.mac_address !== '', 'its tasks share one interface'),
  ];
}

function command(config: DockerConfig): JsonObject {
  const words = config.command === '' ? config.args : [config.command, ...config.args];
  return words.length === 0 ? {} : { Cmd: words };
}

function hostConfig(input: ContainerInput, ports: JsonObject): JsonObject {
  const { config } = input;
  const dns = input.dns;
  return {
    Binds: binds(input),
    Mounts: [...config.mount, ...config.mounts].map((m) => mountBody(m, input.taskDir)),
    PortBindings: ports,
    NetworkMode: config.network_mode || (input.joinNetwork ?? 'bridge'),
    ...resources(input),
    Privileged: config.privileged,
    CapAdd: capAdd(input),
    CapDrop: ['ALL'],
    ...(joins(input)
      ? {}
      : {
          Dns: [...config.dns_servers, ...(dns?.servers ?? [])],
          DnsSearch: [...config.dns_search_domains, ...(dns?.searches ?? [])],
          DnsOptions: [...config.dns_options, ...(dns?.options ?? [])],
          ExtraHosts: config.extra_hosts,
        }),
    GroupAdd: config.group_add,
    IpcMode: config.ipc_mode,
    PidMode: config.pid_mode,
    UTSMode: config.uts_mode,
    UsernsMode: config.userns_mode,
    ReadonlyRootfs: config.readonly_rootfs,
    Init: config.init,
    SecurityOpt: config.security_opt,
    StorageOpt: config.storage_opt,
    Sysctls: config.sysctl,
    VolumeDriver: config.volume_driver,
    LogConfig: logging(config),
    AutoRemove: false,
    RestartPolicy: { Name: 'no' },
    ...(config.runtime === '' ? {} : { Runtime: config.runtime }),
    ...(config.cgroupns === undefined ? {} : { CgroupnsMode: config.cgroupns }),
  };
}

function resources({ config, ...input }: ContainerInput): JsonObject {
  const asked = Math.max(input.memoryMb * MIB, MEMORY_MIN);
  const hard = Math.max(input.memoryMaxMb, config.memory_hard_limit) * MIB;
  const oversubscribed = hard > asked;
  return {
    Memory: oversubscribed ? hard : asked,
    ...(oversubscribed ? { MemoryReservation: asked } : {}),
    // No swap beyond the limit: a task that wants more memory is told so, not slowed down.
    MemorySwap: oversubscribed ? hard : asked,
    CpuShares: Math.max(2, Math.round(input.cpu)),
    ...(config.cpu_hard_limit
      ? {
          CpuPeriod: config.cpu_cfs_period,
          CpuQuota: Math.max(1000, Math.round(input.cpuCores * config.cpu_cfs_period)),
        }
      : {}),
    ...(input.cores.length === 0 ? {} : { CpusetCpus: input.cores.join(',') }),
    ...(config.pids_limit === 0 ? {} : { PidsLimit: config.pids_limit }),
    ...(config.shm_size === 0 ? {} : { ShmSize: config.shm_size }),
    OomScoreAdj: config.oom_score_adj,
    Devices: config.devices.map((d) => ({
      PathOnHost: d.host_path,
      PathInContainer: d.container_path || d.host_path,
      CgroupPermissions: d.cgroup_permissions || 'rwm',
    })),
    Ulimits: Object.entries(config.ulimit).map(([name, value]) => {
      const [soft = '', hard = soft] = value.split(':');
      return { Name: name, Soft: Number(soft), Hard: Number(hard) };
    }),
  };
}

function logging(config: DockerConfig): JsonObject {
  const type = config.logging?.type || config.logging?.driver || '';
  if (type !== '') return { Type: type, Config: config.logging?.config ?? {} };
  // The engine's own copy is only a buffer until the driver has collected it.
  return { Type: 'json-file', Config: { 'max-file': '2', 'max-size': '2m' } };
}

/** True where the engine's log driver lets the driver read the output back. */
export function collectsLogs(config: DockerConfig): boolean {
  const type = config.logging?.type || config.logging?.driver || 'json-file';
  return type === 'json-file' || type === 'journald' || type === 'local';
}

function endpoint(config: DockerConfig): JsonObject {
  const own = config.network_mode;
  const named = own !== '' && !/^(host|none|bridge|default|container:)/.test(own);
  if (!named) return {};
  return {
    NetworkingConfig: {
      EndpointsConfig: {
        [own]: {
          Aliases: config.network_aliases,
          IPAMConfig: { IPv4Address: config.ipv4_address, IPv6Address: config.ipv6_address },
        },
      },
    },
  };
}
