import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { StateFiles } from '../../ports/state-files.ts';
import { failureOf, isAbsent } from './errors.ts';

/**
 * State files below one directory, readable by their owner alone: they hold a node's secret.
 * A write goes to a file beside it, which then takes its name.
 */
export class DirectoryStateFiles implements StateFiles {
  readonly #root: string;
  #drafts = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#path(name));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw failureOf(error, `cannot read "${name}"`);
    }
  }

  async write(name: string, bytes: Uint8Array, durable: boolean): Promise<void> {
    const path = this.#path(name);
    const draft = `${path}.${process.pid}-${this.#drafts++}.draft`;
    try {
      await this.#put(draft, bytes, durable);
      await rename(draft, path);
      if (durable) await syncFolder(dirname(path));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw failureOf(error, `cannot write "${name}"`);
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(this.#path(name), { recursive: true, force: true });
    } catch (error) {
      throw failureOf(error, `cannot remove "${name}"`);
    }
  }

  async list(folder: string): Promise<readonly string[]> {
    try {
      return (await readdir(this.#path(folder))).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw failureOf(error, `cannot list "${folder}"`);
    }
  }

  async setAside(name: string): Promise<string> {
    const aside = `${this.#path(name)}.unreadable`;
    try {
      await rename(this.#path(name), aside);
      return aside;
    } catch (error) {
      throw failureOf(error, `cannot set "${name}" aside`);
    }
  }

  async #put(draft: string, bytes: Uint8Array, durable: boolean): Promise<void> {
    const file = await this.#openNew(draft);
    try {
      await file.writeFile(bytes);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
  }

  async #openNew(path: string): ReturnType<typeof open> {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return await open(path, 'wx', 0o600);
    }
  }

  #path(name: string): string {
    if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      throw new Failure('invalid', `"${name}" is no name of a state file`);
    }
    return join(this.#root, name);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
