/**
 * What a job has where its author says nothing.
 *
 * Source: Nomad's job specification, the default of each parameter.
 */
import type { WorkloadIdentity } from '../model/identity.ts';
import type { Periodic, Parameterized, JobType } from '../model/job.ts';
import type { NetworkRequest, PortRequest } from '../model/network.ts';
import type { Affinity, Constraint, Spread } from '../model/placement.ts';
import type { Check, CheckRestart, Service } from '../model/service.ts';
import type {
  DisconnectStrategy,
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from '../model/strategy.ts';
import type { EphemeralDisk, VolumeRequest } from '../model/task-group.ts';
import type { DeviceRequest, LogConfig, TaskResources } from '../model/resources.ts';
import type {
  Artifact,
  CsiPlugin,
  Lifecycle,
  Template,
  Vault,
  VolumeMount,
} from '../model/task.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const PRIORITY_DEFAULT = 50;

export const UPDATE_DEFAULTS: UpdateStrategy = {
  staggerMs: 30 * SECOND,
  maxParallel: 1,
  healthCheck: 'checks',
  minHealthyTimeMs: 10 * SECOND,
  healthyDeadlineMs: 5 * MINUTE,
  progressDeadlineMs: 10 * MINUTE,
  autoRevert: false,
  autoPromote: false,
  canary: 0,
};

const RESTART_SERVICE: RestartPolicy = {
  attempts: 2,
  intervalMs: 30 * MINUTE,
  delayMs: 15 * SECOND,
  mode: 'fail',
  renderTemplates: false,
};
const RESTART_BATCH: RestartPolicy = { ...RESTART_SERVICE, attempts: 3, intervalMs: 24 * HOUR };

export const RESTART_DEFAULTS: Readonly<Record<JobType, RestartPolicy>> = {
  service: RESTART_SERVICE,
  system: RESTART_SERVICE,
  batch: RESTART_BATCH,
  sysbatch: RESTART_BATCH,
};

/** Jobs that run on every node are not moved to another: they have none. */
export const RESCHEDULE_DEFAULTS: Readonly<Record<'service' | 'batch', ReschedulePolicy>> = {
  service: {
    attempts: 0,
    intervalMs: 0,
    delayMs: 30 * SECOND,
    delayFunction: 'exponential',
    maxDelayMs: HOUR,
    unlimited: true,
  },
  batch: {
    attempts: 1,
    intervalMs: 24 * HOUR,
    delayMs: 5 * SECOND,
    delayFunction: 'constant',
    maxDelayMs: 0,
    unlimited: false,
  },
};

export const MIGRATE_DEFAULTS: MigrateStrategy = {
  maxParallel: 1,
  healthCheck: 'checks',
  minHealthyTimeMs: 10 * SECOND,
  healthyDeadlineMs: 5 * MINUTE,
};

export const DISCONNECT_DEFAULTS: DisconnectStrategy = {
  lostAfterMs: 0,
  replace: true,
  reconcile: 'best_score',
};

export const PERIODIC_DEFAULTS: Periodic = {
  enabled: true,
  specs: [],
  specType: 'cron',
  prohibitOverlap: false,
  timeZone: 'UTC',
};

export const PARAMETERIZED_DEFAULTS: Parameterized = {
  payload: 'optional',
  metaRequired: [],
  metaOptional: [],
};

export const EPHEMERAL_DISK_DEFAULTS: EphemeralDisk = {
  sizeMb: 300,
  sticky: false,
  migrate: false,
};

export const CONSTRAINT_DEFAULTS: Constraint = { lTarget: '', rTarget: '', operand: '=' };
export const AFFINITY_DEFAULTS: Affinity = { ...CONSTRAINT_DEFAULTS, weight: 50 };
export const SPREAD_DEFAULTS: Spread = { attribute: '', weight: 50, targets: [] };

export const NETWORK_DEFAULTS: NetworkRequest = {
  mode: '',
  device: '',
  cidr: '',
  ip: '',
  hostname: '',
  mbits: 0,
  reservedPorts: [],
  dynamicPorts: [],
};
export const PORT_DEFAULTS: PortRequest = { label: '', value: 0, to: 0, hostNetwork: 'default' };

export const RESOURCES_DEFAULTS: TaskResources = {
  cpu: 100,
  cores: 0,
  memoryMb: 300,
  memoryMaxMb: 0,
  diskMb: 0,
  iops: 0,
  networks: [],
  devices: [],
};

export const DEVICE_DEFAULTS: DeviceRequest = {
  name: '',
  count: 1,
  constraints: [],
  affinities: [],
};

export const KILL_TIMEOUT_DEFAULT_MS = 5 * SECOND;
export const LOG_DEFAULTS: LogConfig = { maxFiles: 10, maxFileSizeMb: 10, disabled: false };
export const LIFECYCLE_DEFAULTS: Lifecycle = { hook: 'prestart', sidecar: false };

export const ARTIFACT_DEFAULTS: Artifact = {
  source: '',
  options: {},
  headers: {},
  mode: 'any',
  destination: 'local/',
};

export const TEMPLATE_DEFAULTS: Template = {
  sourcePath: '',
  destPath: '',
  embeddedTemplate: '',
  changeMode: 'restart',
  changeSignal: '',
  splayMs: 5 * SECOND,
  perms: '0644',
  leftDelimiter: '{{',
  rightDelimiter: '}}',
  env: false,
  vaultGraceMs: 0,
  errorOnMissingKey: false,
};

export const IDENTITY_DEFAULTS: WorkloadIdentity = {
  name: '',
  audience: [],
  changeMode: '',
  changeSignal: '',
  env: false,
  file: false,
  filepath: '',
  ttlMs: 0,
};

export const VAULT_DEFAULTS: Vault = {
  policies: [],
  namespace: '',
  role: '',
  env: true,
  disableFile: false,
  changeMode: 'restart',
  changeSignal: '',
};

export const VOLUME_MOUNT_DEFAULTS: VolumeMount = {
  volume: '',
  destination: '',
  readOnly: false,
  propagationMode: 'private',
};

export const VOLUME_DEFAULTS: VolumeRequest = {
  name: '',
  type: 'host',
  source: '',
  readOnly: false,
  accessMode: '',
  attachmentMode: '',
  perAlloc: false,
};

export const CSI_PLUGIN_DEFAULTS: CsiPlugin = { id: '', type: '', mountDir: '' };

export const CHECK_RESTART_DEFAULTS: CheckRestart = {
  limit: 0,
  graceMs: SECOND,
  ignoreWarnings: false,
};

export const SERVICE_DEFAULTS: Service = {
  name: '',
  taskName: '',
  portLabel: '',
  addressMode: 'auto',
  address: '',
  tags: [],
  canaryTags: [],
  enableTagOverride: false,
  meta: {},
  canaryMeta: {},
  taggedAddresses: {},
  checks: [],
  onUpdate: 'require_healthy',
  provider: 'consul',
  cluster: 'default',
};

export const CHECK_DEFAULTS: Check = {
  name: '',
  type: '',
  command: '',
  args: [],
  path: '',
  protocol: '',
  portLabel: '',
  addressMode: '',
  expose: false,
  method: '',
  body: '',
  header: {},
  intervalMs: 0,
  timeoutMs: 0,
  initialStatus: '',
  tlsServerName: '',
  tlsSkipVerify: false,
  grpcService: '',
  grpcUseTls: false,
  aliasService: '',
  taskName: '',
  successBeforePassing: 0,
  failuresBeforeCritical: 0,
  failuresBeforeWarning: 0,
  onUpdate: 'require_healthy',
};
