/** The directories of allocations on a real disk, below one root. */
import { randomBytes } from 'node:crypto';
import { chmodSync, watch } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Millis } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { AllocDirs, ByteRange, NewFile } from '../../ports/alloc-dir.ts';
import type { FileInfo } from '../../ports/client-link.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskDirectories } from '../../ports/driver.ts';
import { diskAt } from '../proc/machine.ts';
import { failureOf, isAbsent } from './errors.ts';
import { makeInside, nameIn, openInside, type Opened } from './inside.ts';
import { dataFolders, dirOfAlloc, moveFolder } from './move-data.ts';

/** Names of one listing. More than any task keeps for people to look at. */
const LISTING_MAX = 10_000;
/** Bytes that are looked at to tell text from the rest. Source: Go's DetectContentType. */
const SNIFF_BYTES = 512;
/** What a watch cannot see (other file systems) is looked at this often [ms]. */
const LOOK_MS = 250;
/**
 * Allocations whose directories are made at the same time. Each keeps several of Node's four
 * threads busy; if all of a large job began at once, all would be ready only at the end, and the
 * first task
 * would start after the last mkdir (with 250 tasks 0.4 s later).
 */
const CREATED_AT_ONCE = 2;

export class DiskAllocDirs implements AllocDirs {
  readonly #root: string;
  readonly #clock: Clock;
  #creating = 0;
  readonly #toCreate: (() => void)[] = [];

