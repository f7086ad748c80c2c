/**
 * Messages that are passed on, each a limited number of times.
 *
 * B1: what was told least goes first; of the same, the newest.
 * B2: a newer message about a name takes the place of an older one.
 */
import { BROADCASTS_MAX } from '../limits.ts';

interface Broadcast {
  /** What it is about; undefined: nothing that another could be about. */
  readonly about: string | undefined;
  readonly bytes: Uint8Array;
  isGone: boolean;
}

export interface Room {
  /** Bytes that each message costs besides its own. */
  readonly overhead: number;
  readonly bytes: number;
  /** Times that each is told. */
  readonly limit: number;
}

export class BroadcastQueue {
  /** By how often they were told; newest last. */
  readonly #told: Broadcast[][] = [];
  readonly #about = new Map<string, Broadcast>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether something about it is still to be told. */
  has(about: string): boolean {
    return this.#about.has(about);
  }

  /** What was told most often makes place where there are too many. */
  add(bytes: Uint8Array, about?: string): void {
    const older = about === undefined ? undefined : this.#about.get(about);
    if (older !== undefined) this.#drop(older);
    if (this.#size >= BROADCASTS_MAX) this.#dropMostTold();
    const broadcast = { about, bytes, isGone: false };
    if (about !== undefined) this.#about.set(about, broadcast);
    this.#bucket(0).push(broadcast);
    this.#size++;
  }

  /** What fits; each is counted as told once more, and goes when it was told often enough. */
  take({ overhead, bytes, limit }: Room): readonly Uint8Array[] {
    const taken: { readonly broadcast: Broadcast; readonly times: number }[] = [];
    let left = bytes;
    for (const [times, bucket] of this.#told.entries()) {
      if (left <= overhead) break;
      const kept: Broadcast[] = [];
      for (const broadcast of bucket.toReversed()) {
        if (broadcast.isGone) continue;
        const size = broadcast.bytes.length + overhead;
        if (size > left) kept.push(broadcast);
        else {
          left -= size;
          taken.push({ broadcast, times: times + 1 });
        }
      }
      this.#told[times] = kept.reverse();
    }
    for (const { broadcast, times } of taken) {
      if (times < limit) this.#bucket(times).push(broadcast);
      else this.#drop(broadcast);
    }
    return taken.map(({ broadcast }) => broadcast.bytes);
  }

  #bucket(times: number): Broadcast[] {
    while (this.#told.length <= times) this.#told.push([]);
    return this.#told[times] ?? [];
  }

  #drop(broadcast: Broadcast): void {
    if (broadcast.isGone) return;
    broadcast.isGone = true;
    this.#size--;
    const { about } = broadcast;
    if (about !== undefined && this.#about.get(about) === broadcast) this.#about.delete(about);
  }

  #dropMostTold(): void {
    for (const bucket of this.#told.toReversed()) {
      const oldest = bucket.findIndex(({ isGone }) => !isGone);
      const found = bucket[oldest];
      if (found === undefined) continue;
      this.#drop(found);
      bucket.splice(0, oldest + 1);
      return;
    }
  }
}
