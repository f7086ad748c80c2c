/**
 * Copies a container's output from the engine into the task's rotated files.
 *
 * C1: whatever stops the agent, each byte is in the files once: the position in the engine's
 *     stream and the sizes of the files are stored together, and what was written after the last
 *     store is cut off before going on.
 */
import { open, readdir, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../../base/failure.ts';
import { LOG_START, LogDemuxer, type LogPosition } from '../../../core/docker/log-stream.ts';
import { rotate, type Bounds, type Place } from '../../../core/keeper/rotation.ts';
import type { TaskSpec } from '../../../ports/driver.ts';
import type { Engine } from './engine.ts';

type Logs = TaskSpec['logs'];

/** What is stored beside the files. */
interface Progress {
  readonly position: LogPosition;
  readonly stdout: Place;
  readonly stderr: Place;
}

const NEW: Progress = {
  position: LOG_START,
  stdout: { index: 0, size: 0 },
  stderr: { index: 0, size: 0 },
};

/** Wait before asking an engine again that went away [ms]. */
const RETRY_MS = 500;

/**
 * Collects until the container's stream ends, or `signal` aborts; resolves with all that came
 * written. An engine that went away is asked again.
 */
export async function collectLogs(
  engine: Engine,
  container: string,
  logs: Logs,
  signal: AbortSignal,
): Promise<void> {
  await using files = await LogFiles.open(logs, container);
  while (!signal.aborted) {
    try {
      await follow(engine, container, files, signal);
      return;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.fault === 'not_found' || error.fault === 'canceled') return;
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function follow(
  engine: Engine,
  container: string,
  files: LogFiles,
  signal: AbortSignal,
): Promise<void> {
  const since = sinceOf(files.position);
  const stream = await engine.stream({
    method: 'GET',
    path: `/containers/${container}/logs?follow=1&stdout=1&stderr=1&timestamps=1${since}`,
    signal,
  });
  const demuxer = new LogDemuxer(files.position);
  try {
    for await (const piece of stream) {
      const records = demuxer.push(piece);
      if (records === undefined) throw new Failure('internal', 'the log stream makes no sense');
      for (const record of records) await files.write(record.stream, record.bytes);
      await files.store(demuxer.position);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(signal.aborted ? 'canceled' : 'unavailable', 'the log stream broke', {
      cause,
    });
  }
}

/** The engine takes seconds with a fraction. */
function sinceOf(position: LogPosition): string {
  if (position.at === '') return '';
  const [seconds = '', fraction = '0'] = position.at.replace(/Z$/, '').split('.');
  return `&since=${Math.floor(Date.parse(`${seconds}Z`) / 1000)}.${fraction}`;
}

/** The two rotated files of one task, and the progress stored beside them. */
class LogFiles implements AsyncDisposable {
  readonly #logs: Logs;
  readonly #bounds: Bounds;
  readonly #progressPath: string;
  readonly #container: string;
  #progress: Progress;
  readonly #handles = new Map<'stdout' | 'stderr', FileHandle>();

  private constructor(logs: Logs, container: string, progress: Progress) {
    this.#logs = logs;
    this.#container = container;
    this.#progress = progress;
    this.#progressPath = progressPath(logs);
    this.#bounds = {
      maxFiles: logs.maxFiles,
      maxFileSize: logs.maxFileSizeMb * 1024 * 1024,
    };
  }

  /** Goes on after the last store for this container, or after what an earlier one left. */
  static async open(logs: Logs, container: string): Promise<LogFiles> {
    const stored = await load(logs, container);
    const progress = stored ?? {
      ...NEW,
      stdout: await lastPlace(logs.stdoutBase),
      stderr: await lastPlace(logs.stderrBase),
    };
    const files = new LogFiles(logs, container, progress);
    await files.#open('stdout', progress.stdout);
    await files.#open('stderr', progress.stderr);
    return files;
  }

  get position(): LogPosition {
    return this.#progress.position;
  }

  async write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const { steps, place } = rotate(this.#progress[stream], this.#bounds, bytes);
    for (const step of steps) {
      if (step.do === 'write') await this.#write(stream, bytes.subarray(step.from, step.to));
      else await this.#rotate(stream, step.index, step.removeUpTo);
    }
    this.#progress = { ...this.#progress, [stream]: place };
  }

  /** Stores the position together with the sizes written so far (C1). */
  async store(position: LogPosition): Promise<void> {
    this.#progress = { ...this.#progress, position };
    const text = JSON.stringify({ container: this.#container, ...this.#progress });
    await writeFile(`${this.#progressPath}.new`, text);
    await rename(`${this.#progressPath}.new`, this.#progressPath);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#handles.values()) await handle.close();
  }

  async #write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    await this.#handles.get(stream)?.appendFile(bytes);
  }

  async #rotate(stream: 'stdout' | 'stderr', index: number, removeUpTo: number): Promise<void> {
    await this.#open(stream, { index, size: 0 });
    const base = this.#base(stream);
    for (const old of await placesOf(base)) {
      if (old.index <= removeUpTo) await unlink(`${base}.${old.index}`);
    }
  }

  async #open(stream: 'stdout' | 'stderr', place: Place): Promise<void> {
    const path = `${this.#base(stream)}.${place.index}`;
    await this.#handles.get(stream)?.close();
    const handle = await open(path, 'a', 0o644);
    this.#handles.set(stream, handle);
    await truncate(path, place.size);
  }

  #base(stream: 'stdout' | 'stderr'): string {
    return stream === 'stdout' ? this.#logs.stdoutBase : this.#logs.stderrBase;
  }
}

function progressPath(logs: Logs): string {
  return join(dirname(logs.stdoutBase), `.${basename(logs.stdoutBase)}.collected`);
}

/** What was stored for this very container; a file of another one, or a broken one, is ignored. */
async function load(logs: Logs, container: string): Promise<Progress | undefined> {
  try {
    const stored = JSON.parse(await readFile(progressPath(logs), 'utf8')) as Progress & {
      readonly container?: string;
    };
    return stored.container === container ? stored : undefined;
  } catch {
    return undefined;
  }
}

async function lastPlace(base: string): Promise<Place> {
  const places = await placesOf(base);
  return places.reduce((last, p) => (p.index >= last.index ? p : last), { index: 0, size: 0 });
}

async function placesOf(base: string): Promise<Place[]> {
  const prefix = `${basename(base)}.`;
  const places: Place[] = [];
  for (const name of await readdir(dirname(base))) {
    const number = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (!/^\d+$/.test(number)) continue;
    const handle = await open(join(dirname(base), name), 'r');
    places.push({ index: Number(number), size: (await handle.stat()).size });
    await handle.close();
  }
  return places;
}
