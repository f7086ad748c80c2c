/** The tables of `service`, `check` and `connect` with all in it. */
import type {
  Connect,
  ConnectGateway,
  ExposePath,
  GatewayBindAddress,
  GatewayProxy,
  IngressGateway,
  LinkedService,
  SidecarProxy,
  SidecarService,
  SidecarTask,
  Upstream,
} from '../model/connect.ts';
import type { Check, CheckRestart, Service } from '../model/service.ts';
import type { LogConfig } from '../model/resources.ts';
import { IDENTITY } from './identity-tables.ts';
import { RESOURCES } from './network-tables.ts';
import {
  byLabel,
  duration,
  flag,
  free,
  int,
  many,
  one,
  table,
  text,
  textMap,
  texts,
  textsMap,
} from './table.ts';

const CHECK_RESTART = table<CheckRestart>({
  arguments: {
    limit: int('limit'),
    grace: duration('graceMs'),
    ignore_warnings: flag('ignoreWarnings'),
  },
});

const CHECK = table<Check>({
  arguments: {
    name: text('name'),
    type: text('type'),
    command: text('command'),
    args: texts('args'),
    path: text('path'),
    protocol: text('protocol'),
    port: text('portLabel'),
    address_mode: text('addressMode'),
    expose: flag('expose'),
    method: text('method'),
    body: text('body'),
    interval: duration('intervalMs'),
    timeout: duration('timeoutMs'),
    initial_status: text('initialStatus'),
    tls_server_name: text('tlsServerName'),
    tls_skip_verify: flag('tlsSkipVerify'),
    grpc_service: text('grpcService'),
    grpc_use_tls: flag('grpcUseTls'),
    alias_service: text('aliasService'),
    task: text('taskName'),
    success_before_passing: int('successBeforePassing'),
    failures_before_critical: int('failuresBeforeCritical'),
    failures_before_warning: int('failuresBeforeWarning'),
    on_update: text('onUpdate'),
  },
  blocks: { header: textsMap('header'), check_restart: one('checkRestart', CHECK_RESTART) },
});

const UPSTREAM = table<Upstream>({
  arguments: {
    destination_name: text('destinationName'),
    local_bind_port: int('localBindPort'),
    datacenter: text('datacenter'),
    local_bind_address: text('localBindAddress'),
  },
  blocks: {
    mesh_gateway: one(
      'meshGateway',
      table<NonNullable<Upstream['meshGateway']>>({ arguments: { mode: text('mode') } }),
    ),
  },
});

const EXPOSE_PATH = table<ExposePath>({
  arguments: {
    path: text('path'),
    protocol: text('protocol'),
    local_path_port: int('localPathPort'),
    listener_port: text('listenerPort'),
  },
});

const PROXY = table<SidecarProxy>({
  arguments: {
    local_service_address: text('localServiceAddress'),
    local_service_port: int('localServicePort'),
  },
  blocks: {
    upstreams: many('upstreams', UPSTREAM),
    expose: one(
      'expose',
      table<NonNullable<SidecarProxy['expose']>>({ blocks: { path: many('paths', EXPOSE_PATH) } }),
    ),
    config: free('config'),
  },
});

const SIDECAR_SERVICE = table<SidecarService>({
  arguments: {
    tags: texts('tags'),
    port: text('port'),
    disable_default_tcp_check: flag('disableDefaultTcpCheck'),
  },
  blocks: { proxy: one('proxy', PROXY) },
});

export const LOGS = table<LogConfig>({
  arguments: {
    max_files: int('maxFiles'),
    max_file_size: int('maxFileSizeMb'),
    disabled: flag('disabled'),
  },
});

const SIDECAR_TASK = table<SidecarTask>({
  arguments: {
    name: text('name'),
    driver: text('driver'),
    user: text('user'),
    kill_timeout: duration('killTimeoutMs'),
    shutdown_delay: duration('shutdownDelayMs'),
    kill_signal: text('killSignal'),
  },
  blocks: {
    config: free('config'),
    env: textMap('env'),
    meta: textMap('meta'),
    resources: one('resources', RESOURCES),
    logs: one('logConfig', LOGS),
  },
});

const BIND_ADDRESS = table<GatewayBindAddress>({
  label: 'name',
  arguments: { address: text('address'), port: int('port') },
});

const GATEWAY_PROXY = table<GatewayProxy>({
  arguments: {
    connect_timeout: duration('connectTimeoutMs'),
    envoy_gateway_bind_tagged_addresses: flag('bindTaggedAddresses'),
    envoy_gateway_no_default_bind: flag('noDefaultBind'),
    envoy_dns_discovery_type: text('dnsDiscoveryType'),
  },
  blocks: {
    envoy_gateway_bind_addresses: byLabel('bindAddresses', BIND_ADDRESS),
    config: free('config'),
  },
});

type Listener = IngressGateway['listeners'][number];

const LISTENER = table<Listener>({
  arguments: { port: int('port'), protocol: text('protocol') },
  blocks: {
    service: many(
      'services',
      table<Listener['services'][number]>({
        arguments: { name: text('name'), hosts: texts('hosts') },
      }),
    ),
  },
});

const INGRESS = table<IngressGateway>({
  blocks: {
    tls: one(
      'tls',
      table<NonNullable<IngressGateway['tls']>>({ arguments: { enabled: flag('enabled') } }),
    ),
    listener: many('listeners', LISTENER),
  },
});

const LINKED_SERVICE = table<LinkedService>({
  arguments: {
    name: text('name'),
    ca_file: text('caFile'),
    cert_file: text('certFile'),
    key_file: text('keyFile'),
    sni: text('sni'),
  },
});

const GATEWAY = table<ConnectGateway>({
  blocks: {
    proxy: one('proxy', GATEWAY_PROXY),
    ingress: one('ingress', INGRESS),
    terminating: one(
      'terminating',
      table<NonNullable<ConnectGateway['terminating']>>({
        blocks: { service: many('services', LINKED_SERVICE) },
      }),
    ),
    mesh: free('mesh'),
  },
});

const CONNECT = table<Connect>({
  arguments: { native: flag('native') },
  blocks: {
    gateway: one('gateway', GATEWAY),
    sidecar_service: one('sidecarService', SIDECAR_SERVICE),
    sidecar_task: one('sidecarTask', SIDECAR_TASK),
  },
});

export const SERVICE = table<Service>({
  arguments: {
    name: text('name'),
    task: text('taskName'),
    port: text('portLabel'),
    address_mode: text('addressMode'),
    address: text('address'),
    tags: texts('tags'),
    canary_tags: texts('canaryTags'),
    enable_tag_override: flag('enableTagOverride'),
    on_update: text('onUpdate'),
    provider: text('provider'),
    cluster: text('cluster'),
  },
  blocks: {
    meta: textMap('meta'),
    canary_meta: textMap('canaryMeta'),
    tagged_addresses: textMap('taggedAddresses'),
    check: many('checks', CHECK),
    check_restart: one('checkRestart', CHECK_RESTART),
    connect: one('connect', CONNECT),
    identity: one('identity', IDENTITY),
  },
});
