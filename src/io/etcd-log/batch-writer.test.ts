import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { SimClock } from '../../sim/clock.ts';
import type { EtcdApi } from '../etcd/client.ts';
import type { KeyValue, TxnAnswer } from '../etcd/messages.ts';
import { encodeBatch } from './batch.ts';
import { BatchWriter } from './batch-writer.ts';
import { logKeys } from './keys.ts';
import { COMMIT_MS_MAX } from './limits.ts';
import { Seat } from './seat.ts';

const keys = logKeys('muster/');
const TERM = 5;
const span = { first: 7 as Index, last: 7 as Index };
const chunks = [{ entries: 1, bytes: Buffer.from('x') }];
const { value } = encodeBatch(chunks, TERM);

const silence = new Failure('timeout', 'etcd did not answer');
const noRoom = new Failure('exhausted', 'no space');
const done: TxnAnswer = { succeeded: true, revision: 9, found: [] };
const leader = pair(keys.leader, Buffer.from('{}'), TERM);
/** The head has moved, and this is the batch that moved it. */
const moved: TxnAnswer = { succeeded: false, revision: 9, found: [[leader], [pair('', value, 8)]] };

function pair(key: string, bytes: Buffer, modRevision: number): KeyValue {
  return { key, value: bytes, createRevision: modRevision, modRevision };
}

/**
 * A writer whose transactions meet with these, one after the other, the last one for ever.
 *
 * @param isThere whether the batch is in the log when that is looked up
 */
function writerOf(
  fates: readonly (Failure | TxnAnswer)[],
  isThere = false,
): {
  readonly commit: () => Promise<string>;
  readonly calls: { txn: number; full: number };
} {
  const clock = new SimClock();
  const calls = { txn: 0, full: 0 };
  const client = {
    range: () => {
      const pairs = isThere ? [pair('', value, 8)] : [];
      return Promise.resolve({ pairs, revision: 9, more: false });
    },
    txn: () => {
      clock.advance(100);
      const fate = fates[Math.min(calls.txn, fates.length - 1)] ?? done;
      calls.txn += 1;
      return fate instanceof Failure ? Promise.reject(fate) : Promise.resolve(fate);
    },
  } satisfies Partial<EtcdApi> as Partial<EtcdApi> as EtcdApi;
  // Nobody else moves this clock: what sleeps wakes at once.
  const quick = Object.assign(Object.create(clock) as SimClock, {
    elapsedMs: () => clock.elapsedMs(),
    sleep: () => Promise.resolve(),
  });
  const deps = { client, keys, clock: quick, lastIndex: () => 6 };
  const self = { id: '1', name: 'one', address: '10.0.0.1:4647' };
  const seat = new Seat({ self, leased: false }, deps);
  const writer = new BatchWriter({ ...deps, seat, full: () => (calls.full += 1) });
  return { calls, commit: () => writer.commit(span, TERM, chunks) };
}

const faultOf =
  (fault: string) =>
  (error: unknown): boolean =>
    error instanceof Failure && error.fault === fault;

test('T2: what there is no room for at once is not in the log', async () => {
  const { commit, calls } = writerOf([noRoom]);
  await assert.rejects(commit(), faultOf('exhausted'));
  assert.deepEqual(calls, { txn: 1, full: 1 });
});

test('T2: what etcd carried out for the last time, saying that it has no room, is committed', async () => {
  const { commit, calls } = writerOf([noRoom], true);
  assert.equal(await commit(), 'committed');
  assert.deepEqual(calls, { txn: 1, full: 1 });
});

test('T2: no room for a second copy says nothing of the first, which may be in the log', async () => {
  const { commit, calls } = writerOf([silence, noRoom, noRoom, moved]);
  assert.equal(await commit(), 'committed');
  assert.deepEqual(calls, { txn: 4, full: 2 });
});

test('T2: a copy that never had an answer is not known of, however full it is', async () => {
  const { commit, calls } = writerOf([silence, noRoom]);
  await assert.rejects(commit(), faultOf('unavailable'));
  assert.equal(calls.txn, COMMIT_MS_MAX / 100);
});
