/**
 * What an agent's configuration file may hold, as a table: argument and block names as operators
 * write them, and the kind of each. Decoding, merging and the reference read it.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/configuration
 */

import { ARTIFACT_SETTING } from './artifact-settings.ts';
import { BALANCER_SETTING } from './balancer-shape.ts';
import { DISCOVERY_SETTINGS } from './discovery-shape.ts';
import { TEMPLATE_SETTING } from './template-settings.ts';
import { block, count, duration, flag, named, record, size, text, texts } from './setting.ts';
import type { Settings } from './setting.ts';

const PORTS = block('Ports to listen on.', {
  http: count('The jobs API and the console; 4646.'),
  discovery: count('The discovery API; 8500. -1: none.'),
  dns: count('DNS, over UDP and TCP; 8600. -1: none.'),
  balancer: count('Traffic of the balancer; 9999. -1: none.'),
  balancer_tls: count('The same over TLS, with HTTP/2; -1: none.'),
  balancer_ui: count('Its page, routes and metrics; 9998. -1: none.'),
  rpc: count('Agent to agent; 4647. Not listened on in `-dev` without `encrypt`.'),
  serf: count('Gossip, over UDP and TCP; 8301. -1: none.'),
  serf_wan: count('Gossip between regions; 8302, or as `serf` where that is -1 or 0. -1: none.'),
  etcd: count('A managed etcd member, for requests; 2379.'),
  etcd_peer: count('The same, for the other members; 2380.'),
});

const ADDRESSES = block('Addresses to listen on, where they differ from `bind_addr`.', {
  http: text('Of the jobs API and the console.'),
  discovery: text('Of the discovery API.'),
  dns: text('Of DNS: IP addresses with spaces between, each with a port of its own if need be.'),
  balancer: text('Of the balancer: traffic may be let in where the APIs are not.'),
  balancer_ui: text('Of its page.'),
  rpc: text('Of the agent link.'),
  serf: text('Of gossip.'),
  serf_wan: text('Of gossip between regions, where it differs from that.'),
});

const ETCD = block('Where several servers keep their log; members are managed otherwise.', {
  endpoints: texts("Somebody else's etcd, `host:port` each. None: each server runs a member."),
  prefix: text('Of the keys; `muster/`. Clusters that share an etcd differ in it.'),
  username: text('Of a user of etcd.'),
  password: text('Its password.'),
  ca_file: text('PEM: the authority of its certificates.'),
  cert_file: text('PEM: the certificate that is shown to it.'),
  key_file: text('PEM: its key.'),
  quota_mb: count('The most that a managed member stores [MiB]; 8192.'),
});

const SERVER = block('The role that decides.', {
  enabled: flag('Run it.'),
  etcd: ETCD,
  bootstrap_expect: count('How many servers begin a cluster together; 1: this one is alone.'),
  retry_join: texts(
    'Agents to find the others by, tried until one answers: `host` or `host:port`.',
  ),
  start_join: texts('The same.'),
  retry_join_wan: texts(
    'Servers of other regions, tried until one answers: `host` or `host:port`.',
  ),
  start_join_wan: texts('The same.'),
  rejoin_after_leave: flag('Find the agents of the last run again also after leaving them.'),
  raft_trailing_logs: count('Entries left in the log behind the kept state; 10000.'),
  data_dir: text('Accepted: its state lives in `DATA_DIR/log` and `DATA_DIR/state`.'),
  encrypt: text('Key of the cluster: agents that do not hold it are refused.'),
  heartbeat_grace: duration('How long beyond its time a heartbeat is waited for; 10s.'),
  min_heartbeat_ttl: duration('Shortest time between two heartbeats of a client; 10s.'),
  max_heartbeats_per_second: count(
    'Heartbeats of all clients together; the more clients, the more rarely each sends one; 50.',
  ),
  num_schedulers: count('Accepted: one scheduler is at work in each server.'),
  enabled_schedulers: texts('Accepted: jobs of all kinds are scheduled.'),
  job_gc_threshold: duration('Age at which finished jobs are forgotten; 4h.'),
  eval_gc_threshold: duration('Age at which evaluations are forgotten; 1h.'),
  batch_eval_gc_threshold: duration('The same for those of batch jobs; 24h.'),
  deployment_gc_threshold: duration('Age at which deployments are forgotten; 1h.'),
  node_gc_threshold: duration('Age at which nodes that are down are forgotten; 24h.'),
  job_gc_interval: duration('How often what is to be forgotten is looked for; 5m.'),
  job_max_source_size: size("Up to this size a job's file is kept with its version; `1M`."),
  default_scheduler_config: block(
    'Knobs of the scheduler, until `operator scheduler set-config` turns them.',
    {
      scheduler_algorithm: text('`binpack` or `spread`.'),
      memory_oversubscription_enabled: flag('Let `memory_max` count.'),
      reject_job_registration: flag('Take no new jobs.'),
      preemption_config: block('Who may evict whom.', {
        system_scheduler_enabled: flag('System jobs may.'),
        sysbatch_scheduler_enabled: flag('System batch jobs may.'),
        batch_scheduler_enabled: flag('Batch jobs may.'),
        service_scheduler_enabled: flag('Service jobs may.'),
      }),
    },
  ),
});

