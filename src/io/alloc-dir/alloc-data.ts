/**
 * The data of allocations between machines, as tar archives.
 *
 * DA1: what arrives is unpacked beside the allocation's own data, and takes its place only once all
 *      of it is there.
 * DA2: no entry lands anywhere but in the folders that move, and nothing is written through a link.
 */
import type { Stats } from 'node:fs';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { Failure } from '../../base/failure.ts';
import { entryProblem, type ArchiveEntry } from '../../core/artifact/archive.ts';
import { MOVED_DATA_BYTES_MAX, MOVED_DATA_ENTRIES_MAX } from '../../core/limits.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { AllocData, Unpacked } from '../../ports/alloc-data.ts';
import { untar } from '../artifact/untar.ts';
import { failureOf } from './errors.ts';
import { dataFolders, dirOfAlloc, moveFolder } from './move-data.ts';

/** Where data arrives; no task has this name, as names of tasks begin with no dot. */
const INCOMING = '.incoming';

export class DiskAllocData implements AllocData {
  readonly #root: string;

  /** @param root as of `DiskAllocDirs` */
  constructor(root: string) {
    this.#root = root;
  }

  async *pack(
    id: AllocId,
    tasks: readonly string[],
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const { create } = await import('tar');
    const cwd = dirOfAlloc(this.#root, id);
    const folders: string[] = [];
    for (const folder of dataFolders(tasks)) {
      if (await isFolder(join(cwd, folder))) folders.push(folder);
    }
    // An archive of nothing has no form: its reader would wait for one.
    if (folders.length === 0) throw new Failure('not_found', `allocation ${id} has left no data`);
    let isOver = false;
    // A pipe or socket that the packer meets costs it the entry before: it loses count.
    const packed = create(
      { cwd, filter: (_, found) => !isOver && 'isFile' in found && travels(found) },
      folders,
    );
    try {
      for await (const piece of packed) {
        if (signal.aborted) throw new Failure('canceled', 'nobody wants the data any more');
        yield piece;
      }
    } catch (error) {
      throw failureOf(error, `cannot read the data of allocation ${id}`);
    } finally {
      // The file that is being read is read to its end, which closes it; no other is opened.
      isOver = true;
      packed.resume();
    }
  }

  async unpack(
    id: AllocId,
    tasks: readonly string[],
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Unpacked> {
    const dir = dirOfAlloc(this.#root, id);
    const incoming = join(dir, INCOMING);
    const folders = dataFolders(tasks);
    const cargo = new Cargo(folders);
    try {
      // What an earlier attempt left.
      await clear(incoming);
      await mkdir(incoming, { mode: 0o700 });
      await untar(
        incoming,
        {
          plain: Readable.from(pieces),
          counted: cargo.counting(),
          admit: (entry) => cargo.admit(entry),
          keepOwners: true,
        },
        signal,
      );
      for (const folder of folders) await moveFolder(join(incoming, folder), join(dir, folder));
      return cargo.unpacked;
    } catch (error) {
      if (signal.aborted) throw new Failure('canceled', 'taking the data over was given up');
      throw unpackFailure(error);
    } finally {
      // What cannot be cleared away now goes with the allocation.
      await clear(incoming).catch(() => undefined);
    }
  }
}

/** The parser may still be writing what it began. */
async function clear(incoming: string): Promise<void> {
  await rm(incoming, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** What the parser says of a stream that is no archive has a code of its own. */
function unpackFailure(error: unknown): Failure {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const isBroken = typeof code === 'string' && code.startsWith('TAR_');
  if (isBroken) return new Failure('invalid', 'the data arrived broken', { cause: error });
  return failureOf(error, 'cannot unpack the data');
}

function travels(found: Stats): boolean {
  return found.isFile() || found.isDirectory() || found.isSymbolicLink();
}

async function isFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Decides on each entry, and counts (DA2). */
class Cargo {
  readonly #folders: readonly string[];
  readonly #links = new Set<string>();
  #entries = 0;
  #files = 0;
  #bytes = 0;
  #linksLeftOut = 0;

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  get unpacked(): Unpacked {
    return { files: this.#files, bytes: this.#bytes, linksLeftOut: this.#linksLeftOut };
  }

  /** False for a link that leads out. Fails: `invalid`, `exhausted`. */
  admit(entry: ArchiveEntry): boolean {
    const parts = entry.path.split('/').filter((part) => part !== '' && part !== '.');
    const path = parts.join('/');
    if (++this.#entries > MOVED_DATA_ENTRIES_MAX) {
      throw new Failure('exhausted', `the data has more than ${MOVED_DATA_ENTRIES_MAX} entries`);
    }
    const problem = this.#placeProblem(entry.path, parts) ?? entryProblem(entry);
    if (entry.kind === 'symlink') {
      this.#links.add(path);
      // A task may have such a link, to a program of its machine: the rest is worth having.
      if (problem !== undefined && this.#placeProblem(entry.path, parts) === undefined) {
        this.#linksLeftOut++;
        return false;
      }
    }
    if (problem !== undefined) {
      throw new Failure('invalid', `entry "${path.slice(0, SHOWN_MAX)}" of the data ${problem}`);
    }
    if (entry.kind === 'file' || entry.kind === 'hardlink') this.#files++;
    return true;
  }

  counting(): Transform {
    return new Transform({
      transform: (piece: Uint8Array, _, done) => {
        this.#bytes += piece.length;
        if (this.#bytes <= MOVED_DATA_BYTES_MAX) done(null, piece);
        else
          done(new Failure('exhausted', `the data is larger than ${MOVED_DATA_BYTES_MAX} bytes`));
      },
    });
  }

  #placeProblem(written: string, parts: readonly string[]): string | undefined {
    if (written.startsWith('/') || parts.includes('..')) return 'leads out of the directory';
    const path = parts.join('/');
    const isOurs = this.#folders.some((folder) => `${path}/`.startsWith(`${folder}/`));
    if (!isOurs) return 'belongs to none of the folders that move';
    const isBehind = parts.some((_, i) => i > 0 && this.#links.has(parts.slice(0, i).join('/')));
    return isBehind ? 'lies behind a link' : undefined;
  }
}

/** Characters of an entry's name that are told. */
const SHOWN_MAX = 200;
