import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { NEWS_SPACING_MS_MAX, NODE_NEWS_MAX } from '../core/limits.ts';
import type { ClientStatus } from '../core/model/alloc.ts';
import type { Stop } from '../core/model/plan.ts';
import type { Entry } from '../core/state/entry.ts';
import { SimClock } from '../sim/clock.ts';
import {
  RESOURCES,
  T0,
  allocId,
  applyPlan,
  group,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../test/state-world.ts';
import { NodeNews } from './node-news.ts';
import { Replica } from './replica.ts';

const never = new AbortController().signal;
const one = nodeId(1);

/** There is room for thousands. */
const resources = { ...RESOURCES, cpu: 0, memoryMb: 0, diskMb: 0 };

/** Two nodes, and what a server remembers of them. */
function world() {
  const replica = new Replica();
  const clock = new SimClock();
  const news = new NodeNews({ replica, clock });
  const write = (entry: Entry): Index => {
    const index = (replica.state.index + 1) as Index;
    assert.ok(replica.apply(index, entry).ok);
    return index;
  };
  const place = (n: number, node = 1): Index =>
    write(applyPlan(plan('web', { placements: [placement(n, nodeId(node), { resources })] })));
  const stop = (n: number): Index => {
    const stopped: Stop = {
      ...{ allocId: allocId(n), nodeId: one, desiredStatus: 'stop', description: '' },
    };
    return write(applyPlan(plan('web', { stops: [stopped] })));
  };
  const report = (n: number, clientStatus: ClientStatus): Index => {
    const told = { id: allocId(n), clientStatus, clientDescription: '', taskStates: {}, at: T0 };
    return write({ type: 'allocs.client-update', at: T0, updates: [told], seed: `${n}` });
  };
  write(registerNode(1));
  write(registerNode(2));
  write(register(jobSpec('web', { groups: [group({ count: 9 })] }), 1));
  return { replica, clock, news, place, stop, report };
}

test('NN1: who is followed hears of what was decided since it asked, and of nothing else', () => {
  const { replica, news, place, stop, report } = world();
  assert.equal(news.since(one, replica.state.index), undefined, 'nobody asked for it yet');
  const from = place(1);
  news.follow(one, from);
  assert.equal(news.since(one, (from - 1) as Index), undefined, 'what came before is not known');
  assert.deepEqual(news.since(one, from), { isNews: false, ids: [], index: from });
  report(1, 'running');
  place(2, 2);
  assert.deepEqual(news.since(one, from), { isNews: false, ids: [], index: from });
  place(3);
  const last = stop(1);
  const since = { isNews: true, ids: [allocId(3), allocId(1)], index: last };
  assert.deepEqual(news.since(one, from), since);
  assert.deepEqual(news.since(one, from), since, 'an answer that was lost is given again');
  assert.deepEqual(news.since(one, last), { isNews: false, ids: [], index: last });
  assert.equal(news.since(one, from), undefined, 'its client holds that');
});

test('NN2: an end that a client told is no news, and comes with the next', () => {
  const { news, place, report } = world();
  const from = place(1);
  news.follow(one, from);
  const ended = report(1, 'complete');
  assert.deepEqual(news.since(one, from), { isNews: false, ids: [allocId(1)], index: ended });
  const index = place(2);
  const ids = [allocId(1), allocId(2)];
  assert.deepEqual(news.since(one, from), { isNews: true, ids, index });
  const late = { id: allocId(2), index };
  news.follow(one, from, [late, { id: allocId(1), index: ended }]);
  assert.deepEqual(news.since(one, ended), { isNews: false, ids: [late.id], index });
});

test('NN3: whoever does not ask for long is followed no more', () => {
  const { news, place } = world();
  const from = place(1);
  news.follow(one, from);
  for (let n = 2; n < NODE_NEWS_MAX + 3; n++) {
    assert.ok(news.since(one, from) !== undefined);
    place(n);
  }
  assert.equal(news.since(one, from), undefined);
});

test('who waits is woken by news, not by reports, and when its time is over', async () => {
  const { clock, news, place, report } = world();
  const from = place(1);
  news.follow(one, from);
  const woken: string[] = [];
  const wait = async (name: string, ms: number, signal = never): Promise<void> => {
    await news.wait(one, ms, signal);
    woken.push(name);
  };
  const stop = new AbortController();
  const all = [wait('brief', 100), wait('long', 1_000), wait('given up', 1_000, stop.signal)];
  report(1, 'running');
  place(2, 2);
  clock.advance(100);
  await all[0];
  assert.deepEqual(woken, ['brief']);
  stop.abort();
  await all[2];
  place(3);
  await all[1];
  assert.deepEqual(woken, ['brief', 'given up', 'long']);
});

test('NN4: a node that was told news pauses while many are told some', async () => {
  const { clock, news, place } = world();
  const from = place(1);
  assert.equal(news.pauseMs(one), 0, 'nobody asked for it');
  news.follow(one, from);
  for (let n = 0; n < 5_000; n++) news.told(one);
  const pauseMs = news.pauseMs(one);
  assert.ok(pauseMs > 0 && pauseMs <= NEWS_SPACING_MS_MAX);
  let isOver = false;
  const pause = news.pause(pauseMs, never).then(() => (isOver = true));
  place(2);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isOver, false, 'news do not end it');
  clock.advance(pauseMs);
  await pause;
  assert.equal(news.pauseMs(one), 0, 'it was told nothing for a while');
});