const CLIENT = block('The role that runs tasks.', {
  enabled: flag('Run it.'),
  servers: texts('Addresses of servers, for an agent that runs none: `host` or `host:port`.'),
  state_dir: text('Where it remembers; `DATA_DIR/client` otherwise.'),
  alloc_dir: text('Where allocations live; `DATA_DIR/alloc` otherwise.'),
  node_class: text('Groups nodes for constraints and for people.'),
  node_pool: text('The pool of the node; `default`.'),
  meta: record('Facts of the node for `${meta.*}`.'),
  options: record('Accepted for older files.'),
  network_interface: text('Takes its address from this interface.'),
  network_speed: count('Accepted: the link tells.'),
  cpu_total_compute: count('MHz of all cores, where the machine tells wrong.'),
  memory_total_mb: count('MiB, where the machine tells wrong.'),
  disk_total_mb: count('MiB, where the machine tells wrong.'),
  disk_free_mb: count('MiB free for allocations, where the machine tells wrong.'),
  min_dynamic_port: count('Lowest port given out; 20000.'),
  max_dynamic_port: count('Highest port given out; 32000.'),
  max_kill_timeout: duration('No task may take longer to end; 30s.'),
  gc_interval: duration('How often what ended allocations left is removed; 1m.'),
  gc_max_allocs: count('Ended allocations kept beyond which the oldest go; 50.'),
  gc_disk_usage_threshold: count('Percent of the disk beyond which they go; 80.'),
  gc_inode_usage_threshold: count('Percent of the inodes beyond which they go; 70.'),
  artifact: ARTIFACT_SETTING,
  no_host_uuid: flag('Accepted: the node id is always drawn by chance.'),
  drain_on_shutdown: block('Move tasks away when the agent is told to stop.', {
    deadline: duration('How long they may take.'),
    force: flag('Do not wait.'),
    ignore_system_jobs: flag('Leave system jobs running.'),
  }),
  reserved: block('What the machine keeps for itself.', {
    cpu: count('MHz.'),
    cores: text('Accepted: reserve MHz.'),
    memory: count('MiB.'),
    disk: count('MiB.'),
    reserved_ports: text('`22,80,8500-8600`.'),
  }),
  host_volume: named('A directory of this machine that jobs may mount.', {
    path: text('Absolute.'),
    read_only: flag('Never written to by a job.'),
  }),
  host_network: named('Addresses that ports can be taken on.', {
    cidr: text('The network, `10.0.0.0/8`.'),
    interface: text('The interface.'),
    reserved_ports: text('Ports that nobody may have there.'),
  }),
  template: TEMPLATE_SETTING,
  server_join: block('Further servers, as `servers` names them.', {
    retry_join: texts('Addresses, tried until one answers.'),
    start_join: texts('The same.'),
    retry_max: count('Accepted: they are tried for ever.'),
    retry_interval: duration('Accepted: the wait between two tries grows from 0.1s to 5s.'),
  }),
});

const CONSUL = block('A Consul API, ours or the original, where servers are looked for.', {
  address: text('`host:port`; 127.0.0.1:8500.'),
  token: text('Its token.'),
  server_service_name: text('The service that servers are found as; `nomad`.'),
  client_service_name: text('Accepted: nothing is registered there.'),
  auto_advertise: flag('Accepted: nothing is registered there.'),
  server_auto_join: flag('Servers find each other there.'),
  client_auto_join: flag('Clients without `servers` find them there; true.'),
});

const PLUGIN = named('Settings of a task driver: `plugin "docker" { config { ... } }`.', {
  config: { kind: 'free', note: "The driver's own settings." },
  args: texts('Accepted for older files.'),
});

/** The whole file. */
export const AGENT_SETTINGS: Settings = {
  region: text('The region; `global`.'),
  datacenter: text('The datacenter; `dc1`.'),
  name: text("The node's name; the machine's host name otherwise."),
  data_dir: text('Where everything is kept. Required without `-dev`.'),
  plugin_dir: text('Accepted for older files.'),
  log_level: text('`trace debug info warn error`.'),
  log_json: flag('Log lines as JSON.'),
  log_file: text('Accepted; log lines go to standard error.'),
  bind_addr: text('Address to listen on; 127.0.0.1.'),
  retry_join: texts('As in `server`; a client finds its servers by them, too.'),
  start_join: texts('The same.'),
  retry_join_wan: texts('As in `server`.'),
  start_join_wan: texts('The same.'),
  rejoin_after_leave: flag('As in `server`.'),
  reconnect_timeout: duration('For so long an agent that failed is tried again, and listed; 72h.'),
  reconnect_timeout_wan: duration('The same of servers of other regions; 72h.'),
  advertise: block('Addresses told to others, where they differ.', {
    http: text('Of the jobs API.'),
    rpc: text('Accepted: what `addresses` or `bind_addr` says is told.'),
    serf: text('Of gossip: `host` or `host:port`.'),
    serf_wan: text('The same of gossip between regions.'),
  }),
  addresses: ADDRESSES,
  ports: PORTS,
  insecure: flag('Permit listening beyond loopback without `encrypt`.'),
  enable_debug: flag('Accepted: no profiles are served.'),
  enable_syslog: flag('Accepted; log lines go to standard error.'),
  leave_on_interrupt: flag('On SIGINT, leave the catalog and the pool of agents.'),
  leave_on_terminate: flag('On SIGTERM, leave the catalog and the pool of agents.'),
  disable_update_check: flag('Accepted: no update is ever looked for.'),
  disable_anonymous_signature: flag('Accepted: nothing is ever sent home.'),
  http_api_response_headers: record('Accepted; no headers are added.'),
  server: SERVER,
  client: CLIENT,
  balancer: BALANCER_SETTING,
  consul: CONSUL,
  plugin: PLUGIN,
  ...DISCOVERY_SETTINGS,
  telemetry: { kind: 'free', note: 'Accepted; metrics are served at `/v1/metrics`.' },
  acl: block('Accepted: there is no access control yet.', { enabled: flag('Ask for tokens.') }),
};
