/**
 * A client's state in one file that is only appended to.
 *
 * A file for each state would cost a new inode with each write, and free the old one: file systems
 * look long for an inode where many were freed a moment ago (ext4: 250 us after a few thousand
 * writes, against 2 us for an append). So each write is a line at the end of one journal, and what
 * is asked for while the disk is busy goes together.
 *
 * JS1: a write is told as done once it outlives this process; where it failed, the state before it
 *      stands.
 * JS2: lines take effect in the order in which they were asked for.
 * JS3: the file stays within a few times of what it says: it is written anew now and then, beside,
 *      and takes the old one's name when it is durable.
 * JS4: a damaged line is set aside and told; what it was about is then absent, not outdated.
 */
import { close, fdatasync, fstatSync, ftruncate, open as openFd, write } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Failure } from '../../base/failure.ts';
import type { StateFiles } from '../../ports/state-files.ts';
import { failureOf, isAbsent } from '../alloc-dir/errors.ts';
import { cutLine, isOneLine, putLine, readLines } from './journal-line.ts';

/** Says what the file is, and the version of its shape. */
const HEAD = Buffer.from('muster client state 1\n');
/** Waste below this is not worth a rewrite [bytes]. */
const WASTE_MIN = 1024 * 1024;
/** Read and written at once when the file is written anew [bytes]. */
const COPY_BYTES = 256 * 1024;

/** Where the newest line of a name lies. */
interface Place {
  readonly at: number;
  readonly length: number;
  /** Of the content, from the line's start. */
  readonly skip: number;
}

interface Waiting {
  readonly line: Buffer;
  readonly name: string;
  /** Of a put; undefined: a cut. */
  readonly skip: number | undefined;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Failure) => void;
}

export class JournalStateFiles implements StateFiles {
  readonly #dir: string;
  readonly #path: string;
  readonly #log: (line: string) => void;
  readonly #places = new Map<string, Place>();
  #waiting: Waiting[] = [];
  /** Everything that touches the file, one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #isLoaded = false;
  /** The file, held open for writing: opening and closing it took twice as long as the write. */
  #fd: number | undefined;
  /** Where the next line goes. */
  #end = 0;
  /** Length of the lines that say how things are now. */
  #live = 0;
  /** The file is not written anew before it is so long: after a failure that waits. */
  #patience = 0;

