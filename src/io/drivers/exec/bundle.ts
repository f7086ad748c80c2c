/**
 * The OCI configuration of a task. A pure function of what is asked; only the caller writes it.
 * Source: the OCI runtime specification, version 1.0.2.
 */
import type { Json, JsonObject } from '../../../base/json.ts';
import type { TaskSpec } from '../../../ports/driver.ts';
import type { User } from '../process/user.ts';
import type { Bind } from './chroot.ts';

export interface ContainerPlan {
  /** The program first, as the task sees it. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** As the task sees it. */
  readonly cwd: string;
  readonly user: User;
  readonly binds: readonly Bind[];
  readonly capabilities: readonly string[];
  /** Shares the machine's processes, its shared memory. */
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  /** Path for the runtime, the same in each hierarchy. */
  readonly cgroupsPath: string;
  readonly cgroupVersion: 'v1' | 'v2';
  /** Processors of the machine, for the hard limit; 0: none is set. */
  readonly hardLimitCpus: number;
  /** Whether the kernel limits memory and swap together. */
  readonly limitsSwap: boolean;
}

/** The file `config.json` of the bundle. */
export function ociConfig(task: TaskSpec, plan: ContainerPlan): JsonObject {
  return {
    ociVersion: '1.0.2',
    hostname: task.hostname ?? '',
    root: { path: task.directories.taskDir, readonly: false },
    process: processOf(plan),
    mounts: [...systemMounts(plan), ...plan.binds.map(bindMount)],
    linux: {
      cgroupsPath: plan.cgroupsPath,
      namespaces: namespaces(task, plan),
      resources: resources(task, plan),
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
      // Mounts that the machine makes later (an operator's disk) do not appear in tasks.
      rootfsPropagation: task.mounts.some((m) => m.propagation !== '') ? 'rslave' : 'rprivate',
    },
  };
}

function processOf({ argv, env, cwd, user, capabilities }: ContainerPlan): JsonObject {
  const held = user.uid === 0 ? capabilities : [];
  return {
    terminal: false,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.groups },
    args: argv,
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    cwd,
    // A user other than root has none; the bound holds for programs that would give some.
    capabilities: { bounding: capabilities, effective: held, permitted: held, inheritable: [] },
    noNewPrivileges: true,
  };
}

function namespaces(task: TaskSpec, plan: ContainerPlan): Json {
  return [
    { type: 'mount' },
    ...(plan.hostPid ? [] : [{ type: 'pid' }]),
    ...(plan.hostIpc ? [] : [{ type: 'ipc' }]),
    ...(task.hostname === undefined ? [] : [{ type: 'uts' }]),
    ...(task.networkNamespace === undefined
      ? []
      : [{ type: 'network', path: task.networkNamespace }]),
    ...(plan.cgroupVersion === 'v2' ? [{ type: 'cgroup' }] : []),
  ];
}

function resources({ resources: wanted }: TaskSpec, plan: ContainerPlan): JsonObject {
  const mebibytes = (count: number): number => count * 1024 * 1024;
  const limit = mebibytes(Math.max(wanted.memoryMaxMb, wanted.memoryMb));
  const period = 100_000;
  const quota = Math.max(Math.round(wanted.cpuShare * plan.hardLimitCpus * period), 1_000);
  return {
    devices: [{ allow: false, access: 'rwm' }],
    memory: {
      limit,
      ...(wanted.memoryMaxMb > wanted.memoryMb ? { reservation: mebibytes(wanted.memoryMb) } : {}),
      // Memory and swap together: none beyond the memory.
      ...(plan.limitsSwap ? { swap: limit } : {}),
    },
    cpu: {
      shares: Math.min(Math.max(Math.round(wanted.cpu), 2), 262_144),
      ...(plan.hardLimitCpus > 0 ? { quota, period } : {}),
      ...(wanted.cores.length > 0 ? { cpus: wanted.cores.join(',') } : {}),
    },
  };
}

function systemMounts({ hostIpc }: ContainerPlan): readonly JsonObject[] {
  const mount = (destination: string, type: string, options: readonly string[]): JsonObject => ({
    destination,
    type,
    source: type,
    options: ['nosuid', ...options],
  });
  const bind = (path: string): JsonObject => ({
    destination: path,
    type: 'none',
    source: path,
    options: ['rbind', 'nosuid', 'noexec', 'nodev'],
  });
  return [
    { destination: '/proc', type: 'proc', source: 'proc' },
    mount('/dev', 'tmpfs', ['strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', ['noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    hostIpc ? bind('/dev/shm') : mount('/dev/shm', 'tmpfs', ['noexec', 'nodev', 'mode=1777']),
    hostIpc ? bind('/dev/mqueue') : mount('/dev/mqueue', 'mqueue', ['noexec', 'nodev']),
    mount('/sys', 'sysfs', ['noexec', 'nodev', 'ro']),
  ];
}

function bindMount({ source, path, readOnly, propagation }: Bind): JsonObject {
  const options = ['rbind', readOnly ? 'ro' : 'rw', PROPAGATION[propagation] ?? 'rprivate'];
  return { destination: path, type: 'none', source, options };
}

/** As job files name it. */
const PROPAGATION: Readonly<Record<string, string>> = {
  private: 'rprivate',
  'host-to-task': 'rslave',
  bidirectional: 'rshared',
};

/** Of the machine's kernel, nothing that a task has to read or write. */
const MASKED: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];

const READ_ONLY: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];