  /** @param root `data_dir/alloc`; made when it is not there */
  constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
  }

  async create(id: AllocId, tasks: readonly string[]): Promise<void> {
    const root = this.#dir(id);
    if (this.#creating < CREATED_AT_ONCE) this.#creating++;
    else await new Promise<void>((resolve) => this.#toCreate.push(resolve));
    try {
      await makeTree(root, tasks);
    } catch (error) {
      throw failureOf(error, `cannot make the directory of allocation ${id}`);
    } finally {
      const next = this.#toCreate.shift();
      if (next === undefined) this.#creating--;
      else next();
    }
  }

  directories(id: AllocId, task: string): TaskDirectories {
    const allocDir = this.#dir(id);
    const taskDir = join(allocDir, task);
    return {
      allocDir,
      sharedDir: join(allocDir, 'alloc'),
      taskDir,
      localDir: join(taskDir, 'local'),
      secretsDir: join(taskDir, 'secrets'),
    };
  }

  async remove(id: AllocId): Promise<void> {
    try {
      await rm(this.#dir(id), { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
    } catch (error) {
      throw failureOf(error, `cannot remove the directory of allocation ${id}`);
    }
  }

  async list(): Promise<readonly AllocId[]> {
    try {
      return (await readdir(this.#root)).sort() as AllocId[];
    } catch (error) {
      if (isAbsent(error)) return [];
      throw failureOf(error, 'cannot list the allocations');
    }
  }

  async writeFile(id: AllocId, path: string, file: NewFile): Promise<boolean> {
    try {
      await using folder = await makeInside(this.#dir(id), dirname(path));
      const target = nameIn(folder, path.slice(path.lastIndexOf('/') + 1));
      const before = await readPlain(target);
      if (before?.equals(file.bytes) === true) return false;
      // A file of ours takes the place of whatever a task may have put there.
      const draft = `${target}.${randomBytes(6).toString('hex')}`;
      const handle = await open(draft, 'wx', file.mode);
      try {
        await handle.writeFile(file.bytes);
        await handle.chmod(file.mode);
        if (file.owner !== undefined) await handle.chown(file.owner.uid, file.owner.gid);
      } finally {
        await handle.close();
      }
      await rename(draft, target);
      return true;
    } catch (error) {
      throw failureOf(error, `cannot write "${path}"`);
    }
  }

  async removeFile(id: AllocId, path: string): Promise<void> {
    try {
      await using folder = await makeInside(this.#dir(id), dirname(path));
      await rm(nameIn(folder, path.slice(path.lastIndexOf('/') + 1)), { force: true });
    } catch (error) {
      throw failureOf(error, `cannot remove "${path}"`);
    }
  }

  async moveData(from: AllocId, to: AllocId, tasks: readonly string[]): Promise<void> {
    try {
      for (const folder of dataFolders(tasks)) {
        await moveFolder(join(this.#dir(from), folder), join(this.#dir(to), folder));
      }
    } catch (error) {
      throw failureOf(error, `cannot take over the data of allocation ${from}`);
    }
  }

  async listFiles(id: AllocId, path: string): Promise<readonly FileInfo[]> {
    await using folder = await openInside(this.#dir(id), path);
    if (!folder.isDirectory) throw new Failure('invalid', `"${path}" is not a folder`);
    const names = (await readdir(`/proc/self/fd/${folder.file.fd}`)).sort().slice(0, LISTING_MAX);
    const infos = await Promise.all(names.map((name) => this.#tryStat(id, join(path, name))));
    return infos.filter((info) => info !== undefined);
  }

  async stat(id: AllocId, path: string): Promise<FileInfo> {
    await using opened = await openInside(this.#dir(id), path);
    const stat = await opened.file.stat();
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      directory: opened.isDirectory,
      size: stat.size,
      mode: stat.mode & 0o7777,
      modifiedAt: Math.floor(stat.mtimeMs) as Millis,
      contentType: opened.isDirectory ? '' : await sniff(opened.file),
    };
  }

  async read(id: AllocId, path: string, at: ByteRange): Promise<Uint8Array> {
    await using opened = await openInside(this.#dir(id), path);
    return await readPart(opened, path, at);
  }

  async readAs(id: AllocId, task: string, path: string, at: ByteRange): Promise<Uint8Array> {
    await using opened = await openInside(this.#dir(id), path, task);
    return await readPart(opened, path, at);
  }

  async changed(id: AllocId, path: string, ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const waits = [this.#clock.sleep(ms, both)];
    try {
      const watched = await this.#watchFolder(id, dirname(path), both);
      waits.push(watched.changed);
    } catch {
      // No watch to be had (too many, or none on this file system): look again soon.
      waits.push(this.#clock.sleep(Math.min(ms, LOOK_MS), both));
    }
    await Promise.race(waits);
    over.abort();
  }

  fullness(): Promise<{ readonly usedPercent: number; readonly inodesUsedPercent: number }> {
    const disk = diskAt(this.#root);
    return Promise.resolve({
      usedPercent: disk?.usedPercent ?? 0,
      inodesUsedPercent: disk?.inodesUsedPercent ?? 0,
    });
  }

  /** Resolves once the watch stands; a promise handed out bare would be waited for, too. */
  async #watchFolder(
    id: AllocId,
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly changed: Promise<void> }> {
    const { real } = await this.#resolve(id, path);
    const watcher = watch(real, { persistent: false, signal });
    const changed = new Promise<void>((resolve) => {
      for (const event of ['change', 'error', 'close']) watcher.once(event, () => resolve());
    });
    return { changed };
  }

  async #resolve(id: AllocId, path: string): Promise<{ readonly real: string }> {
    await using opened = await openInside(this.#dir(id), path);
    return { real: opened.real };
  }

  /** Links that lead out, secrets, and what has gone meanwhile are not listed. */
  async #tryStat(id: AllocId, path: string): Promise<FileInfo | undefined> {
    try {
      return await this.stat(id, path);
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }

  #dir(id: AllocId): string {
    return dirOfAlloc(this.#root, id);
  }
}

async function makeTree(root: string, tasks: readonly string[]): Promise<void> {
  const make = (names: readonly string[], mode: number): Promise<unknown> =>
    Promise.all(names.map((name) => makeDir(join(root, name), mode)));
  const inTasks = tasks.flatMap((task) => [`${task}/local`, `${task}/secrets`, `${task}/tmp`]);
  // Nobody else learns the ids, and so the paths, of what runs here.
  await make([''], 0o711);
  // Any user of any task writes in the others, as in Nomad.
  await make(['alloc', ...tasks], 0o777);
  await make(['alloc/data', 'alloc/logs', 'alloc/tmp', ...inTasks], 0o777);
}

async function makeDir(path: string, mode: number): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  // The umask does not apply to what tasks must share; what exists keeps what it was given. At
  // once: it is in memory, and takes 3 us, where a thread's turn takes twenty times as long.
  if (made !== undefined) chmodSync(path, mode);
}

async function readPart(
  { file, isDirectory }: Opened,
  path: string,
  { offset, length }: ByteRange,
): Promise<Uint8Array> {
  if (isDirectory) throw new Failure('invalid', `"${path}" is a folder`);
  // No more room than there is to read: what is asked for is a bound.
  const room = Math.max(0, Math.min(length, (await file.stat()).size - offset));
  const buffer = Buffer.allocUnsafe(room);
  const { bytesRead } = await file.read(buffer, 0, room, offset);
  return buffer.subarray(0, bytesRead);
}

async function sniff(file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(SNIFF_BYTES);
  const { bytesRead } = await file.read(buffer, 0, SNIFF_BYTES, 0);
  const isText = buffer
    .subarray(0, bytesRead)
    .every(
      (byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x1b,
    );
  return isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

/** A file's content; undefined where there is none, or a link or a folder instead. */
async function readPlain(path: string): Promise<Buffer | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() === true ? readFile(path) : undefined;
}