  /** @param dir made when it is not there */
  constructor(dir: string, log: (line: string) => void) {
    this.#dir = dir;
    this.#path = join(dir, 'state.journal');
    this.#log = log;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    check(name);
    return this.#alone(`cannot read "${name}"`, async () => {
      const place = this.#places.get(name);
      if (place === undefined) return undefined;
      await using file = await open(this.#path, 'r');
      const line = await readAt(file, place.at, place.length);
      return line.subarray(place.skip, -1);
    });
  }

  async write(name: string, bytes: Uint8Array, durable: boolean): Promise<void> {
    check(name);
    if (!isOneLine(bytes)) throw new Failure('invalid', `"${name}" is not one line of text`);
    const line = putLine(name, bytes);
    await this.#append({ line, name, skip: line.length - 1 - bytes.length, durable });
  }

  async remove(name: string): Promise<void> {
    check(name);
    await this.#append({ line: cutLine(name), name, skip: undefined, durable: false });
  }

  async list(folder: string): Promise<readonly string[]> {
    check(folder);
    return this.#alone(`cannot list "${folder}"`, () => {
      const inside = [...this.#places.keys()].filter((name) => name.startsWith(`${folder}/`));
      const names = inside.map((name) => name.slice(folder.length + 1).split('/', 1)[0] ?? '');
      return Promise.resolve([...new Set(names)].sort());
    });
  }

  async setAside(name: string): Promise<string> {
    const bytes = await this.read(name);
    const aside = join(this.#dir, `${name.replaceAll('/', '.')}.unreadable`);
    try {
      await writeFile(aside, bytes ?? '', { mode: 0o600 });
    } catch (error) {
      throw failureOf(error, `cannot set "${name}" aside`);
    }
    await this.remove(name);
    return aside;
  }

  #append(wish: Omit<Waiting, 'resolve' | 'reject'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...wish, resolve, reject });
      if (this.#waiting.length > 1) return;
      // What others ask for in this turn of the event loop goes along.
      void this.#alone('cannot keep the state', async () => {
        await nextTurn();
        await this.#flush();
      }).catch((error: unknown) => this.#refuseAll(error));
    });
  }

  /** Runs after what was begun before, with the file loaded. */
  #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      try {
        await this.#ensureLoaded();
        return await work();
      } catch (error) {
        throw failureOf(error, what);
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #ensureLoaded(): Promise<void> {
    if (this.#isLoaded) return;
    this.#places.clear();
    this.#live = 0;
    await this.#load();
    this.#isLoaded = true;
  }

  #refuseAll(error: unknown): void {
    const failure = failureOf(error, 'cannot keep the state');
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
  }

  /** JS1, JS2. */
  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const fd = await this.#opened();
      await this.#put(fd, Buffer.concat(batch.map(({ line }) => line)));
      if (batch.some(({ durable }) => durable)) await datasync(fd);
    } catch (error) {
      const failure = failureOf(error, 'cannot write the state of the client');
      for (const { reject } of batch) reject(failure);
      return;
    }
    for (const { line, name, skip, resolve } of batch) {
      if (skip === undefined) this.#forget(name);
      else this.#learn(name, { at: this.#end, length: line.length, skip });
      this.#end += line.length;
      resolve();
    }
    await this.#tidy();
  }

  async #opened(): Promise<number> {
    const fd = (this.#fd ??= await openForWriting(this.#path, 'r+'));
    // This tells what is in memory, and never waits for a disk.
    if (fstatSync(fd).nlink > 0) return fd;
    // Somebody removed it: the next write begins a new one.
    await this.#letGo();
    this.#isLoaded = false;
    throw new Failure('not_found', `"${this.#path}" was removed`);
  }

  async #letGo(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await closeFd(fd);
  }

  async #put(fd: number, bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const left = bytes.length - done;
        done += (await writeFd(fd, bytes, done, left, this.#end + done)).bytesWritten;
      }
    } catch (error) {
      // Half a line must not stand before the next one (JS1). Where even this fails, the next line
      // is written over it.
      await truncate(fd, this.#end).catch(() => undefined);
      throw error;
    }
  }

  #learn(name: string, place: Place): void {
    this.#live += place.length - (this.#places.get(name)?.length ?? 0);
    this.#places.set(name, place);
  }

  #forget(name: string): void {
    for (const [each, { length }] of this.#places) {
      if (each !== name && !each.startsWith(`${name}/`)) continue;
      this.#places.delete(each);
      this.#live -= length;
    }
  }

  async #load(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const file = await readIfPresent(this.#path);
    if (file.length < HEAD.length) {
      await writeDurably(this.#path, this.#dir, (fresh) => writeAt(fresh, HEAD, 0));
      this.#end = HEAD.length;
      return;
    }
    if (!file.subarray(0, HEAD.length).equals(HEAD)) {
      throw new Failure('unsupported', `"${this.#path}" is of another version, or no state`);
    }
    const { lines, end } = readLines(file, HEAD.length);
    const damaged: string[] = [];
    for (const { line, at, length } of lines) {
      if (line.do === 'put') this.#learn(line.name, { at, length, skip: line.skip });
      else if (line.name !== undefined) this.#forget(line.name);
      if (line.do === 'damaged') damaged.push(line.name ?? 'unknown');
    }
    this.#end = end;
    // JL2. A longer line than the next one would leave its end behind.
    if (end < file.length) await cutTo(this.#path, end);
    if (damaged.length > 0) await this.#tellDamage(damaged);
  }

  /** JS4. */
  async #tellDamage(names: readonly string[]): Promise<void> {
    const aside = `${this.#path}.unreadable`;
    await copyFile(this.#path, aside);
    this.#log(
      `client: ${names.length} damaged lines of state, kept as "${aside}": ${names.join()}`,
    );
  }

  /** JS3. A failure leaves the file as it is. */
  async #tidy(): Promise<void> {
    const length = HEAD.length + this.#live;
    if (this.#end - length < Math.max(WASTE_MIN, this.#live) || this.#end < this.#patience) return;
    try {
      await this.#rewrite();
      this.#patience = 0;
    } catch (error) {
      this.#patience = this.#end + WASTE_MIN;
      const { message } = failureOf(error, 'unknown');
      this.#log(`client: cannot write the state anew, its file grows: ${message}`);
    }
  }

  async #rewrite(): Promise<void> {
    const moved = new Map<string, Place>();
    let end = HEAD.length;
    await using old = await open(this.#path, 'r');
    await writeDurably(this.#path, this.#dir, async (fresh) => {
      let piece: Buffer[] = [HEAD];
      let pieceAt = 0;
      for (const [name, place] of this.#places) {
        piece.push(await readAt(old, place.at, place.length));
        moved.set(name, { ...place, at: end });
        end += place.length;
        if (end - pieceAt < COPY_BYTES) continue;
        await writeAt(fresh, Buffer.concat(piece), pieceAt);
        piece = [];
        pieceAt = end;
      }
      await writeAt(fresh, Buffer.concat(piece), pieceAt);
    });
    // What was open is the old file.
    await this.#letGo();
    for (const [name, place] of moved) this.#places.set(name, place);
    this.#end = end;
  }
}

const openForWriting = promisify(openFd);
const writeFd = promisify(write);
const truncate = promisify(ftruncate);
const datasync = promisify(fdatasync);
const closeFd = promisify(close);

/** Writes a file beside and gives it the name once it is durable. */
async function writeDurably(
  path: string,
  dir: string,
  fill: (fresh: FileHandle) => Promise<void>,
): Promise<void> {
  const draft = `${path}.draft`;
  try {
    await using fresh = await open(draft, 'w', 0o600);
    await fill(fresh);
    await fresh.sync();
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await rename(draft, path);
  await using folder = await open(dir, 'r');
  await folder.sync();
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Failure('unavailable', 'the file is shorter than it was');
    done += bytesRead;
  }
  return bytes;
}

async function writeAt(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

async function readIfPresent(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsent(error)) return Buffer.alloc(0);
    throw error;
  }
}

async function cutTo(path: string, length: number): Promise<void> {
  await using file = await open(path, 'r+');
  await file.truncate(length);
}

function check(name: string): void {
  const isSound = name.split('/').every((part) => /^[^\s/]+$/.test(part) && !/^\.\.?$/.test(part));
  if (!isSound) throw new Failure('invalid', `"${name}" is no name of a state file`);
}
