import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { same } from '../base/same.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { AllocDirs, ByteRange, NewFile } from '../ports/alloc-dir.ts';
import type { FileInfo } from '../ports/client-link.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskDirectories } from '../ports/driver.ts';

/** Directories of allocations in memory. Paths are taken literally: there are no links in here. */
export class SimAllocDirs implements AllocDirs {
  readonly #clock: Clock;
  readonly #allocs = new Map<AllocId, Map<string, Uint8Array>>();
  /** What a test says of the file system. */
  disk = { usedPercent: 10, inodesUsedPercent: 10 };
  #waiters: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  create(id: AllocId): Promise<void> {
    if (!this.#allocs.has(id)) this.#allocs.set(id, new Map());
    return Promise.resolve();
  }

  directories(id: AllocId, task: string): TaskDirectories {
    const allocDir = `/sim/alloc/${id}`;
    const taskDir = `${allocDir}/${task}`;
    return {
      allocDir,
      sharedDir: `${allocDir}/alloc`,
      taskDir,
      localDir: `${taskDir}/local`,
      secretsDir: `${taskDir}/secrets`,
    };
  }

  remove(id: AllocId): Promise<void> {
    this.#allocs.delete(id);
    return Promise.resolve();
  }

  list(): Promise<readonly AllocId[]> {
    return Promise.resolve([...this.#allocs.keys()].sort());
  }

  writeFile(id: AllocId, path: string, file: NewFile): Promise<boolean> {
    return Promise.resolve().then(() => {
      const before = this.#files(id).get(path);
      this.#files(id).set(path, file.bytes);
      this.#tellChange();
      return before === undefined || !same([...before], [...file.bytes]);
    });
  }

  removeFile(id: AllocId, path: string): Promise<void> {
    return Promise.resolve().then(() => {
      this.#files(id).delete(path);
    });
  }

  /** A file's content; undefined where there is none. */
  text(id: AllocId, path: string): string | undefined {
    const bytes = this.#files(id).get(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** Adds to a file, as a task's output would. */
  append(id: AllocId, path: string, text: string): void {
    const files = this.#files(id);
    const before = files.get(path) ?? new Uint8Array();
    const more = new TextEncoder().encode(text);
    files.set(path, Uint8Array.from([...before, ...more]));
    this.#tellChange();
  }

  /** Takes a file away, as rotation would. */
  drop(id: AllocId, path: string): void {
    this.#files(id).delete(path);
    this.#tellChange();
  }

  moveData(from: AllocId, to: AllocId, tasks: readonly string[]): Promise<void> {
    return Promise.resolve().then(() => {
      // Nothing is left of it here, or never was: there is nothing to move.
      const source = this.#allocs.get(from) ?? new Map<string, Uint8Array>();
      const folders = ['alloc/data/', ...tasks.map((task) => `${task}/local/`)];
      for (const [path, bytes] of [...source]) {
        if (!folders.some((folder) => path.startsWith(folder))) continue;
        this.#files(to).set(path, bytes);
        source.delete(path);
      }
    });
  }

  listFiles(id: AllocId, path: string): Promise<readonly FileInfo[]> {
    return Promise.resolve().then(() => {
      const prefix = path === '' || path === '/' ? '' : `${path.replace(/^\/|\/$/g, '')}/`;
      const files = [...this.#files(id)].filter(([name]) => name.startsWith(prefix));
      return files.map(([name, bytes]) => this.#info(name.slice(prefix.length), bytes));
    });
  }

  stat(id: AllocId, path: string): Promise<FileInfo> {
    return Promise.resolve().then(() => this.#info(path, this.#file(id, path)));
  }

  read(id: AllocId, path: string, { offset, length }: ByteRange): Promise<Uint8Array> {
    return Promise.resolve().then(() => this.#file(id, path).slice(offset, offset + length));
  }

  readAs(id: AllocId, _task: string, path: string, at: ByteRange): Promise<Uint8Array> {
    return this.read(id, path, at);
  }

  async changed(_id: AllocId, _path: string, ms: number, signal: AbortSignal): Promise<void> {
    const change = new Promise<void>((resolve) => this.#waiters.push(resolve));
    await Promise.race([change, this.#clock.sleep(ms, signal)]);
  }

  fullness(): Promise<{ readonly usedPercent: number; readonly inodesUsedPercent: number }> {
    return Promise.resolve(this.disk);
  }

  #tellChange(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #files(id: AllocId): Map<string, Uint8Array> {
    const files = this.#allocs.get(id);
    if (files === undefined) throw new Failure('not_found', `allocation "${id}" has no directory`);
    return files;
  }

  #file(id: AllocId, path: string): Uint8Array {
    const file = this.#files(id).get(path);
    if (file === undefined) throw new Failure('not_found', `no such file: "${path}"`);
    return file;
  }

  #info(name: string, bytes: Uint8Array): FileInfo {
    return {
      name,
      directory: false,
      size: bytes.length,
      mode: 0o644,
      modifiedAt: 0 as Millis,
      contentType: 'text/plain; charset=utf-8',
    };
  }
}
