/**
 * A disk in memory that forgets, tears, fills up and fails, all from a seed.
 *
 * D1: bytes under a completed `sync` survive every crash; bytes that are not may survive, each
 *     512-byte sector for itself (power loss), or are all kept but for the end of a write in
 *     progress (kill).
 * D2: names under a completed `syncDir` survive; later creations and removals may be undone by a
 *     power loss.
 * D3: after a crash every open file and lock of the time before is dead.
 */
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disk, DiskFile, DiskLock } from '../ports/disk.ts';
import { SimInode } from './inode.ts';

/** How a crash comes: the process dies, or the machine loses power. */
export type CrashKind = 'kill' | 'power';

/** What the simulated disk is like. */
export type SimDiskOptions = Readonly<{
  random: Random;
  /** All files together [bytes]; without it the disk never fills. */
  capacityBytes?: number;
  /** When given, each operation takes up to `latencyMsMax`. */
  clock?: Clock;
  latencyMsMax?: number;
  /** Told at once when a crash that was planned by `crashAfter` happens. */
  onCrash?: () => void;
}>;

/** An operation in progress, which a crash completes in part. */
type InFlight = { readonly inode: SimInode; readonly offset: number; readonly bytes: Uint8Array };

export class SimDisk implements Disk {
  readonly #options: SimDiskOptions;
  readonly #random: Random;
  readonly #dirs = new Set<string>(['', '/']);
  #names = new Map<string, SimInode>();
  #durableNames = new Map<string, SimInode>();
  readonly #inFlight = new Set<InFlight>();
  readonly #locks = new Set<string>();
  #epoch = 0;
  #capacityBytes: number;
  #latencyMsMax: number;
  #operations = 0;
  #crashAt: Readonly<{ operation: number; kind: CrashKind }> | undefined;
  #syncsToFail = 0;

  constructor(options: SimDiskOptions) {
    this.#options = options;
    this.#random = options.random.fork('disk');
    this.#capacityBytes = options.capacityBytes ?? Infinity;
    this.#latencyMsMax = options.latencyMsMax ?? 0;
  }

  /** How many operations were begun so far; the unit of `crashAfter`. */
  get operations(): number {
    return this.#operations;
  }

  /** Lets the crash happen in the middle of the `count`-th operation from now. */
  crashAfter(count: number, kind: CrashKind): void {
    this.#crashAt = { operation: this.#operations + count, kind };
  }

