/**
 * A cgroup for each task, under `muster.slice` in the root of each hierarchy.
 *
 * TC1: a task's processes are tracked in one hierarchy: the unified one where it is mounted (it can
 *      kill in one write and sums the cpu time, even without controllers), else v1's freezer.
 * TC2: limits of containers are set by the OCI runtime, in the cgroup `task` below the task's own.
 */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { childrenOf, type CgroupDirs } from './usage.ts';
import { whyNotWritable, type Hierarchies } from './hierarchy.ts';

const SLICE = 'muster.slice';

export class TaskCgroups {
  readonly #hierarchies: Hierarchies;
  /** Mount point of the hierarchy that tracks (TC1). */
  readonly #tracking: string | undefined;
  /** Why tasks get no cgroup; undefined: they do. */
  readonly whyNot: string | undefined;

  constructor(hierarchies: Hierarchies) {
    this.#hierarchies = hierarchies;
    const mount = hierarchies.unified ?? hierarchies.v1['freezer'];
    this.whyNot = mount === undefined ? 'no cgroup is mounted' : whyNotWritable(mount);
    this.#tracking = this.whyNot === undefined ? mount : undefined;
    if (this.#tracking !== undefined && this.#tracking === hierarchies.unified) this.#delegate();
  }

  /** `v2`, `v1` (limits by v1 controllers, the unified hierarchy beside them or not), `none`. */
  get version(): 'v2' | 'v1' | 'none' {
    if (this.#tracking === undefined) return 'none';
    return Object.hasOwn(this.#hierarchies.v1, 'memory') ? 'v1' : 'v2';
  }

  /**
   * Makes the task's cgroup and answers the directories to be born in and to be killed by. Empty
   * where the machine gives none. Fails: `unavailable`.
   *
   * @param container whether an OCI runtime will make the cgroup `task` in it
   */
  create(name: string, container: boolean): { bornIn: string[]; cgroups: string[] } {
    if (this.#tracking === undefined) return { bornIn: [], cgroups: [] };
    const dir = join(this.#tracking, SLICE, name);
    // v2 allows no processes beside cgroups with controllers: the runtime stays in its own.
    const born = container ? join(dir, 'runtime') : dir;
    try {
      mkdirSync(born, { recursive: true });
    } catch (cause) {
      throw new Failure('unavailable', `cannot make the cgroup "${name}"`, { cause });
    }
    return { bornIn: [born], cgroups: [dir] };
  }

  /** Where the task's use is to be read. @param container as it was given to `create` */
  dirs(name: string, container: boolean): CgroupDirs {
    const { unified, v1 } = this.#hierarchies;
    const below = container ? join(SLICE, name, 'task') : join(SLICE, name);
    const found: Record<string, string> = {};
    if (container) for (const key of Object.keys(v1)) found[key] = join(v1[key] ?? '', below);
    // v2 sums over what is below, and the counters there outlive the container's own cgroup.
    return unified === undefined
      ? { v1: found }
      : { unified: join(unified, SLICE, name), v1: found };
  }

  /** The path for the OCI runtime, the same in each hierarchy (TC2). */
  containerPath(name: string): string {
    return join('/', SLICE, name, 'task');
  }

  /**
   * Weighs the task's processor time against others'; only v2 can, and only where it is delegated.
   */
  setCpuShares(name: string, shares: number): void {
    const { unified, unifiedControllers } = this.#hierarchies;
    if (unified === undefined || !unifiedControllers.includes('cpu')) return;
    put(join(unified, SLICE, name, 'cpu.weight'), String(cpuWeight(shares)));
  }

  /** Removes the empty cgroups of the task, in every hierarchy. */
  remove(name: string): void {
    const { unified, v1 } = this.#hierarchies;
    for (const mount of new Set([unified, ...Object.values(v1)])) {
      if (mount !== undefined) removeTree(join(mount, SLICE, name));
    }
  }

  /** v2: lets the cgroups of tasks have limits of their own. What is refused stays unlimited. */
  #delegate(): void {
    const { unified = '', unifiedControllers } = this.#hierarchies;
    const slice = join(unified, SLICE);
    try {
      mkdirSync(slice, { recursive: true });
    } catch {
      return;
    }
    for (const controller of ['cpu', 'memory', 'pids', 'cpuset', 'io']) {
      if (!unifiedControllers.includes(controller)) continue;
      for (const dir of [unified, slice])
        put(join(dir, 'cgroup.subtree_control'), `+${controller}`);
    }
  }
}

/** v1's 2 to 262144 as v2's 1 to 10000. Source: the OCI runtime specification's conversion. */
export function cpuWeight(shares: number): number {
  const clamped = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((clamped - 2) * 9_999) / 262_142);
}

function removeTree(dir: string): void {
  for (const name of childrenOf(dir)) removeTree(join(dir, name));
  try {
    rmdirSync(dir);
  } catch {
    // Gone, or somebody's process is in it: an empty directory in a file system of the kernel's.
  }
}

function put(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch {
    // Not delegated to us.
  }
}
