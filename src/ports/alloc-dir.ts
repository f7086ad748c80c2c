/**
 * The directories of allocations: `alloc/ID/{alloc/{data,logs,tmp},TASK/{local,secrets,tmp}}`.
 *
 * Paths given in are relative to the allocation's directory. None leads out of it: neither `..` nor
 * a link that a task put there. Secrets are read by `readAs` alone.
 *
 * Fails (all methods): `not_found`, `denied` (a path that leads out, or into secrets), `exhausted`,
 * `unavailable`.
 */
import type { AllocId } from '../core/model/ids.ts';
import type { FileInfo } from './client-link.ts';
import type { TaskDirectories } from './driver.ts';

export interface AllocDirs {
  /** Makes the directories that are not there yet. */
  create(id: AllocId, tasks: readonly string[]): Promise<void>;
  /** Where a task's directories are, whether they exist or not. */
  directories(id: AllocId, task: string): TaskDirectories;
  /** Removes everything of it; content when there is nothing. */
  remove(id: AllocId): Promise<void>;
  list(): Promise<readonly AllocId[]>;
  /**
   * Puts a file of ours in the place of what is there, at once, with the folders on the way.
   * Answers whether its content is another one than before.
   */
  writeFile(id: AllocId, path: string, file: NewFile): Promise<boolean>;
  /** Takes a file of ours away; content when there is none. */
  removeFile(id: AllocId, path: string): Promise<void>;
  /** Moves what is to outlive an allocation (`alloc/data`, `TASK/local`) to its successor. */
  moveData(from: AllocId, to: AllocId, tasks: readonly string[]): Promise<void>;

  listFiles(id: AllocId, path: string): Promise<readonly FileInfo[]>;
  stat(id: AllocId, path: string): Promise<FileInfo>;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(id: AllocId, path: string, at: ByteRange): Promise<Uint8Array>;
  /** The same as one of its tasks would: with that task's own secrets. */
  readAs(id: AllocId, task: string, path: string, at: ByteRange): Promise<Uint8Array>;
  /** Resolves when something in the folder of `path` changed, after `ms`, or on abort. */
  changed(id: AllocId, path: string, ms: number, signal: AbortSignal): Promise<void>;
  /** How full the file system is. */
  fullness(): Promise<{ readonly usedPercent: number; readonly inodesUsedPercent: number }>;
}

export interface NewFile {
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** Absent: this program's own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
