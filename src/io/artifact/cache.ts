/**
 * Files that were fetched before, by their checksum: what ten instances need is downloaded once.
 *
 * AC1: only what was checked goes in, and what comes out is checked again by whoever takes it.
 * AC2: only under checksums that nobody can make another file for (`sha256`, `sha512`): one job's
 *      file must not become another's.
 * AC3: a task never has the cache's own file: it is given a copy.
 * AC4: what lies there stays below a bound; what was used longest ago goes first.
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checksum } from '../../core/artifact/checksum.ts';

export interface CacheOptions {
  /** Made when it is needed; nothing else is in it. */
  readonly dir: string;
  readonly bytesMax: number;
}

export class ArtifactCache {
  readonly #dir: string;
  readonly #bytesMax: number;
  /** The end of what is under way for a checksum. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #copies = 0;

  constructor({ dir, bytesMax }: CacheOptions) {
    this.#dir = dir;
    this.#bytesMax = bytesMax;
  }

  /** True for what may be kept at all (AC2). */
  static takes(checksum: Checksum | undefined): checksum is Checksum {
    return checksum?.kind === 'sha256' || checksum?.kind === 'sha512';
  }

  /** Runs one at a time for each checksum: who waits finds what the first one kept. */
  async alone<T>(checksum: Checksum, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const name = nameOf(checksum);
    const before = this.#busy.get(name) ?? Promise.resolve();
    const mine = before.then(() => {
      signal.throwIfAborted();
      return run();
    });
    const settled = mine.catch(() => undefined);
    this.#busy.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#busy.get(name) === settled) this.#busy.delete(name);
    }
  }

  /** Copies the file there, if it is kept (AC3). Whoever takes it checks it (AC1). */
  async take(checksum: Checksum, file: string): Promise<boolean> {
    const kept = join(this.#dir, nameOf(checksum));
    try {
      await copyFile(kept, file, constants.COPYFILE_FICLONE);
      const now = new Date();
      await utimes(kept, now, now);
      return true;
    } catch {
      // It is not there, or was just put out: it is fetched.
      await rm(file, { force: true });
      return false;
    }
  }

  /** Forgets what turned out to be something else. */
  async drop(checksum: Checksum): Promise<void> {
    await rm(join(this.#dir, nameOf(checksum)), { force: true });
  }

  /** Keeps a copy of a file that was checked. A disk without room is no reason to fail. */
  async keep(checksum: Checksum, file: string): Promise<void> {
    const { size } = await stat(file);
    if (size > this.#bytesMax) return;
    const partial = join(this.#dir, `${PARTIAL}${process.pid}-${this.#copies++}`);
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await this.#makeRoom(size);
      await copyFile(file, partial, constants.COPYFILE_FICLONE);
      await rename(partial, join(this.#dir, nameOf(checksum)));
    } catch {
      await rm(partial, { force: true });
    }
  }

  /** AC4. */
  async #makeRoom(bytes: number): Promise<void> {
    const files = await Promise.all((await readdir(this.#dir)).map((name) => this.#look(name)));
    const oldest = files.flatMap((each) => each ?? []).sort((a, b) => a.usedAt - b.usedAt);
    let total = oldest.reduce((sum, { size }) => sum + size, bytes);
    for (const { path, size } of oldest) {
      if (total <= this.#bytesMax) return;
      await rm(path, { force: true });
      total -= size;
    }
  }

  async #look(
    name: string,
  ): Promise<
    { readonly path: string; readonly size: number; readonly usedAt: number } | undefined
  > {
    const path = join(this.#dir, name);
    try {
      const { size, mtimeMs } = await stat(path);
      // What an agent that was killed left half copied is the first to go.
      const isLeft = name.startsWith(PARTIAL) && !name.startsWith(`${PARTIAL}${process.pid}-`);
      return { path, size, usedAt: isLeft ? 0 : mtimeMs };
    } catch {
      return undefined;
    }
  }
}

const PARTIAL = '.partial-';

function nameOf({ kind, hex }: Checksum): string {
  return `${kind}-${hex}`;
}
