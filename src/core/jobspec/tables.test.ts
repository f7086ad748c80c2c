/** Compares the tables with what the job specification documents. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { IDENTITY } from './identity-tables.ts';
import { JOB } from './job-tables.ts';
import { NETWORK, RESOURCES } from './network-tables.ts';
import { AFFINITY, CONSTRAINT, SPREAD } from './placement-tables.ts';
import { GROUP_SCALING, TASK_SCALING } from './scaling-tables.ts';
import { LOGS, SERVICE } from './service-tables.ts';
import { DISCONNECT, MIGRATE, RESCHEDULE, RESTART, UPDATE } from './strategy-tables.ts';
import type { BlockTable } from './table.ts';
import { TASK, VAULT } from './task-tables.ts';

const SETS = 'set_contains set_contains_all set_contains_any';

/** By table: the parameters and blocks of the job specification, 1.1 to 1.6. */
const DOCUMENTED: readonly (readonly [BlockTable, string])[] = [
  [
    JOB,
    'all_at_once affinity constraint consul_token datacenters group id meta migrate multiregion',
  ],
  [
    JOB,
    'name namespace node_pool parameterized periodic priority region reschedule spread task type',
  ],
  [JOB, 'update vault vault_token'],
  [TASK, 'affinity artifact config constraint csi_plugin dispatch_payload driver env kill_signal'],
  [TASK, 'kill_timeout kind leader lifecycle logs meta resources restart scaling service'],
  [TASK, 'identity shutdown_delay template user vault volume_mount'],
  [RESOURCES, 'cpu cores memory memory_max device network'],
  [NETWORK, 'mode hostname dns port mbits'],
  [
    CONSTRAINT,
    `attribute operator value distinct_hosts distinct_property regexp version semver ${SETS}`,
  ],
  [AFFINITY, `attribute operator value weight regexp version semver ${SETS}`],
  [SPREAD, 'attribute weight target'],
  [UPDATE, 'max_parallel health_check min_healthy_time healthy_deadline progress_deadline'],
  [UPDATE, 'auto_revert auto_promote canary stagger'],
  [RESTART, 'attempts delay interval mode render_templates'],
  [RESCHEDULE, 'attempts interval delay delay_function max_delay unlimited'],
  [MIGRATE, 'max_parallel health_check min_healthy_time healthy_deadline'],
  [DISCONNECT, 'lost_after replace stop_on_client_after reconcile'],
  [IDENTITY, 'name aud change_mode change_signal env file filepath ttl'],
  [VAULT, 'change_mode change_signal env disable_file namespace policies role'],
  [LOGS, 'max_files max_file_size disabled'],
  [SERVICE, 'check check_restart connect name port tags canary_tags enable_tag_override address'],
  [SERVICE, 'address_mode task meta canary_meta tagged_addresses on_update provider'],
  [GROUP_SCALING, 'min max enabled policy type'],
  [TASK_SCALING, 'min max enabled policy type'],
];

test('each documented parameter is in its table', () => {
  for (const [table, names] of DOCUMENTED) {
    for (const name of names.split(' ')) {
      assert.ok(table.arguments.has(name) || table.blocks.has(name), name);
    }
  }
});

test('names are of small letters and underscores, and each field is written by one row', () => {
  const seen = new Set<BlockTable>();
  const visit = (table: BlockTable): void => {
    if (seen.has(table)) return;
    seen.add(table);
    const rows = [...table.arguments, ...table.blocks];
    for (const [name] of rows) assert.match(name, /^[a-z]+(?:_[a-z]+)*$/);
    const fields = [...rows.map(([, row]) => row.field), ...table.labels.map(({ field }) => field)];
    assert.equal(new Set(fields).size, fields.length, fields.join());
    for (const row of table.blocks.values()) if (row.table !== undefined) visit(row.table);
  };
  visit(JOB);
  assert.ok(seen.size > 30);
});
