/**
 * Moves the entries of another log into an etcd that holds none yet.
 *
 * I1: it writes only where nobody has written and nobody leads; begun and broken off, it goes on
 *     where it ended, because what it wrote is what it would write.
 */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { EntryCodec, Log, Logged } from '../../ports/log.ts';
import type { EtcdClient } from '../etcd/client.ts';
import type { Op } from '../etcd/messages.ts';
import type { Chunk } from '../log/frame.ts';
import { encodeBatch } from './batch.ts';
import { logKeys } from './keys.ts';
import type { LogKeys } from './keys.ts';
import { BATCH_BYTES_MAX, BATCH_ENTRIES_MAX } from './limits.ts';

export interface ImportTarget<Entry> {
  readonly client: EtcdClient;
  readonly codec: EntryCodec<Entry>;
  /** As the log's that is opened there later. */
  readonly prefix: string;
}

/** Entries that no term's leader wrote. */
const NO_TERM = 0;

/**
 * Answers how many entries were moved; the next open of the log finds them.
 *
 * Fails: `conflict` the log in etcd has a leader, or entries that do not come from here; as
 * `EtcdClient.txn`, after which it may be called again.
 */
export async function importLog<Entry, Outcome>(
  source: Log<Entry, Outcome>,
  target: ImportTarget<Entry>,
): Promise<number> {
  const { client } = target;
  const keys = logKeys(target.prefix);
  const { pairs } = await client.range({ key: keys.head });
  const head = pairs[0] === undefined ? undefined : Number(pairs[0].value.toString());
  if (head !== undefined && !(await isOwn(source, target, keys))) {
    throw new Failure('conflict', `the log in etcd ends at index ${head}, which is not from here`);
  }
  let next = (head === undefined ? source.firstIndex : head + 1) as Index;
  const first = next;
  while (next <= source.lastIndex) {
    const chunks = await take(source, next, target.codec);
    const count = chunks.reduce((sum, { entries }) => sum + entries, 0);
    const span = { first: next, last: (next + count - 1) as Index };
    const before = next === source.firstIndex ? undefined : next - 1;
    await put(client, keys, { span, before, chunks });
    next = (span.last + 1) as Index;
  }
  return next - first;
}

/** Whether the newest batch is one that an import from `source` wrote, bit for bit (I1). */
async function isOwn<Entry, Outcome>(
  source: Log<Entry, Outcome>,
  { client, codec }: ImportTarget<Entry>,
  keys: LogKeys,
): Promise<boolean> {
  const { pairs } = await client.range({ ...keys.log, descending: true, limit: 1 });
  const [newest] = pairs;
  const span = newest && keys.spanOf(newest.key);
  if (newest === undefined || span === undefined) return false;
  if (span.first < source.firstIndex || span.last > source.lastIndex) return false;
  const chunks = await take(source, span.first, codec);
  return encodeBatch(chunks, NO_TERM).value.equals(newest.value);
}

/** As many entries as make up a batch, each encoded alone. */
async function take<Entry, Outcome>(
  source: Log<Entry, Outcome>,
  from: Index,
  codec: EntryCodec<Entry>,
): Promise<readonly Chunk[]> {
  const stop = new AbortController();
  const chunks: Chunk[] = [];
  let bytes = 0;
  const isFull = ({ index }: Logged<Entry>): boolean =>
    index >= source.lastIndex || chunks.length >= BATCH_ENTRIES_MAX || bytes >= BATCH_BYTES_MAX / 2;
  for await (const logged of source.read(from, stop.signal)) {
    const chunk = { bytes: codec.encode([logged.entry]), entries: 1 };
    chunks.push(chunk);
    bytes += chunk.bytes.length;
    if (isFull(logged)) stop.abort();
  }
  return chunks;
}

interface Piece {
  readonly span: { readonly first: Index; readonly last: Index };
  /** The head that must be there; undefined: none. */
  readonly before: number | undefined;
  readonly chunks: readonly Chunk[];
}

async function put(client: EtcdClient, keys: LogKeys, piece: Piece): Promise<void> {
  const { span, before, chunks } = piece;
  const { value, pieces } = encodeBatch(chunks, NO_TERM);
  const compare = [
    { key: keys.leader, modRevision: 0 },
    before === undefined
      ? { key: keys.head, modRevision: 0 }
      : { key: keys.head, value: Buffer.from(String(before)) },
  ];
  const batch: readonly Op[] = [
    { put: { key: keys.batch(span.first, span.last), value } },
    { put: { key: keys.head, value: Buffer.from(String(span.last)) } },
  ];
  const steps = pieces.map((each, n): readonly Op[] => [
    { put: { key: keys.part(span.first, NO_TERM, n), value: each } },
  ]);
  for (const success of [...steps, batch]) {
    const answer = await client.txn({ compare, success });
    if (!answer.succeeded)
      throw new Failure('conflict', 'another server writes to the log in etcd');
  }
}
