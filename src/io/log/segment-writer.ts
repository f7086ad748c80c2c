/**
 * The newest segment: lays frames down durably, one at a time, and takes back what did not fit.
 *
 * W1: `commit` resolves only when the frame is durable; the one before it was then already.
 * W2: after `exhausted` the file ends, durably, where it ended before; nothing was written.
 * W3: after any other failure nothing more may be written: what is on disk is in doubt.
 */
import { Failure } from '../../base/failure.ts';
import type { Index } from '../../base/brand.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { SEGMENT_HEADER_BYTES, segmentHeader, segmentName } from './frame.ts';

/** How large segments get and how far zeros are laid ahead [bytes]. */
export type SegmentSizes = Readonly<{ segmentBytes: number; preallocateBytes: number }>;

const ZEROS = new Uint8Array(64 * 1024);

export class SegmentWriter {
  readonly first: Index;
  readonly #file: DiskFile;
  readonly #sizes: SegmentSizes;
  #tail: number;
  #laidOut: number;

  private constructor(
    file: DiskFile,
    sizes: SegmentSizes,
    at: { readonly first: Index; readonly tail: number; readonly laidOut: number },
  ) {
    this.#file = file;
    this.#sizes = sizes;
    this.first = at.first;
    this.#tail = at.tail;
    this.#laidOut = at.laidOut;
  }

  /**
   * Creates the segment that begins with `first`, durably.
   *
   * Fails: `exhausted` there is no room, and no trace of it is left.
   */
  static async create(
    disk: Disk,
    dir: string,
    at: { readonly first: Index; readonly term: number },
    sizes: SegmentSizes,
  ): Promise<SegmentWriter> {
    const path = `${dir}/${segmentName(at.first)}`;
    const file = await disk.open(path, 'create');
    const tail = SEGMENT_HEADER_BYTES;
    const writer = new SegmentWriter(file, sizes, { first: at.first, tail, laidOut: tail });
    try {
      await file.write(0, [segmentHeader(at.first, at.term)]);
      await writer.#layOut(sizes.preallocateBytes);
      await file.sync();
      await disk.syncDir(dir);
      return writer;
    } catch (error) {
      await file.close();
      await disk.remove(path);
      throw error;
    }
  }

  /** Continues a segment whose frames end at `tail`; what follows is zeros or was cut off. */
  static async reopen(
    file: DiskFile,
    sizes: SegmentSizes,
    at: { readonly first: Index; readonly tail: number },
  ): Promise<SegmentWriter> {
    return new SegmentWriter(file, sizes, { ...at, laidOut: await file.size() });
  }

  get path(): string {
    return this.#file.path;
  }

  /** Where the durable frames end [offset in bytes]. */
  get tail(): number {
    return this.#tail;
  }

  /** Whether a frame of this size belongs here; a segment takes at least one, however large. */
  hasRoom(bytes: number): boolean {
    return this.#tail === SEGMENT_HEADER_BYTES || this.#tail + bytes <= this.#sizes.segmentBytes;
  }

  /** Writes one frame after the last and makes it durable (W1). Fails: see W2, W3. */
  async commit(frame: Uint8Array): Promise<void> {
    const end = this.#tail + frame.length;
    if (end > this.#laidOut) await this.#makeRoom(end);
    try {
      await this.#file.writeThrough(this.#tail, [frame]);
    } catch (error) {
      if (!isExhausted(error)) throw doubtful(this.path, error);
      await this.#cut(this.#tail);
      // Else a crash could bring the refused frame back (W2).
      await this.#sync();
      throw error;
    }
    this.#tail = end;
  }

  /** Gives back the room laid out but not used, and lets go of the file. */
  async seal(): Promise<void> {
    try {
      if (this.#laidOut > this.#tail) await this.#file.truncate(this.#tail);
    } finally {
      await this.#file.close();
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Lays zeros out to well beyond `end`, or, when that much is not to be had, just to `end`. */
  async #makeRoom(end: number): Promise<void> {
    const ahead = Math.min(end + this.#sizes.preallocateBytes, this.#sizes.segmentBytes);
    for (const goal of [Math.max(end, ahead), end]) {
      try {
        await this.#layOut(goal - this.#laidOut);
        return;
      } catch (error) {
        // The reserve that is laid out already stays: smaller appends may still live on it.
        await this.#cut(this.#laidOut);
        if (!isExhausted(error) || goal === end) throw error;
      }
    }
  }

  async #layOut(bytes: number): Promise<void> {
    const chunks: Uint8Array[] = [];
    for (let left = bytes; left > 0; left -= ZEROS.length) {
      chunks.push(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
    }
    // Durable as they are, or each frame that overwrites some would have to find room on the disk.
    await this.#file.writeThrough(this.#laidOut, chunks);
    this.#laidOut += bytes;
  }

  /** A sync that failed is never "try again", not even for lack of room (W3). */
  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw doubtful(this.path, error);
    }
  }

  async #cut(length: number): Promise<void> {
    try {
      await this.#file.truncate(length);
    } catch (error) {
      throw new Failure('unavailable', `cannot take back what was begun in "${this.path}"`, {
        cause: error,
      });
    }
    this.#laidOut = length;
  }
}

function doubtful(path: string, cause: unknown): Failure {
  return new Failure('unavailable', `cannot make "${path}" durable`, { cause });
}

/** Whether an error says that there is no room, after which the log may be tried again (W2). */
export function isExhausted(error: unknown): error is Failure {
  return error instanceof Failure && error.fault === 'exhausted';
}
