/**
 * Which bytes of a task's output go into which of its numbered files.
 *
 * R1: the files in order of their numbers, put together, are the output: nothing lost or doubled.
 * R2: no file grows beyond the bound, and a line is cut only where it does not fit into a file at
 *     the place where it starts.
 * R3: never more than `maxFiles` files.
 */

/** The file being written. */
export interface Place {
  /** The number in its name. */
  readonly index: number;
  /** Bytes in it. */
  readonly size: number;
}

export interface Bounds {
  readonly maxFiles: number;
  /** [bytes] */
  readonly maxFileSize: number;
}

/** One thing to do, in order: bytes `from` to `to` of the chunk, or the next file. */
export type RotationStep =
  | { readonly do: 'write'; readonly from: number; readonly to: number }
  /** Opens file `index`, new and empty, and removes those up to `removeUpTo`, included. */
  | { readonly do: 'rotate'; readonly index: number; readonly removeUpTo: number };

const NEWLINE = 10;

/** Says where the bytes of `chunk` go, and where that leaves the writer. */
export function rotate(
  place: Place,
  bounds: Bounds,
  chunk: Uint8Array,
): { readonly steps: readonly RotationStep[]; readonly place: Place } {
  const steps: RotationStep[] = [];
  let { index, size } = place;
  let from = 0;
  while (from < chunk.length) {
    const to = cut(chunk, from, bounds.maxFileSize - size, size === 0);
    if (to > from) {
      steps.push({ do: 'write', from, to });
      size += to - from;
      from = to;
    }
    if (from === chunk.length) break;
    index++;
    size = 0;
    steps.push({ do: 'rotate', index, removeUpTo: index - bounds.maxFiles });
  }
  return { steps, place: { index, size } };
}

/** Where the part for the present file ends: after the last line that fits, if one does (R2). */
function cut(chunk: Uint8Array, from: number, room: number, fresh: boolean): number {
  if (chunk.length - from <= room) return chunk.length;
  if (room <= 0) return from;
  const newline = chunk.lastIndexOf(NEWLINE, from + room - 1);
  if (newline >= from) return newline + 1;
  // The line began in an earlier chunk or fills a file of its own: it has to be cut somewhere.
  return fresh ? from + room : from;
}

/**
 * Where writing goes on, given the files that are there (number and size); bad names are left out.
 */
export function resume(files: readonly Place[]): Place {
  return files.reduce((last, file) => (file.index > last.index ? file : last), {
    index: 0,
    size: 0,
  });
}
