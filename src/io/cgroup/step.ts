/**
 * Starts a process inside cgroups: this process steps into them, forks, and steps back, all in one
 * turn of the event loop. So the new one is in them from its first instruction, no shell stands
 * between (which would cost time and change the environment), and errors of the start are told.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs `fork` with this process in `dirs`. Throws the system's error when one cannot be entered.
 */
export function insideCgroups<Result>(dirs: readonly string[], fork: () => Result): Result {
  const entered: string[] = [];
  try {
    for (const dir of dirs) {
      const home = homeOf(dir);
      enter(dir);
      entered.push(home);
    }
    return fork();
  } finally {
    for (const home of entered) enter(home);
  }
}

const homes = new Map<string, string>();
let mountPoints: readonly string[] | undefined;

/**
 * This process's own cgroup in the hierarchy that holds `dir`, remembered from before the first
 * step.
 */
function homeOf(dir: string): string {
  const root = hierarchyOf(dir);
  const known = homes.get(root);
  if (known !== undefined) return known;
  const home = join(root, ownPath(root));
  homes.set(root, home);
  return home;
}

/** The mount point: `/sys/fs/cgroup`, or `/sys/fs/cgroup/freezer` where several are mounted. */
function hierarchyOf(dir: string): string {
  // Read once: a busy machine has thousands of mounts, and these stay where they are.
  mountPoints ??= cgroupMounts();
  return mountPoints
    .filter((point) => `${dir}/`.startsWith(`${point}/`))
    .reduce((best, point) => (point.length > best.length ? point : best), '/');
}

function cgroupMounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' - '))
    .filter(([, right = '']) => right.startsWith('cgroup'))
    .map(([left = '']) => left.split(' ')[4] ?? '/');
}

/** Lines are `9:freezer:/some/path`, the second field empty for v2. */
function ownPath(root: string): string {
  const controller = root.slice(root.lastIndexOf('/') + 1);
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  const parsed = lines.map((line) => /^(\d+):([^:]*):(.*)$/.exec(line));
  const v1 = parsed.find((m) => (m?.[2] ?? '').split(',').includes(controller));
  const v2 = parsed.find((m) => m?.[2] === '');
  return (v1 ?? v2)?.[3] ?? '/';
}

function enter(dir: string): void {
  writeFileSync(join(dir, 'cgroup.procs'), '0');
}
