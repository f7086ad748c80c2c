/** Reading the embedded log while it is written: only durable frames, in order, then waiting. */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { EntryCodec, Logged } from '../../ports/log.ts';
import type { Broadcast } from './broadcast.ts';
import { SEGMENT_HEADER_BYTES, chunksOf } from './frame.ts';
import { scanFrames, damaged } from './scan.ts';
import type { Position } from './scan.ts';

/** What a reader sees of the log it reads. */
export type ReadView<Entry> = Readonly<{
  disk: Disk;
  codec: EntryCodec<Entry>;
  /** Notified after each commit and when the log stops or closes. */
  changed: Broadcast;
  firstIndex: () => Index;
  lastIndex: () => Index;
  isOpen: () => boolean;
  /** `tail` is where durable frames end; undefined means at the end of the file. */
  segmentOf: (index: Index) => { path: string; first: Index; tail: number | undefined };
}>;

/** Entries decoded before they are given out; more would only hold memory. */
const BATCH_ENTRIES_MAX = 1024;

/** See `Log.read`. */
export async function* readEntries<Entry>(
  from: Index,
  signal: AbortSignal,
  view: ReadView<Entry>,
): AsyncGenerator<Logged<Entry>> {
  const cursor = new Cursor(from, view);
  try {
    while (!signal.aborted && view.isOpen()) {
      if (cursor.next > view.lastIndex()) await view.changed.wait(signal);
      else yield* untilAborted(await cursor.readBatch(), signal);
    }
  } finally {
    await cursor.close();
  }
}

/** The consumer may take long over each, and abort meanwhile. */
function* untilAborted<T>(batch: readonly T[], signal: AbortSignal): Generator<T> {
  for (const each of batch) {
    if (signal.aborted) return;
    yield each;
  }
}

/** A place in the log and the file that is open there. */
class Cursor<Entry> {
  readonly #view: ReadView<Entry>;
  next: Index;
  #file: DiskFile | undefined;
  #position: Position = { offset: 0, index: 0 as Index };

  constructor(from: Index, view: ReadView<Entry>) {
    this.next = Math.max(1, from) as Index;
    this.#view = view;
  }

  /** Decodes the next entries, of which at least one is durable. */
  async readBatch(): Promise<readonly Logged<Entry>[]> {
    const { first, tail, path } = this.#segment();
    if (this.#file?.path !== path) {
      await this.close();
      this.#file = await this.#view.disk.open(path, 'read');
      this.#position = { offset: SEGMENT_HEADER_BYTES, index: first };
    }
    const batch: Logged<Entry>[] = [];
    const take = (payload: Buffer, begin: Index): boolean => {
      this.#decode(payload, begin, batch);
      return batch.length < BATCH_ENTRIES_MAX;
    };
    const from = this.#position;
    const file = this.#file;
    this.#position = await scanFrames(
      file,
      from,
      ({ header, payload }) => take(payload, header.index),
      tail,
    );
    // The file was durable up to here when it was written: what cannot be read now is damage.
    if (batch.length === 0) {
      throw damaged(path, this.#position, 'a durable entry cannot be read back');
    }
    return batch;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #segment(): { path: string; first: Index; tail: number | undefined } {
    const first = this.#view.firstIndex();
    if (this.next < first) {
      throw new Failure('not_found', `entries before index ${first} were compacted away`, {
        facts: { firstIndex: first, from: this.next },
      });
    }
    return this.#view.segmentOf(this.next);
  }

  #decode(payload: Buffer, begin: Index, into: Logged<Entry>[]): void {
    let index = begin;
    for (const chunk of chunksOf(payload)) {
      if (index + chunk.entries <= this.next) {
        index = (index + chunk.entries) as Index;
        continue;
      }
      for (const entry of this.#view.codec.decode(chunk.bytes)) {
        if (index >= this.next) into.push({ index, entry });
        index = (index + 1) as Index;
      }
    }
    this.next = Math.max(this.next, index) as Index;
  }
}
