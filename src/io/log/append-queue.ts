/**
 * Appends that wait for the disk, in order of arrival.
 *
 * Q1: each append is settled exactly once.
 * Q2: an append is encoded when it arrives, that is, while the disk is busy with those before it.
 */
import { Failure } from '../../base/failure.ts';
import type { Committed, EntryCodec } from '../../ports/log.ts';
import type { Chunk } from './frame.ts';
import { CHUNK_HEADER_BYTES } from './frame.ts';
import {
  APPEND_BYTES_MAX,
  GROUP_BYTES_MAX,
  GROUP_ENTRIES_MAX,
  WAITING_BYTES_MAX,
} from './limits.ts';

/** One append that waits. */
export type Pending<Entry, Outcome> = Readonly<{
  entries: readonly Entry[];
  chunk: Chunk;
  resolve: (committed: readonly Committed<Outcome>[]) => void;
  reject: (error: Error) => void;
}>;

/** How much an engine takes at once. */
export interface AppendBounds {
  readonly appendBytesMax: number;
  readonly groupBytesMax: number;
  readonly groupEntriesMax: number;
}

const BOUNDS: AppendBounds = {
  appendBytesMax: APPEND_BYTES_MAX,
  groupBytesMax: GROUP_BYTES_MAX,
  groupEntriesMax: GROUP_ENTRIES_MAX,
};

export class AppendQueue<Entry, Outcome> {
  readonly #codec: EntryCodec<Entry>;
  readonly #bounds: AppendBounds;
  #waiting: Pending<Entry, Outcome>[] = [];
  #waitingBytes = 0;

  constructor(codec: EntryCodec<Entry>, bounds: AppendBounds = BOUNDS) {
    this.#codec = codec;
    this.#bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Encodes and enqueues. Fails as `Log.append` does. */
  add(
    entries: readonly Entry[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Committed<Outcome>[]> {
    const bytes = this.#encode(entries);
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#drop(pending);
        pending.reject(new Failure('canceled', 'gave up waiting for an append'));
      };
      const pending: Pending<Entry, Outcome> = {
        entries,
        chunk: { bytes, entries: entries.length },
        resolve: (committed) => {
          signal?.removeEventListener('abort', cancel);
          resolve(committed);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', cancel);
          reject(error);
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(pending);
      this.#waitingBytes += bytes.length;
    });
  }

  /** Takes as many of the first in line as make up one commit; at least one unless it is empty. */
  take(): readonly Pending<Entry, Outcome>[] {
    const { groupBytesMax, groupEntriesMax } = this.#bounds;
    let bytes = 0;
    let entries = 0;
    let count = 0;
    for (const { chunk } of this.#waiting) {
      bytes += CHUNK_HEADER_BYTES + chunk.bytes.length;
      entries += chunk.entries;
      if (count > 0 && (bytes > groupBytesMax || entries > groupEntriesMax)) break;
      count += 1;
    }
    const group = this.#waiting.splice(0, count);
    for (const { chunk } of group) this.#waitingBytes -= chunk.bytes.length;
    return group;
  }

  /** Rejects everything that waits. */
  refuseAll(error: Failure): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const pending of waiting) pending.reject(error);
  }

  #encode(entries: readonly Entry[]): Uint8Array {
    let bytes: Uint8Array;
    try {
      bytes = this.#codec.encode(entries);
    } catch (error) {
      throw new Failure('invalid', 'cannot encode the entries of an append', { cause: error });
    }
    const { appendBytesMax } = this.#bounds;
    if (bytes.length > appendBytesMax) {
      throw new Failure(
        'invalid',
        `an append of ${bytes.length} bytes is larger than the ${appendBytesMax} allowed`,
        { facts: { bytes: bytes.length } },
      );
    }
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      throw new Failure('exhausted', 'too many appends are waiting for the disk', {
        facts: { waitingBytes: this.#waitingBytes },
      });
    }
    return bytes;
  }

  #drop(pending: Pending<Entry, Outcome>): void {
    const at = this.#waiting.indexOf(pending);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#waitingBytes -= pending.chunk.bytes.length;
  }
}
