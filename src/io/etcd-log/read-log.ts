/** Reading the log in etcd while it is written: what is applied here, in order, then waiting. */
import type { Index } from '../../base/brand.ts';
import type { EntryCodec, Logged } from '../../ports/log.ts';
import type { Broadcast } from '../log/broadcast.ts';
import { decodeBatch } from './batch.ts';
import type { BatchReader, StoredBatch } from './batch-reader.ts';
import { compactedAway } from './batch-reader.ts';

/** What a reader sees of the log it reads. */
export interface LogView<Entry> {
  readonly reader: BatchReader;
  readonly codec: EntryCodec<Entry>;
  /** Notified after each commit and when the log stops or closes. */
  readonly changed: Broadcast;
  readonly firstIndex: () => Index;
  readonly lastIndex: () => Index;
  readonly isOpen: () => boolean;
}

/** See `Log.read`. */
export async function* readLog<Entry>(
  from: Index,
  signal: AbortSignal,
  view: LogView<Entry>,
): AsyncGenerator<Logged<Entry>> {
  let next = Math.max(1, from) as Index;
  while (!signal.aborted && view.isOpen()) {
    if (next < view.firstIndex()) throw compactedAway(next, view.firstIndex());
    if (next > view.lastIndex()) {
      await view.changed.wait(signal);
      continue;
    }
    const { batches } = await view.reader.page(next, signal);
    for (const logged of entriesOf(batches, view)) {
      if (logged.index < next) continue;
      if (isAborted(signal)) return;
      yield logged;
      next = (logged.index + 1) as Index;
    }
  }
}

/** What is not applied yet comes with the next page. */
function* entriesOf<Entry>(
  batches: readonly StoredBatch[],
  view: LogView<Entry>,
): Generator<Logged<Entry>> {
  const last = view.lastIndex();
  for (const batch of batches) {
    if (batch.first > last) return;
    const entries = decodeBatch(batch.whole, view.codec);
    for (const [i, entry] of entries.entries()) {
      const index = (batch.first + i) as Index;
      if (index <= last) yield { index, entry };
    }
  }
}

/** A look of its own: the consumer of a stream may abort between two of its items. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
