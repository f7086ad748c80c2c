/**
 * The rotated files of one stream of output.
 *
 * LF1: bytes are in the file when `write` returns. A keeper that is killed between taking them from
 *      the pipe and writing them would lose them; nothing is awaited in between.
 * LF2: tasks may write to the directory. No link they put there leads a write elsewhere: the
 *      directory is held open, names are resolved in it alone and never followed.
 * LF3: a write that fails loses its bytes and is told in the keeper's log; the task is never held
 *      up by a full disk.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { assert } from '../base/assert.ts';
import type { LogTarget } from '../core/keeper/launch.ts';
import { resume, rotate, type Place } from '../core/keeper/rotation.ts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } =
  constants;

const NEW_FILE = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW;
/** Not to be held up should somebody have put a pipe there. */
const OLD_FILE = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK;

export class LogFile {
  readonly #target: LogTarget;
  readonly #dir: number;
  readonly #name: string;
  #file: number;
  #place: Place;
  /** Whether the last write was refused: told once, not for each line (LF3). */
  #isDropping = false;

  /** Throws the system's error when the directory cannot be opened or written. */
  constructor(target: LogTarget) {
    this.#target = target;
    this.#name = basename(target.base);
    this.#dir = openSync(dirname(target.base), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      this.#place = resume(this.#files());
      this.#file = this.#openPresent();
    } catch (error) {
      closeSync(this.#dir);
      throw error;
    }
  }

  write(chunk: Uint8Array): void {
    const { steps } = rotate(this.#place, this.#target, chunk);
    for (const step of steps) {
      if (step.do === 'write') this.#append(chunk, step.from, step.to);
      else this.#next(step.index, step.removeUpTo);
    }
  }

  close(): void {
    closeSync(this.#file);
    closeSync(this.#dir);
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    let at = from;
    try {
      while (at < to) at += writeSync(this.#file, chunk, at, to - at);
      this.#isDropping = false;
    } catch (error) {
      if (!this.#isDropping) this.#tellLoss(error);
      this.#isDropping = true;
    }
    this.#place = { index: this.#place.index, size: this.#place.size + at - from };
  }

  #tellLoss(error: unknown): void {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    process.stderr.write(`output for ${this.#target.base} is lost from here on: ${code}\n`);
  }

  /** Where the new file cannot be made, the old one has to take more than its share. */
  #next(index: number, removeUpTo: number): void {
    const file = this.#openNew(index);
    if (file === undefined) return;
    closeSync(this.#file);
    this.#file = file;
    this.#place = { index, size: 0 };
    for (const old of this.#files()) if (old.index <= removeUpTo) this.#remove(old.index);
  }

  #openPresent(): number {
    const path = this.#path(this.#place.index);
    try {
      const file = openSync(path, OLD_FILE);
      const stat = fstatSync(file);
      if (stat.isFile() && stat.nlink === 1) return file;
      closeSync(file);
      this.#place = { index: this.#place.index + 1, size: 0 };
    } catch (error) {
      // Absent, or somebody's link; both are answered with a new file under that name.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') throw error;
      this.#place = { index: this.#place.index, size: 0 };
    }
    const file = this.#openNew(this.#place.index);
    assert(file !== undefined, 'a directory in which no log can be made throws above');
    return file;
  }

  #openNew(index: number): number | undefined {
    const path = this.#path(index);
    try {
      return openSync(path, NEW_FILE, 0o644);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
    }
    this.#remove(index);
    try {
      return openSync(path, NEW_FILE, 0o644);
    } catch {
      return undefined;
    }
  }

  #remove(index: number): void {
    try {
      unlinkSync(this.#path(index));
    } catch {
      // Gone already, or a directory: then the next file is opened beside it or not at all.
    }
  }

  #files(): readonly Place[] {
    const files: Place[] = [];
    for (const name of readdirSync(`/proc/self/fd/${this.#dir}`)) {
      const digits = name.startsWith(`${this.#name}.`) ? name.slice(this.#name.length + 1) : '';
      if (!/^\d{1,15}$/.test(digits)) continue;
      const index = Number(digits);
      const stat = lstatSync(this.#path(index), { throwIfNoEntry: false });
      if (stat !== undefined) files.push({ index, size: stat.size });
    }
    return files;
  }

  #path(index: number): string {
    return `/proc/self/fd/${this.#dir}/${this.#name}.${index}`;
  }
}
