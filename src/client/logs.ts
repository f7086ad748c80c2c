/**
 * A task's output across its rotated files `alloc/logs/TASK.STREAM.N`.
 *
 * LO1: what is in the files is given once and in order, also while they rotate; a file that was
 *      removed before it was read is passed over.
 */
import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { AllocDirs } from '../ports/alloc-dir.ts';
import type { FileFrame, LogsQuery } from '../ports/client-link.ts';
import { FRAME_BYTES, LOOK_MS, QUIET_MS } from './files.ts';

const FOLDER = 'alloc/logs';

interface LogSource {
  readonly id: AllocId;
  /** Nothing will write any more. */
  readonly isOver: () => boolean;
}

interface LogFile {
  readonly path: string;
  readonly index: number;
  readonly size: number;
}

/** Fails: `not_found` when the task has no output files (yet). */
export async function* readLogs(
  dirs: AllocDirs,
  source: LogSource,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncIterable<FileFrame> {
  const { id } = source;
  const first = await filesOf(dirs, id, query);
  if (first.length === 0) {
    throw new Failure(
      'not_found',
      `log entry for task "${query.task}" and log type "${query.type}" not found`,
    );
  }
  let { index, offset } = begin(first, query);
  let quietMs = 0;
  while (!signal.aborted) {
    const wasOver = source.isOver();
    const path = pathOf(query, index);
    const bytes = await readOrNothing(dirs, id, { path, offset });
    if (bytes.length > 0) {
      yield { file: path, offset, bytes };
      offset += bytes.length;
      quietMs = 0;
      continue;
    }
    const next = await after(dirs, id, query, { index, offset });
    if (next === 'more') continue;
    if (next !== undefined) {
      index = next;
      offset = 0;
    } else if (!query.follow || wasOver) {
      return;
    } else {
      await dirs.changed(id, path, LOOK_MS, signal);
      quietMs += LOOK_MS;
      if (quietMs >= QUIET_MS) {
        quietMs = 0;
        yield { file: path, offset, bytes: new Uint8Array() };
      }
    }
  }
}

/** Where to begin: an offset counts over all files together. */
function begin(
  files: readonly LogFile[],
  query: LogsQuery,
): { readonly index: number; readonly offset: number } {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  let skip = query.origin === 'start' ? query.offset : Math.max(0, total - query.offset);
  for (const { index, size } of files) {
    if (skip <= size) return { index, offset: skip };
    skip -= size;
  }
  const last = files.at(-1);
  return { index: last?.index ?? 0, offset: last?.size ?? 0 };
}

/** What follows the end of a file: the next one, more of the same, or nothing yet. */
async function after(
  dirs: AllocDirs,
  id: AllocId,
  query: LogsQuery,
  at: { readonly index: number; readonly offset: number },
): Promise<number | 'more' | undefined> {
  const files = await filesOf(dirs, id, query);
  const next = files.find((file) => file.index > at.index);
  if (next === undefined) return undefined;
  // It may have been written between our read and its rotation.
  const present = files.find((file) => file.index === at.index);
  return present !== undefined && present.size > at.offset ? 'more' : next.index;
}

async function filesOf(dirs: AllocDirs, id: AllocId, query: LogsQuery): Promise<LogFile[]> {
  const stem = `${query.task}.${query.type}.`;
  const infos = await dirs.listFiles(id, FOLDER);
  return infos
    .filter(({ name, directory }) => !directory && name.startsWith(stem))
    .map(({ name, size }) => ({
      path: `${FOLDER}/${name}`,
      index: Number(name.slice(stem.length)),
      size,
    }))
    .filter(({ index }) => Number.isInteger(index))
    .sort((a, b) => a.index - b.index);
}

function pathOf(query: LogsQuery, index: number): string {
  return `${FOLDER}/${query.task}.${query.type}.${index}`;
}

async function readOrNothing(
  dirs: AllocDirs,
  id: AllocId,
  at: { readonly path: string; readonly offset: number },
): Promise<Uint8Array> {
  try {
    return await dirs.read(id, at.path, { offset: at.offset, length: FRAME_BYTES });
  } catch (error) {
    if (error instanceof Failure && error.fault === 'not_found') return new Uint8Array();
    throw error;
  }
}
