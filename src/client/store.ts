/**
 * What a client must know after a restart: who it is, what it was given, how far each thing is.
 *
 * ST1: an identity is drawn once; every later start reads it back, or it is told that it cannot.
 * ST2: a file that cannot be read is named, set aside and never silently taken for absent.
 */
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { AllocRun } from '../core/runner/alloc.ts';
import type { DynamicMeta } from '../core/runner/node-meta.ts';
import type { TimeMark } from '../core/runner/moment.ts';
import type { Assignment } from '../ports/server-link.ts';
import type { StateFiles } from '../ports/state-files.ts';

export interface Identity {
  readonly nodeId: NodeId;
  readonly secretId: string;
}

/** One allocation as it was left. */
export interface StoredAlloc {
  readonly assignment: Assignment;
  readonly run: AllocRun;
}

/** Version of the files' shape; what is newer than us is set aside rather than guessed at. */
const VERSION = 1;
const NODE = 'node.json';
const HEARD = 'heard.json';
const TIME = 'time.json';
const META = 'meta.json';
const ALLOCS = 'allocs';

export class ClientStore {
  readonly #files: StateFiles;
  readonly #log: (line: string) => void;

  constructor(files: StateFiles, log: (line: string) => void) {
    this.#files = files;
    this.#log = log;
  }

  /** The stored identity, or a new one, durably kept before it is used (ST1). */
  async identity(draw: () => Identity): Promise<Identity> {
    const stored = await this.#load<Identity>(NODE, isIdentity);
    if (stored !== undefined) return stored;
    const fresh = draw();
    await this.#save(NODE, fresh, true);
    return fresh;
  }

  /** Every allocation that can be read. */
  async loadAllocs(): Promise<readonly StoredAlloc[]> {
    const found: StoredAlloc[] = [];
    for (const id of await this.#files.list(ALLOCS)) {
      const assignment = await this.#load<Assignment>(`${ALLOCS}/${id}/assignment.json`, (value) =>
        isAssignment(value, id),
      );
      if (assignment === undefined) continue;
      const run = await this.#load<AllocRun>(`${ALLOCS}/${id}/run.json`, isRun);
      if (run !== undefined) found.push({ assignment, run });
    }
    return found;
  }

  /** An instant of the client's own time, as an earlier life wrote it down last. */
  time(): Promise<TimeMark | undefined> {
    return this.#load<TimeMark>(TIME, isTimeMark);
  }

  putTime(mark: TimeMark): Promise<void> {
    return this.#save(TIME, mark, true);
  }

  /** When the servers were last heard, on the client's own time, as an earlier life has it. */
  async heardAt(): Promise<Millis | undefined> {
    return (await this.#load<{ readonly at: Millis }>(HEARD, isHeard))?.at;
  }

  putHeardAt(at: Millis): Promise<void> {
    return this.#save(HEARD, { at }, false);
  }

  /** What was changed of the node's metadata by hand. */
  meta(): Promise<DynamicMeta | undefined> {
    return this.#load<DynamicMeta>(META, isMeta);
  }

  putMeta(meta: DynamicMeta): Promise<void> {
    return this.#save(META, meta, true);
  }

  putAssignment(assignment: Assignment): Promise<void> {
    return this.#save(`${ALLOCS}/${assignment.alloc.id}/assignment.json`, assignment, false);
  }

  putRun(id: AllocId, run: AllocRun): Promise<void> {
    return this.#save(`${ALLOCS}/${id}/run.json`, run, false);
  }

  remove(id: AllocId): Promise<void> {
    return this.#files.remove(`${ALLOCS}/${id}`);
  }

  /** Forgets everything: the client never was. */
  async clear(): Promise<void> {
    await this.#files.remove(ALLOCS);
    await this.#files.remove(NODE);
    await this.#files.remove(HEARD);
    await this.#files.remove(TIME);
    await this.#files.remove(META);
  }

  #save(name: string, value: unknown, durable: boolean): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify({ version: VERSION, value }));
    return this.#files.write(name, bytes, durable);
  }

  async #load<T>(name: string, isSound: (value: unknown) => boolean): Promise<T | undefined> {
    const bytes = await this.#files.read(name);
    if (bytes === undefined) return undefined;
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      const file = JSON.parse(text) as { version?: unknown; value?: unknown } | null;
      if (file?.version !== VERSION)
        throw new Failure('invalid', `it is not of version ${VERSION}`);
      if (!isSound(file.value)) throw new Failure('invalid', 'it lacks what belongs in it');
      return file.value as T;
    } catch (error) {
      const where = await this.#files.setAside(name);
      this.#log(`client: cannot read "${name}", it is kept as "${where}": ${explain(error)}`);
      return undefined;
    }
  }
}

function isIdentity(value: unknown): boolean {
  return (
    isRecord(value) && typeof value['nodeId'] === 'string' && typeof value['secretId'] === 'string'
  );
}

function isTimeMark(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { bootId, now, elapsedMs, steady } = value;
  const isNamed = bootId === undefined || typeof bootId === 'string';
  return isNamed && [now, elapsedMs, steady].every(Number.isFinite);
}

function isHeard(value: unknown): boolean {
  return isRecord(value) && Number.isFinite(value['at']);
}

function isMeta(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value['set']) || !Array.isArray(value['unset'])) return false;
  const texts = [...Object.values(value['set']), ...(value['unset'] as readonly unknown[])];
  return texts.every((text) => typeof text === 'string');
}

function isAssignment(value: unknown, id: string): boolean {
  if (!isRecord(value) || !isRecord(value['alloc']) || !isRecord(value['job'])) return false;
  return value['alloc']['id'] === id && Array.isArray(value['job']['groups']);
}

function isRun(value: unknown): boolean {
  return isRecord(value) && isRecord(value['life']) && isRecord(value['tasks']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
