/**
 * The settings of discovery: services and checks of this agent, DNS, key/value.
 *
 * Source: https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file
 */
import { block, blocks, count, duration, flag, record, text, texts } from './setting.ts';
import type { Settings } from './setting.ts';

const DNS_CONFIG = block('How DNS answers.', {
  node_ttl: duration('How long answers about nodes may be kept; 0s.'),
  service_ttl: record('The same by service; `"*"` stands for all others, `"web-*"` for a family.'),
  only_passing: flag('Leave out instances with warnings, too.'),
  enable_truncate: flag('Say so where not all answers fit into a datagram.'),
  udp_answer_limit: count('Answers in a datagram; 3.'),
  a_record_limit: count('Addresses in any answer; 0: as many as there are.'),
  disable_compression: flag('Write every name in full.'),
  enable_additional_node_meta_txt: flag('Add the metadata of nodes to answers; true.'),
  recursor_strategy: text('Which recursor is asked first: `sequential` or `random`.'),
  recursor_timeout: duration('How long one is waited for; 2s.'),
  soa: block('The numbers of the SOA record [s].', {
    refresh: count('3600.'),
    retry: count('600.'),
    expire: count('86400.'),
    min_ttl: count('0.'),
  }),
  allow_stale: flag('Accepted: every server answers of its own state.'),
  max_stale: duration('Accepted.'),
  use_cache: flag('Accepted.'),
  cache_max_age: duration('Accepted.'),
});

export const DISCOVERY_SETTINGS: Settings = {
  node_id: text('The UUID of this agent in the catalog; drawn once and kept otherwise.'),
  node_name: text('As `name`.'),
  node_meta: record('Facts of the node in the catalog.'),
  service: blocks('A service that this machine offers, with its `check` blocks.'),
  services: blocks('Several.'),
  check: blocks('A check of this node, or of the service that `service_id` names.'),
  checks: blocks('Several.'),
  enable_script_checks: flag('Run checks that are commands, wherever they come from.'),
  enable_local_script_checks: flag('Run those of configuration files only.'),
  disable_remote_exec: flag('Carry out nothing for `exec`; true unless set to false.'),
  check_update_interval: duration(
    'How often a check whose output alone changed is told to the servers; 5m.',
  ),
  check_output_max_size: count("Bytes of a check's output that are kept; 4096."),
  discard_check_output: flag('Keep no output.'),
  session_ttl_min: duration('Shortest time to live that a session may have; 10s.'),
  domain: text('Under which names are answered; `consul`.'),
  alt_domain: text('A second one.'),
  recursors: texts('`IP` or `IP:PORT` of servers that answer for the rest of the world.'),
  dns_config: DNS_CONFIG,
  limits: block('Bounds of requests.', {
    kv_max_value_size: count('Bytes of one value; 524288.'),
    txn_max_req_len: count('Bytes of one transaction; 524288.'),
  }),
};
