/**
 * Which cgroup hierarchies this machine has and where. Source: cgroups(7), cgroup-v2 of the kernel.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Hierarchies {
  /** Mount point of the unified hierarchy; it may carry no controllers (hybrid). */
  readonly unified?: string;
  /** Controllers of the unified hierarchy. */
  readonly unifiedControllers: readonly string[];
  /** Mount points of v1 hierarchies by controller, or by name (`name=systemd`). */
  readonly v1: Readonly<Record<string, string>>;
}

/** Looks at this process's mounts. */
export function findHierarchies(): Hierarchies {
  const mounts = parseMounts(readText('/proc/self/mountinfo'));
  const controllers =
    mounts.unified === undefined ? '' : readText(join(mounts.unified, 'cgroup.controllers'));
  return { ...mounts, unifiedControllers: controllers.trim().split(' ').filter(Boolean) };
}

/** Whether directories can be made there; undefined: yes, else why not. */
export function whyNotWritable(mount: string): string | undefined {
  try {
    accessSync(mount, constants.W_OK);
    return undefined;
  } catch (error) {
    return `${mount} is not writable (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
  }
}

/** From the text of `/proc/self/mountinfo`. */
export function parseMounts(text: string): Omit<Hierarchies, 'unifiedControllers'> {
  let unified: string | undefined;
  const v1: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const point = left.split(' ')[4];
    const [type, , superOptions = ''] = right.split(' ');
    if (point === undefined) continue;
    if (type === 'cgroup2') unified ??= point;
    if (type !== 'cgroup') continue;
    for (const option of superOptions.split(',')) {
      // A name stands for a hierarchy without controllers: runtimes make cgroups there too.
      if (CONTROLLERS.has(option) || option.startsWith('name=')) v1[option] ??= point;
    }
  }
  return { ...(unified === undefined ? {} : { unified }), v1 };
}

const CONTROLLERS = new Set([
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'pids',
  'net_cls',
  'net_prio',
  'perf_event',
  'hugetlb',
  'rdma',
  'misc',
]);

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
