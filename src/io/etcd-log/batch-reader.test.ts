import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EtcdApi } from '../etcd/client.ts';
import type { KeyValue, RangeQuery } from '../etcd/messages.ts';
import { encodeBatch } from './batch.ts';
import { BatchReader } from './batch-reader.ts';
import { logKeys } from './keys.ts';
import { BATCH_BYTES_MAX } from './limits.ts';

const keys = logKeys('muster/');
const TERM = 5;
const FIRST = 7;

/** A reader of a store that holds these values. */
function readerOf(store: ReadonlyMap<string, Buffer>): BatchReader {
  const client = {
    range: ({ key, end = `${key}\0`, limit = Infinity, descending }: RangeQuery) => {
      const within = [...store].filter(([each]) => each >= key && each < end).sort();
      if (descending === true) within.reverse();
      const pairs = within.slice(0, limit).map(([each, value]) => pair(each, value));
      return Promise.resolve({ revision: 1, pairs, more: pairs.length < within.length });
    },
  } satisfies Partial<EtcdApi> as Partial<EtcdApi> as EtcdApi;
  return new BatchReader({ client, keys });
}

function pair(key: string, value: Buffer): KeyValue {
  return { key, value, createRevision: 1, modRevision: 1 };
}

/** A batch of one entry of so many bytes, with its further pieces, as they are written. */
function lay(store: Map<string, Buffer>, size: number): Buffer {
  const bytes = Buffer.alloc(size, size % 251);
  const { value, pieces } = encodeBatch([{ entries: 1, bytes }], TERM);
  for (const [n, piece] of pieces.entries()) store.set(keys.part(FIRST, TERM, n), piece);
  store.set(keys.batch(FIRST, FIRST), value);
  return Buffer.concat([value, ...pieces]);
}

test('a batch is read with its own pieces, whatever a larger one left that had no room', async () => {
  const store = new Map<string, Buffer>();
  lay(store, 3 * BATCH_BYTES_MAX);
  const whole = lay(store, BATCH_BYTES_MAX + 10);
  const batch = await readerOf(store).resolve(
    pair(keys.batch(FIRST, FIRST), store.get(keys.batch(FIRST, FIRST)) ?? Buffer.alloc(0)),
  );
  assert.deepEqual([batch?.first, batch?.last, batch?.term], [FIRST, FIRST, TERM]);
  assert.equal(batch?.whole.equals(whole), true);
});

test('R1: a page begins with the batch that holds the index, and tells what was compacted', async () => {
  const store = new Map<string, Buffer>();
  const { value } = encodeBatch([{ entries: 3, bytes: Buffer.from('abc') }], TERM);
  store.set(keys.batch(4, 6), value);
  lay(store, 10);
  const reader = readerOf(store);
  assert.equal(await reader.firstIndex(), 4);
  const { batches, more } = await reader.page(7 as never);
  assert.deepEqual([batches.map(({ first }) => first), more], [[7], false]);
  await assert.rejects(reader.page(2 as never), {
    fault: 'not_found',
    facts: { from: 2, firstIndex: 4 },
  });
});