  /** Ends the process that uses the disk, and leaves what a restart will find (D1-D3). */
  crash(kind: CrashKind): void {
    this.#epoch += 1;
    this.#crashAt = undefined;
    this.#locks.clear();
    for (const { inode, offset, bytes } of this.#inFlight) {
      inode.write(offset, bytes.subarray(0, Math.floor(this.#random.next() * (bytes.length + 1))));
    }
    this.#inFlight.clear();
    if (kind === 'kill') return;
    this.#loseNames();
    for (const inode of new Set(this.#names.values())) inode.losePower(this.#random);
  }

  /** Makes the next `count` syncs of files fail, leaving what they should have kept in doubt. */
  failSyncs(count: number): void {
    this.#syncsToFail = count;
  }

  /** Sets how much the disk holds from now on [bytes]. */
  resize(capacityBytes: number): void {
    this.#capacityBytes = capacityBytes;
  }

  /** Sets how long an operation may take from now on [ms]; needs a clock. */
  slowDown(latencyMsMax: number): void {
    this.#latencyMsMax = latencyMsMax;
  }

  /** What all files together take [bytes]. */
  usedBytes(): number {
    return this.#used();
  }

  /** Flips one bit on the medium. Fails: `not_found` there is no such byte. */
  flipBit(path: string, offset: number, bit: number): void {
    this.#inode(path).flipBit(offset, bit);
  }

  /** What a file holds at present. Fails: `not_found`. */
  contentOf(path: string): Uint8Array {
    const inode = this.#inode(path);
    return inode.read(0, inode.length);
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    await this.#begin();
    const existing = this.#names.get(path);
    if (mode !== 'create') return this.#file(path, this.#inode(path));
    if (existing !== undefined) throw new Failure('conflict', `"${path}" exists`);
    if (!this.#dirs.has(parentOf(path))) throw new Failure('not_found', `no "${parentOf(path)}"`);
    const inode = new SimInode();
    this.#names.set(path, inode);
    return this.#file(path, inode);
  }

  async list(dir: string): Promise<readonly string[]> {
    await this.#begin();
    if (!this.#dirs.has(dir)) throw new Failure('not_found', `cannot list "${dir}"`);
    const names = [...this.#names.keys()].filter((path) => parentOf(path) === dir);
    return names.map((path) => path.slice(dir.length + 1)).sort();
  }

  async makeDir(dir: string): Promise<void> {
    await this.#begin();
    for (let at = dir; at !== '' && !this.#dirs.has(at); at = parentOf(at)) this.#dirs.add(at);
  }

  async remove(path: string): Promise<void> {
    await this.#begin();
    this.#inode(path);
    this.#names.delete(path);
  }

  async syncDir(dir: string): Promise<void> {
    await this.#begin();
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      if (parentOf(path) !== dir) continue;
      const inode = this.#names.get(path);
      if (inode === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, inode);
    }
  }

  async freeBytes(): Promise<number> {
    await this.#begin();
    return Math.max(0, this.#capacityBytes - this.#used());
  }

  async lock(dir: string): Promise<DiskLock> {
    await this.#begin();
    if (this.#locks.has(dir)) {
      throw new Failure('conflict', `directory "${dir}" is in use by another agent`);
    }
    this.#locks.add(dir);
    const epoch = this.#epoch;
    return {
      release: () => {
        if (epoch === this.#epoch) this.#locks.delete(dir);
        return Promise.resolve();
      },
    };
  }

  /** Every operation passes here first: time passes, and the planned crash comes. */
  async #begin(epoch = this.#epoch, inFlight?: InFlight): Promise<void> {
    this.#checkAlive(epoch);
    this.#operations += 1;
    if (inFlight !== undefined) this.#inFlight.add(inFlight);
    const { clock, onCrash } = this.#options;
    if (clock === undefined) await Promise.resolve();
    else await clock.sleep(this.#random.next() * this.#latencyMsMax, new AbortController().signal);
    this.#checkAlive(epoch);
    const planned = this.#crashAt;
    if (planned !== undefined && this.#operations >= planned.operation) {
      this.crash(planned.kind);
      onCrash?.();
    }
    this.#checkAlive(epoch);
    if (inFlight !== undefined) this.#inFlight.delete(inFlight);
  }

  #checkAlive(epoch: number): void {
    if (epoch !== this.#epoch) throw new Failure('unavailable', 'this process has crashed');
  }

  #inode(path: string): SimInode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Failure('not_found', `no file "${path}"`);
    return inode;
  }

  #used(): number {
    let sum = 0;
    for (const inode of new Set(this.#names.values())) sum += inode.length;
    return sum;
  }

  #loseNames(): void {
    const survivors = new Map<string, SimInode>();
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const before = this.#durableNames.get(path);
      const inode = this.#random.next() < 0.5 ? this.#names.get(path) : before;
      if (inode !== undefined) survivors.set(path, inode);
    }
    this.#names = survivors;
    this.#durableNames = new Map(survivors);
  }

  #file(path: string, inode: SimInode): DiskFile {
    const epoch = this.#epoch;
    const begin = (inFlight?: InFlight): Promise<void> => this.#begin(epoch, inFlight);
    const write: DiskFile['write'] = async (offset, chunks) => {
      const bytes = joined(chunks);
      await begin({ inode, offset, bytes });
      this.#write(inode, offset, bytes);
    };
    return {
      path,
      size: async () => {
        await begin();
        return inode.length;
      },
      read: async (offset, length) => {
        await begin();
        return inode.read(offset, length);
      },
      write,
      // A crash, or an error, may come between the two.
      writeThrough: async (offset, chunks) => {
        await write(offset, chunks);
        await begin();
        const end = chunks.reduce((sum, chunk) => sum + chunk.length, offset);
        this.#sync(path, inode, () => inode.syncRange(offset, end));
      },
      truncate: async (length) => {
        await begin();
        inode.truncate(length);
      },
      sync: async () => {
        await begin();
        this.#sync(path, inode, () => inode.sync());
      },
      close: () => Promise.resolve(),
    };
  }

  #write(inode: SimInode, offset: number, bytes: Uint8Array): void {
    const growth = Math.max(0, offset + bytes.length - inode.length);
    const room = Math.max(0, this.#capacityBytes - this.#used());
    const fits = growth <= room ? bytes.length : Math.max(0, bytes.length - (growth - room));
    inode.write(offset, bytes.subarray(0, fits));
    if (fits < bytes.length) throw new Failure('exhausted', 'no space left on simulated disk');
  }

  #sync(path: string, inode: SimInode, sync: () => void): void {
    if (this.#syncsToFail === 0) {
      sync();
      return;
    }
    this.#syncsToFail -= 1;
    inode.failSync();
    throw new Failure('unavailable', `cannot sync "${path}": simulated device error`);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
