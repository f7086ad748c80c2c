import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { StateFiles } from '../ports/state-files.ts';

/** Files in memory. They outlive the client that wrote them; `full` refuses writes. */
export class SimStateFiles implements StateFiles {
  readonly files = new Map<string, Uint8Array>();
  /** What the medium holds of files that differ from it; undefined: nothing. */
  readonly #behind = new Map<string, Uint8Array | undefined>();
  full = false;

  /** Of what was not written durably, any part may be lost. */
  losePower(random: Random): void {
    for (const [name, before] of this.#behind) {
      if (random.next() < 0.5) continue;
      if (before === undefined) this.files.delete(name);
      else this.files.set(name, before);
    }
    this.#behind.clear();
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.files.get(name));
  }

  write(name: string, bytes: Uint8Array, durable = false): Promise<void> {
    if (this.full) return Promise.reject(new Failure('exhausted', 'no space left on device'));
    if (durable) this.#behind.delete(name);
    else this.#differ(name);
    this.files.set(name, bytes.slice());
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    for (const file of [...this.files.keys()]) {
      if (file !== name && !file.startsWith(`${name}/`)) continue;
      this.#differ(file);
      this.files.delete(file);
    }
    return Promise.resolve();
  }

  list(folder: string): Promise<readonly string[]> {
    const inside = [...this.files.keys()].filter((file) => file.startsWith(`${folder}/`));
    const names = inside.map((file) => file.slice(folder.length + 1).split('/', 1)[0] ?? '');
    return Promise.resolve([...new Set(names)].sort());
  }

  setAside(name: string): Promise<string> {
    const aside = `${name}.unreadable`;
    const bytes = this.files.get(name);
    if (bytes !== undefined) this.files.set(aside, bytes);
    this.files.delete(name);
    return Promise.resolve(aside);
  }

  #differ(name: string): void {
    if (!this.#behind.has(name)) this.#behind.set(name, this.files.get(name));
  }
}
