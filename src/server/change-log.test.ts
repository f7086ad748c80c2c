import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import type { Index } from '../base/brand.ts';
import { CHANGE_BATCHES_MAX, CHANGES_KEPT_MAX } from '../core/limits.ts';
import type { Change } from '../core/state/change.ts';
import { emptyState } from '../core/state/state.ts';
import { systemClock } from '../io/clock.ts';
import { ChangeLog } from './change-log.ts';
import type { ChangeBatch, Subscriber } from './replica.ts';

/** A change log and what feeds it: entries, one after another, with so many changes each. */
function world(): { readonly changes: ChangeLog; readonly feed: (size: number) => void } {
  const told = new Set<Subscriber>();
  const state = emptyState();
  const replica = {
    state,
    subscribe: (subscriber: Subscriber) => {
      told.add(subscriber);
      return () => told.delete(subscriber);
    },
  };
  const changes = new ChangeLog({ replica, clock: systemClock });
  let index = 0;
  const feed = (size: number): void => {
    index += 1;
    const batch = { index: index as Index, type: 'x', at: 0, changes: new Array<Change>(size) };
    for (const tell of told) tell(batch as unknown as ChangeBatch, state);
  };
  return { changes, feed };
}

/** Indexes from one on, as far as they are there. */
async function readFrom(changes: ChangeLog, from: number): Promise<readonly Index[]> {
  const stop = new AbortController();
  stop.abort();
  const read: Index[] = [];
  for await (const { index } of changes.read(from as Index, stop.signal)) read.push(index);
  return read;
}

const isGone = (error: unknown): boolean => error instanceof Failure && error.fault === 'not_found';

test('the newest entries are kept, so many of them', async () => {
  const { changes, feed } = world();
  for (let n = 0; n < CHANGE_BATCHES_MAX + 2; n++) feed(1);
  assert.equal((await readFrom(changes, 3)).length, CHANGE_BATCHES_MAX);
  await assert.rejects(readFrom(changes, 2), isGone);
});

test('large ones are fewer, but the newest is there whatever it changed', async () => {
  const { changes, feed } = world();
  const size = CHANGES_KEPT_MAX / 5;
  for (let n = 0; n < 10; n++) feed(size);
  assert.deepEqual(await readFrom(changes, 6), [6, 7, 8, 9, 10]);
  await assert.rejects(readFrom(changes, 5), isGone);
  feed(CHANGES_KEPT_MAX + 1);
  assert.deepEqual(await readFrom(changes, 11), [11]);
  await assert.rejects(readFrom(changes, 10), isGone);
});
