/** Groups and tasks with their defaults and with what their job and group hand down. */
import type { Draft } from '../model/draft.ts';
import type { JobDraft, JobType } from '../model/job.ts';
import type {
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from '../model/strategy.ts';
import type { TaskGroup, VolumeRequest } from '../model/task-group.ts';
import type { Artifact, ScalingPolicy, Task, Template } from '../model/task.ts';
import {
  canonicalizeAffinities,
  canonicalizeConstraints,
  canonicalizeNetwork,
  canonicalizeResources,
  canonicalizeSpreads,
} from './canonicalize-resources.ts';
import { canonicalizeService } from './canonicalize-service.ts';
import {
  ARTIFACT_DEFAULTS,
  CSI_PLUGIN_DEFAULTS,
  IDENTITY_DEFAULTS,
  DISCONNECT_DEFAULTS,
  EPHEMERAL_DISK_DEFAULTS,
  KILL_TIMEOUT_DEFAULT_MS,
  LIFECYCLE_DEFAULTS,
  LOG_DEFAULTS,
  MIGRATE_DEFAULTS,
  RESCHEDULE_DEFAULTS,
  RESTART_DEFAULTS,
  TEMPLATE_DEFAULTS,
  UPDATE_DEFAULTS,
  VAULT_DEFAULTS,
  VOLUME_DEFAULTS,
  VOLUME_MOUNT_DEFAULTS,
} from './defaults.ts';
import { fill, given, ifGiven, overlay } from './fill.ts';

/** The job that a group is of: its draft, and what is known of it already. */
export type GroupOwner = Readonly<{
  draft: JobDraft;
  id: string;
  namespace: string;
  type: JobType;
}>;

type Composed =
  | 'constraints'
  | 'affinities'
  | 'spreads'
  | 'tasks'
  | 'networks'
  | 'services'
  | 'volumes'
  | 'restart'
  | 'reschedule'
  | 'update'
  | 'migrate'
  | 'disconnect'
  | 'ephemeralDisk'
  | 'scaling';

/** A group with its defaults. */
export function canonicalizeGroup(written: Draft<TaskGroup>, job: GroupOwner): TaskGroup {
  const { constraints, affinities, spreads, tasks, networks, services, ...others } = written;
  const { volumes, restart, reschedule, update, migrate, ...rest } = others;
  const { disconnect, ephemeralDisk, scaling, ...plain } = rest;
  const count = plain.count ?? scaling?.min ?? 1;
  const defaults = { name: '', count, meta: {}, preventRescheduleOnLost: false };
  const own = fill<Omit<TaskGroup, Composed>>({ ...defaults, consulNamespace: '' }, plain);
  const restartPolicy = fill(RESTART_DEFAULTS[job.type], restart);
  const owner = { job, group: own.name, count: own.count, restart: restartPolicy };
  return {
    ...own,
    constraints: canonicalizeConstraints(constraints),
    affinities: canonicalizeAffinities(affinities),
    spreads: canonicalizeSpreads(spreads),
    tasks: (tasks ?? []).map((task) => canonicalizeTask(task, owner)),
    networks: (networks ?? []).map(canonicalizeNetwork),
    services: (services ?? []).map((service) =>
      canonicalizeService(service, { job: job.id, group: own.name }),
    ),
    volumes: volumesOf(volumes),
    restart: restartPolicy,
    ephemeralDisk: fill(EPHEMERAL_DISK_DEFAULTS, ephemeralDisk),
    ...given('reschedule', rescheduleOf(job, reschedule)),
    ...given('update', updateOf(job, update)),
    ...given('migrate', migrateOf(job, migrate)),
    ...given(
      'disconnect',
      ifGiven(disconnect, (each) => fill(DISCONNECT_DEFAULTS, each)),
    ),
    ...given(
      'scaling',
      ifGiven(scaling, (each) => canonicalizeScaling(each, owner)),
    ),
  };
}

function rescheduleOf(
  job: GroupOwner,
  ofGroup: Draft<ReschedulePolicy> | undefined,
): ReschedulePolicy | undefined {
  const written = overlay(job.draft.reschedule, ofGroup);
  if (job.type === 'service' || job.type === 'batch') {
    return fill(RESCHEDULE_DEFAULTS[job.type], written);
  }
  return ifGiven(written, (each) => fill(RESCHEDULE_DEFAULTS.service, each));
}

/** Service jobs are always changed by a rule; others only by one that was written. */
function updateOf(
  job: GroupOwner,
  ofGroup: Draft<UpdateStrategy> | undefined,
): UpdateStrategy | undefined {
  const written = overlay(job.draft.update, ofGroup);
  if (job.type === 'service') return fill(UPDATE_DEFAULTS, written);
  return ifGiven(written, (each) => fillUpdate(job.type, each));
}

/** Of system jobs batches are apart as long as each takes to be healthy, unless it says more. */
export function fillUpdate(type: JobType, written: Draft<UpdateStrategy>): UpdateStrategy {
  const filled = fill(UPDATE_DEFAULTS, written);
  if (type !== 'system' || written.staggerMs !== undefined) return filled;
  return { ...filled, staggerMs: filled.minHealthyTimeMs };
}

function migrateOf(
  job: GroupOwner,
  ofGroup: Draft<MigrateStrategy> | undefined,
): MigrateStrategy | undefined {
  const written = overlay(job.draft.migrate, ofGroup);
  if (job.type === 'service') return fill(MIGRATE_DEFAULTS, written);
  return ifGiven(written, (each) => fill(MIGRATE_DEFAULTS, each));
}

function volumesOf(
  written: Readonly<Record<string, Draft<VolumeRequest>>> | undefined,
): Readonly<Record<string, VolumeRequest>> {
  const entries = Object.entries(written ?? {}).map(([name, { mountOptions, ...volume }]) => {
    const { fsType = '', mountFlags = [] } = mountOptions ?? {};
    const options = given(
      'mountOptions',
      ifGiven(mountOptions, () => ({ fsType, mountFlags })),
    );
    return [name, { ...fill({ ...VOLUME_DEFAULTS, name }, volume), ...options }];
  });
  return Object.fromEntries(entries) as Readonly<Record<string, VolumeRequest>>;
}

type TaskOwner = Readonly<{
  job: GroupOwner;
  group: string;
  count: number;
  restart: RestartPolicy;
}>;

/** What a policy scales is told by where it stands. */
function canonicalizeScaling(
  written: Draft<ScalingPolicy>,
  owner: TaskOwner,
  task?: string,
): ScalingPolicy {
  const target = {
    Namespace: owner.job.namespace,
    Job: owner.job.id,
    Group: owner.group,
    ...(task === undefined ? {} : { Task: task }),
  };
  const defaults = { id: '', type: 'horizontal', min: owner.count, max: 0, enabled: true };
  return { ...fill<ScalingPolicy>({ ...defaults, policy: {}, target: {} }, written), target };
}

type ComposedTask =
  | 'constraints'
  | 'affinities'
  | 'resources'
  | 'services'
  | 'restart'
  | 'artifacts'
  | 'templates'
  | 'lifecycle'
  | 'logConfig'
  | 'dispatchPayload'
  | 'volumeMounts'
  | 'vault'
  | 'csiPlugin'
  | 'identity'
  | 'identities'
  | 'scalingPolicies';

const TASK_DEFAULTS: Omit<Task, ComposedTask> = {
  name: '',
  driver: '',
  user: '',
  config: {},
  env: {},
  meta: {},
  killTimeoutMs: KILL_TIMEOUT_DEFAULT_MS,
  killSignal: '',
  shutdownDelayMs: 0,
  leader: false,
  kind: '',
};

function canonicalizeTask(written: Draft<Task>, owner: TaskOwner): Task {
  const { constraints, affinities, resources, services, restart, ...others } = written;
  const { artifacts, templates, lifecycle, logConfig, dispatchPayload, ...rest } = others;
  const { volumeMounts, vault, csiPlugin, scalingPolicies, ...more } = rest;
  const { identity, identities, ...plain } = more;
  const own = fill(TASK_DEFAULTS, plain);
  const serviceOwner = { job: owner.job.id, group: owner.group, task: own.name };
  return {
    ...own,
    constraints: canonicalizeConstraints(constraints),
    affinities: canonicalizeAffinities(affinities),
    resources: canonicalizeResources(resources),
    services: (services ?? []).map((service) => canonicalizeService(service, serviceOwner)),
    restart: fill(owner.restart, restart),
    artifacts: (artifacts ?? []).map((each) => fill<Artifact>(ARTIFACT_DEFAULTS, each)),
    templates: (templates ?? []).map((each) => canonicalizeTemplate(each as Template)),
    logConfig: fill(LOG_DEFAULTS, logConfig),
    volumeMounts: (volumeMounts ?? []).map((each) => fill(VOLUME_MOUNT_DEFAULTS, each)),
    scalingPolicies: (scalingPolicies ?? []).map((each) =>
      canonicalizeScaling(each, { ...owner, count: 0 }, own.name),
    ),
    ...given(
      'lifecycle',
      ifGiven(lifecycle, (each) => fill(LIFECYCLE_DEFAULTS, each)),
    ),
    ...given(
      'dispatchPayload',
      ifGiven(dispatchPayload, ({ file = '' }) => ({ file })),
    ),
    ...given(
      'vault',
      ifGiven(vault, (each) => fill(VAULT_DEFAULTS, each)),
    ),
    ...given(
      'csiPlugin',
      ifGiven(csiPlugin, (each) => fill(CSI_PLUGIN_DEFAULTS, each)),
    ),
    ...given(
      'identity',
      ifGiven(identity, (each) => fill({ ...IDENTITY_DEFAULTS, name: 'default' }, each)),
    ),
    ...given(
      'identities',
      ifGiven(identities, (all) => all.map((each) => fill(IDENTITY_DEFAULTS, each))),
    ),
  };
}

/** Clients that know `once` say it of every template; jobs from before they did are the same. */
function canonicalizeTemplate(written: Template): Template {
  const { once, ...template } = fill<Template>(TEMPLATE_DEFAULTS, written);
  return once === true ? { ...template, once } : template;
}
