/**
 * A disk of one machine's own, in a file: it can be filled up, and made slow.
 *
 * D1: it is mounted in this process's namespace alone, and gone with it.
 * D2: only what processes that are named write to it is slow; other disks are not.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

/** Room for five segments of etcd's log, its store and a checkpoint; holes take none [bytes]. */
const DISK_BYTES = 1024 * 1024 * 1024;
const THROTTLES = '/sys/fs/cgroup/blkio';
const FILLER = 'filler';

/** Why disks cannot be made slow here; undefined: they can. */
export function slowDisksMissing(): string | undefined {
  return existsSync(join(THROTTLES, 'cgroup.procs'))
    ? undefined
    : 'no blkio controller (cgroup v1)';
}

export class Disk {
  readonly #dir: string;
  readonly #throttle: string;
  readonly #device: string;

  /** Makes it, and mounts it at a directory. @param world whose throttles are removed at the end */
  constructor(dir: string, world: string) {
    this.#dir = dir;
    mkdirSync(dir);
    const image = openSync(`${dir}.img`, 'w');
    ftruncateSync(image, DISK_BYTES);
    closeSync(image);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', `${dir}.img`], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'loop', `${dir}.img`, dir], { stdio: 'pipe' });
    const { dev } = statSync(dir);
    this.#device = `${dev >> 8}:${dev & 0xff}`;
    this.#throttle = join(throttlesOf(world), basename(dir));
  }

  /** Leaves room for so much [bytes]. */
  fill(left: number): void {
    const { bavail, bsize } = statfsSync(this.#dir);
    const length = bavail * bsize - left;
    if (length <= 0) return;
    execFileSync('fallocate', ['-l', String(length), join(this.#dir, FILLER)], { stdio: 'pipe' });
  }

  free(): void {
    rmSync(join(this.#dir, FILLER), { force: true });
  }

  /** Makes what these processes, and those that they start, write so slow. */
  slow(writesPerSecond: number, pids: readonly number[]): void {
    if (slowDisksMissing() !== undefined) return;
    mkdirSync(this.#throttle, { recursive: true });
    this.#limit(writesPerSecond);
    for (const pid of pids) joinQuietly(this.#throttle, pid);
  }

  /** As fast again as others. */
  fast(): void {
    if (existsSync(this.#throttle)) this.#limit(0);
  }

  #limit(writesPerSecond: number): void {
    const file = join(this.#throttle, 'blkio.throttle.write_iops_device');
    writeFileSync(file, `${this.#device} ${writesPerSecond}`);
  }
}

/** Takes away what is left of throttles, once the namespaces of the processes in them are gone. */
export function removeThrottles(world: string): void {
  const dir = throttlesOf(world);
  if (!existsSync(dir)) return;
  const groups = readdirSync(dir, { withFileTypes: true }).filter((each) => each.isDirectory());
  for (const each of [...groups.map(({ name }) => join(dir, name)), dir]) {
    try {
      rmdirSync(each);
    } catch {
      // Something in it is not quite gone. Empty, it does no harm.
    }
  }
}

function throttlesOf(world: string): string {
  return join(THROTTLES, basename(world));
}

function joinQuietly(group: string, pid: number): void {
  try {
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  } catch {
    // It has ended by itself.
  }
}
