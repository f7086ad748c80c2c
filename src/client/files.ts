/** Files of an allocation as streams: read to the end, or followed as they grow. */
import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { AllocDirs } from '../ports/alloc-dir.ts';
import type { FileFrame } from '../ports/client-link.ts';

/** Bytes of one piece. Source: Nomad's stream frames. */
export const FRAME_BYTES = 64 * 1024;
/** Between two looks at a file that seems not to grow [ms]: a watch may begin a moment too late. */
export const LOOK_MS = 1_000;
/** A stream that has been quiet for so long sends an empty piece [ms]. */
export const QUIET_MS = 10_000;

export interface FilePlace {
  readonly id: AllocId;
  readonly path: string;
}

/** Bytes from an offset, to a limit or to the end. */
export async function* readFile(
  dirs: AllocDirs,
  { id, path }: FilePlace,
  range: { readonly offset: number; readonly limit?: number },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let { offset } = range;
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  while (left > 0 && !signal.aborted) {
    const length = Math.min(left, FRAME_BYTES);
    const bytes = await dirs.read(id, path, { offset, length });
    if (bytes.length === 0) return;
    yield bytes;
    offset += bytes.length;
    left -= bytes.length;
  }
}

/**
 * A file as it grows. One that shrinks is told as truncated and read from its start; one that goes
 * is told as deleted, which is the end.
 */
export async function* followFile(
  dirs: AllocDirs,
  place: FilePlace,
  from: { readonly offset: number; readonly origin: 'start' | 'end' },
  signal: AbortSignal,
): AsyncIterable<FileFrame> {
  const { id, path } = place;
  const size = (await dirs.stat(id, path)).size;
  let offset = from.origin === 'start' ? from.offset : Math.max(0, size - from.offset);
  let quietMs = 0;
  while (!signal.aborted) {
    const news = await look(dirs, place, offset);
    if (news === 'deleted') {
      yield { file: path, offset, bytes: new Uint8Array(), event: 'file deleted' };
      return;
    }
    if (news === 'truncated') {
      offset = 0;
      yield { file: path, offset, bytes: new Uint8Array(), event: 'file truncated' };
    } else if (news.length > 0) {
      yield { file: path, offset, bytes: news };
      offset += news.length;
      quietMs = 0;
    } else {
      await dirs.changed(id, path, LOOK_MS, signal);
      quietMs += LOOK_MS;
      if (quietMs < QUIET_MS) continue;
      quietMs = 0;
      yield { file: path, offset, bytes: new Uint8Array() };
    }
  }
}

async function look(
  dirs: AllocDirs,
  { id, path }: FilePlace,
  offset: number,
): Promise<Uint8Array | 'truncated' | 'deleted'> {
  try {
    const bytes = await dirs.read(id, path, { offset, length: FRAME_BYTES });
    if (bytes.length > 0) return bytes;
    return (await dirs.stat(id, path)).size < offset ? 'truncated' : bytes;
  } catch (error) {
    if (error instanceof Failure && error.fault === 'not_found') return 'deleted';
    throw error;
  }
}
