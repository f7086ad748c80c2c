/**
 * What this agent registered through its API, on its disk. A file for each thing, replaced whole.
 *
 * KF1: what cannot be read is set aside and told, and stops nobody.
 */
import { createHash } from 'node:crypto';
import { explain } from '../base/failure.ts';
import { decodeKept } from '../core/registration/kept.ts';
import type {
  KeptCheck,
  KeptMaintenance,
  KeptReport,
  KeptService,
} from '../core/registration/kept.ts';
import type { StateFiles } from '../ports/state-files.ts';

export interface Kept {
  readonly services: readonly KeptService[];
  readonly checks: readonly KeptCheck[];
  readonly reports: readonly KeptReport[];
  readonly maintenance: readonly KeptMaintenance[];
}

type Folder = 'services' | 'checks' | 'reports' | 'maintenance';

export class KeptFiles {
  readonly #files: StateFiles;
  readonly #log: (line: string) => void;

  constructor(files: StateFiles, log: (line: string) => void) {
    this.#files = files;
    this.#log = log;
  }

  async load(): Promise<Kept> {
    return {
      services: await this.#loadAll('services', decodeKept.service),
      checks: await this.#loadAll('checks', decodeKept.check),
      reports: await this.#loadAll('reports', decodeKept.report),
      maintenance: await this.#loadAll('maintenance', decodeKept.maintenance),
    };
  }

  putService(kept: KeptService): Promise<void> {
    return this.#put('services', kept.service.id, kept, true);
  }

  putCheck(kept: KeptCheck): Promise<void> {
    return this.#put('checks', kept.check.id, kept, true);
  }

  putMaintenance(kept: KeptMaintenance): Promise<void> {
    return this.#put('maintenance', kept.serviceId, kept, true);
  }

  /** Not worth a write to the disk itself: after a power cut a report would be too old anyway. */
  putReport(kept: KeptReport): Promise<void> {
    return this.#put('reports', kept.id, kept, false);
  }

  /** Content when there is nothing. */
  remove(folder: Folder, id: string): Promise<void> {
    return this.#files.remove(nameOf(folder, id));
  }

  #put(folder: Folder, id: string, kept: object, durable: boolean): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify({ version: VERSION, ...kept }));
    return this.#files.write(nameOf(folder, id), bytes, durable);
  }

  async #loadAll<T>(
    folder: Folder,
    decode: (json: unknown) => T | undefined,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    for (const name of await this.#files.list(folder)) {
      // Drafts of writes that a crash cut short are not whole.
      if (!name.endsWith('.json')) continue;
      const kept = await this.#load(`${folder}/${name}`, decode);
      if (kept !== undefined) found.push(kept);
    }
    return found;
  }

  async #load<T>(name: string, decode: (json: unknown) => T | undefined): Promise<T | undefined> {
    const bytes = await this.#files.read(name);
    if (bytes === undefined) return undefined;
    const kept = decode(parsed(bytes));
    if (kept !== undefined) return kept;
    const aside = await this.#files.setAside(name).catch((error: unknown) => explain(error));
    this.#log(`registrar: cannot make sense of "${name}", which is left out: ${aside}`);
    return undefined;
  }
}

/** Of the shape of the files. */
const VERSION = 1;

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Ids may hold anything, and be longer than a name. */
function nameOf(folder: Folder, id: string): string {
  return `${folder}/${createHash('sha256').update(id).digest('hex').slice(0, 40)}.json`;
}
