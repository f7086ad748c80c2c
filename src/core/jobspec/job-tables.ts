/** The tables of `job` and `group`. */
import type { ConcurrencyGroup, Job, Multiregion, Parameterized, Periodic } from '../model/job.ts';
import type { EphemeralDisk, TaskGroup, VolumeRequest } from '../model/task-group.ts';
import type { Vault } from '../model/task.ts';
import { NETWORK } from './network-tables.ts';
import { AFFINITY, CONSTRAINT, SPREAD } from './placement-tables.ts';
import { GROUP_SCALING } from './scaling-tables.ts';
import { SERVICE } from './service-tables.ts';
import { DISCONNECT, MIGRATE, RESCHEDULE, RESTART, UPDATE } from './strategy-tables.ts';
import { byLabel, duration, flag, int, many, one, table, text, textMap, texts } from './table.ts';
import type { Written } from './table.ts';
import { TASK, VAULT } from './task-tables.ts';

const MOUNT_OPTIONS = table<NonNullable<VolumeRequest['mountOptions']>>({
  arguments: { fs_type: text('fsType'), mount_flags: texts('mountFlags') },
});

const VOLUME = table<VolumeRequest>({
  label: 'name',
  arguments: {
    type: text('type'),
    source: text('source'),
    read_only: flag('readOnly'),
    access_mode: text('accessMode'),
    attachment_mode: text('attachmentMode'),
    per_alloc: flag('perAlloc'),
  },
  blocks: { mount_options: one('mountOptions', MOUNT_OPTIONS) },
});

const EPHEMERAL_DISK = table<EphemeralDisk>({
  arguments: { size: int('sizeMb'), sticky: flag('sticky'), migrate: flag('migrate') },
});

/** A `vault` block of a job or group is the default for its tasks; only theirs is kept. */
type WithVault = Readonly<{ vault: Vault }>;
type Consul = Readonly<{ namespace: string }>;
type WrittenGroup = TaskGroup & WithVault & Readonly<{ consul: Consul }>;

const CONSUL = table<Consul>({ arguments: { namespace: text('namespace') } });

function finishGroup(written: Written): Written {
  const { consul, ...group } = written as Written & Partial<Readonly<{ consul: Partial<Consul> }>>;
  return consul?.namespace === undefined ? group : { ...group, consulNamespace: consul.namespace };
}

const GROUP = table<WrittenGroup>({
  label: 'name',
  arguments: {
    count: int('count'),
    shutdown_delay: duration('shutdownDelayMs'),
    max_run_duration: duration('maxRunMs'),
    stop_after_client_disconnect: duration('stopAfterClientDisconnectMs'),
    max_client_disconnect: duration('maxClientDisconnectMs'),
    prevent_reschedule_on_lost: flag('preventRescheduleOnLost'),
  },
  blocks: {
    constraint: many('constraints', CONSTRAINT),
    affinity: many('affinities', AFFINITY),
    spread: many('spreads', SPREAD),
    task: many('tasks', TASK),
    network: many('networks', NETWORK),
    service: many('services', SERVICE),
    volume: byLabel('volumes', VOLUME),
    restart: one('restart', RESTART),
    reschedule: one('reschedule', RESCHEDULE),
    update: one('update', UPDATE),
    migrate: one('migrate', MIGRATE),
    disconnect: one('disconnect', DISCONNECT),
    ephemeral_disk: one('ephemeralDisk', EPHEMERAL_DISK),
    meta: textMap('meta'),
    scaling: one('scaling', GROUP_SCALING),
    consul: one('consul', CONSUL),
    vault: one('vault', VAULT),
  },
  finish: finishGroup,
});

type WrittenPeriodic = Periodic & Readonly<{ spec: string }>;

/** One expression as `cron`, several as `crons`. */
function finishPeriodic(written: Written): Written {
  const { spec, ...periodic } = written;
  if (spec === undefined && periodic['specs'] === undefined) return periodic;
  return { specType: 'cron', ...(spec === undefined ? {} : { specs: [spec] }), ...periodic };
}

const PERIODIC = table<WrittenPeriodic>({
  arguments: {
    enabled: flag('enabled'),
    cron: text('spec'),
    crons: texts('specs'),
    prohibit_overlap: flag('prohibitOverlap'),
    time_zone: text('timeZone'),
  },
  finish: finishPeriodic,
});

const PARAMETERIZED = table<Parameterized>({
  arguments: {
    payload: text('payload'),
    meta_required: texts('metaRequired'),
    meta_optional: texts('metaOptional'),
  },
});

const CONCURRENCY = table<ConcurrencyGroup>({
  arguments: { group: text('group'), limit: int('limit') },
});

const MULTIREGION = table<Multiregion>({
  blocks: {
    strategy: one(
      'strategy',
      table<NonNullable<Multiregion['strategy']>>({
        arguments: { max_parallel: int('maxParallel'), on_failure: text('onFailure') },
      }),
    ),
    region: many(
      'regions',
      table<Multiregion['regions'][number]>({
        label: 'name',
        arguments: {
          count: int('count'),
          datacenters: texts('datacenters'),
          node_pool: text('nodePool'),
        },
        blocks: { meta: textMap('meta') },
      }),
    ),
  },
});

/** A task beside the groups stands for a group of its own. */
type WrittenJob = Job & WithVault & Readonly<{ label: string; tasks: unknown }>;

/** The job as written: its label, lone tasks and `vault` are not fields of the model. */
export const JOB = table<WrittenJob>({
  label: 'label',
  arguments: {
    id: text('id'),
    name: text('name'),
    namespace: text('namespace'),
    region: text('region'),
    type: text('type'),
    priority: int('priority'),
    all_at_once: flag('allAtOnce'),
    datacenters: texts('datacenters'),
    node_pool: text('nodePool'),
    consul_token: text('consulToken'),
    consul_namespace: text('consulNamespace'),
    vault_token: text('vaultToken'),
    vault_namespace: text('vaultNamespace'),
    after: texts('after'),
  },
  blocks: {
    concurrency: one('concurrency', CONCURRENCY),
    constraint: many('constraints', CONSTRAINT),
    affinity: many('affinities', AFFINITY),
    spread: many('spreads', SPREAD),
    group: many('groups', GROUP),
    task: many('tasks', TASK),
    update: one('update', UPDATE),
    reschedule: one('reschedule', RESCHEDULE),
    migrate: one('migrate', MIGRATE),
    periodic: one('periodic', PERIODIC),
    parameterized: one('parameterized', PARAMETERIZED),
    multiregion: one('multiregion', MULTIREGION),
    meta: textMap('meta'),
    vault: one('vault', VAULT),
  },
});
