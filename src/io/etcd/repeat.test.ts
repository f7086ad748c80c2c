import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { SimClock } from '../../sim/clock.ts';
import type { WatchEvent } from './messages.ts';
import { compactedAway, Endpoints, watchAgain, type CallHow, type WatchFrom } from './repeat.ts';

const RANGE = { key: 'a', end: 'b' };

test('the first endpoint is asked until it fails; who fails together moves on by one', () => {
  const endpoints = new Endpoints(['a', 'b', 'c']);
  const [one, other] = [endpoints.pick({}), endpoints.pick({})];
  assert.deepEqual([one.endpoint, other.endpoint], ['a', 'a']);
  one.rotate();
  other.rotate();
  assert.equal(endpoints.pick({}).endpoint, 'b');
  const named = endpoints.pick({ endpoint: 'c' });
  named.rotate();
  assert.equal(named.endpoint, 'c');
  assert.equal(endpoints.pick({}).endpoint, 'b');
});

test('other endpoints begin with their first; none, or the same, change nothing', () => {
  const endpoints = new Endpoints(['a', 'b']);
  endpoints.pick({}).rotate();
  assert.equal(endpoints.replace([]), false);
  assert.equal(endpoints.replace(['a', 'b']), false);
  assert.equal(endpoints.pick({}).endpoint, 'b');
  assert.equal(endpoints.replace(['c', 'd']), true);
  assert.equal(endpoints.pick({}).endpoint, 'c');
});

test('each endpoint is asked once within one deadline, which early failures leave to the others', async () => {
  const clock = new SimClock();
  const deadlines: (number | undefined)[] = [];
  const ask = (how: CallHow): Promise<never> => {
    deadlines.push(how.deadlineMs);
    if (deadlines.length === 1) clock.advance(1_000);
    return Promise.reject(new Failure('unavailable', 'nobody'));
  };
  const asked = new Endpoints(['a', 'b', 'c']).eachOnce({ deadlineMs: 3_000 }, clock, ask);
  await assert.rejects(asked, { fault: 'unavailable' });
  assert.deepEqual(deadlines, [1_000, 1_000, 2_000]);
});

test('one endpoint that was named is asked once, and what does not pass is not asked again', async () => {
  const clock = new SimClock();
  const endpoints = new Endpoints(['a', 'b', 'c']);
  let times = 0;
  const ask = (fault: 'timeout' | 'denied') => (): Promise<never> => {
    times += 1;
    return Promise.reject(new Failure(fault, 'no'));
  };
  await assert.rejects(endpoints.eachOnce({ endpoint: 'b' }, clock, ask('timeout')));
  await assert.rejects(endpoints.eachOnce({}, clock, ask('denied')), { fault: 'denied' });
  assert.equal(times, 2);
});

test('C2: a watch goes on behind what was told, across connections that break', async () => {
  const asked: number[] = [];
  const told = await readAll(async function* (from) {
    asked.push(from.revision);
    await Promise.resolve();
    if (asked.length === 1) throw new Failure('unavailable', 'refused');
    yield [eventAt(from.revision + 2)];
    if (asked.length < 4) throw new Failure('unavailable', 'the connection broke');
    throw new Failure('denied', 'no');
  });
  assert.deepEqual(asked, [5, 5, 8, 11]);
  assert.deepEqual(told, { revisions: [7, 10, 13], fault: 'denied' });
});

test('C2: what was compacted away is told, not skipped', async () => {
  const told = await readAll(async function* (from) {
    await Promise.resolve();
    if (from.revision > 5) throw compactedAway(from, 20);
    yield [eventAt(5)];
  });
  assert.deepEqual(told, { revisions: [5], fault: 'not_found' });
});

/** Reads a watch from revision 5 on to its end, and lets whatever time it waits pass. */
async function readAll(
  open: (from: WatchFrom) => AsyncGenerator<readonly WatchEvent[]>,
): Promise<{ readonly revisions: readonly number[]; readonly fault: string }> {
  const clock = new SimClock();
  const revisions: number[] = [];
  const signal = new AbortController().signal;
  let fault: string | undefined;
  const reading = (async () => {
    const watch = watchAgain({ ...RANGE, revision: 5 }, open, clock, signal);
    for await (const events of watch) {
      revisions.push(...events.map(({ pair }) => pair.modRevision));
    }
  })().catch((error: unknown) => {
    fault = error instanceof Failure ? error.fault : 'bug';
  });
  for (let i = 0; i < 20 && fault === undefined; i++) {
    clock.advance(1_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await reading;
  return { revisions, fault: fault ?? '' };
}

function eventAt(revision: number): WatchEvent {
  const value = Buffer.alloc(0);
  return { type: 'put', pair: { key: 'a', value, createRevision: 1, modRevision: revision } };
}
