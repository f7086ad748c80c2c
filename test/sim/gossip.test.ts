/** A pool of members in one process: who hears what, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distance } from '../../src/core/model/coordinate.ts';
import { encodeMessage } from '../../src/core/gossip/wire/messages.ts';
import { bytesOf, textOf } from '../../src/core/gossip/wire/msgpack.ts';
import { memoryOf } from '../../src/core/gossip/serf/memory.ts';
import type { MemberStatus } from '../../src/core/gossip/serf/ring.ts';
import { LAN } from '../../src/core/gossip/serf/step.ts';
import { GossipWorld } from './gossip-world.ts';

function pool(seed: string, count: number): { world: GossipWorld; names: readonly string[] } {
  const world = new GossipWorld(seed);
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  for (const name of names) world.add(name, { role: name === 'm0' ? 'first' : 'other' });
  for (const name of names.slice(1)) world.join(name, 'm0');
  return { world, names };
}

/** Whether each of these sees the member so. */
function seen(
  world: GossipWorld,
  by: readonly string[],
  { name, status }: { readonly name: string; readonly status: MemberStatus | undefined },
): boolean {
  return by.every((each) => world.ring(each).members.get(name)?.status === status);
}

function whole(world: GossipWorld, names: readonly string[]): boolean {
  return names.every((by) => names.every((name) => seen(world, [by], { name, status: 'alive' })));
}

test('members that join one all find each other', () => {
  const { world, names } = pool('join', 20);
  const took = world.until(() => whole(world, names), 10_000);
  assert.ok(took !== undefined, 'all know all');
  assert.equal(world.ring('m5').members.get('m0')?.tags['role'], 'first');
});

test('a killed member fails, within what its suspicion may last, and nobody else does', () => {
  const { world, names } = pool('kill', 20);
  world.run(10_000);
  world.kill('m7');
  const others = names.filter((name) => name !== 'm7');
  const took = world.until(() => seen(world, others, { name: 'm7', status: 'failed' }), 60_000);
  // Suspicion of 4 x log10(20) s when confirmed, up to six times that; and a round until probed.
  assert.ok(took !== undefined && took < 35_000 && took > 4_000, `took ${took}`);
  assert.ok(whole(world, others));
});

test('a member that leaves has left, everywhere, and has not failed in between', () => {
  const { world, names } = pool('leave', 20);
  world.run(10_000);
  const from = world.heard.length;
  world.give('m3', { type: 'leave' });
  const done = world.until(
    () => world.heard.some(({ by, news }) => by === 'm3' && news.type === 'left'),
    15_000,
  );
  assert.ok(done !== undefined && done < 5_000, `left after ${done}`);
  world.kill('m3');
  const others = names.filter((name) => name !== 'm3');
  assert.ok(
    world.until(() => seen(world, others, { name: 'm3', status: 'left' }), 5_000) !== undefined,
  );
  world.run(60_000);
  const changes = world.heard
    .slice(from)
    .flatMap(({ by, news }) =>
      by !== 'm3' && news.type === 'member' ? [`${news.change} ${news.member.name}`] : [],
    );
  assert.deepEqual([...new Set(changes)], ['left m3']);
});

test('a partition: both sides fail each other, and find each other again', () => {
  const { world, names } = pool('partition', 12);
  world.run(10_000);
  const isLeft = (name: string): boolean => Number(name.slice(1)) < 6;
  world.weather.cut = (a, b) => isLeft(a) !== isLeft(b);
  const left = names.filter(isLeft);
  assert.ok(
    world.until(() => seen(world, left, { name: 'm9', status: 'failed' }), 90_000) !== undefined,
  );
  world.run(120_000);
  world.weather.cut = () => false;
  const healed = world.until(() => whole(world, names), 120_000);
  assert.ok(healed !== undefined, 'whole again');
});

test('a partition in which one side restarts: what it remembers brings both together', () => {
  const { world, names } = pool('partition-restart', 12);
  world.run(10_000);
  const isLeft = (name: string): boolean => Number(name.slice(1)) < 6;
  world.weather.cut = (a, b) => isLeft(a) !== isLeft(b);
  world.run(120_000);
  for (const name of names.filter(isLeft)) {
    const memory = memoryOf(world.ring(name));
    world.kill(name);
    world.restart(name, memory);
  }
  world.run(60_000);
  const left = names.filter(isLeft);
  assert.ok(seen(world, left, { name: 'm9', status: undefined }), 'nobody there was heard of');
  world.weather.cut = () => false;
  assert.ok(world.until(() => whole(world, names), 120_000) !== undefined, 'whole again');
});

test('all members restart at once, told of nobody: each remembers the others', () => {
  const { world, names } = pool('blackout', 8);
  world.run(10_000);
  const memories = new Map(names.map((name) => [name, memoryOf(world.ring(name))]));
  for (const name of names) world.kill(name);
  world.run(60_000);
  for (const name of names) world.restart(name, memories.get(name));
  const took = world.until(() => whole(world, names), 120_000);
  assert.ok(took !== undefined && took <= 2 * LAN.reconnectIntervalMs, `took ${took}`);
});

test('a member that stood still blames nobody for it, however long', () => {
  for (const ms of [2_000, 5_000, 20_000, 120_000]) {
    const { world, names } = pool(`frozen ${ms}`, 12);
    world.run(10_000);
    // A suspicion of its own is under way as it stops: the other is well, and denies it.
    world.weather.cut = (a, b) => (a === 'm3') !== (b === 'm3');
    world.run(3_000);
    world.weather.cut = () => false;
    world.freeze('m3');
    world.run(ms);
    const from = world.heard.length;
    world.thaw('m3');
    world.run(20_000);
    const blamed = world.heard.slice(from).flatMap(({ by, news }) => {
      const isIt = by === 'm3' && news.type === 'member' && news.change === 'failed';
      return isIt ? [news.member.name] : [];
    });
    assert.deepEqual(blamed, [], `after ${ms} ms`);
    assert.ok(world.until(() => whole(world, names), 60_000) !== undefined);
  }
});

test('an event reaches everybody once; a query is answered by whom it is for', () => {
  const { world, names } = pool('event', 30);
  world.run(10_000);
  world.heard.length = 0;
  world.give('m4', { type: 'fire', name: 'deploy', payload: bytesOf('v1'), coalesces: false });
  world.run(5_000);
  const events = world.heard.filter(({ news }) => news.type === 'event');
  assert.deepEqual(events.map(({ by }) => by).sort(), [...names].sort());
  world.give('m4', {
    ...{ type: 'ask', ask: 9, name: 'load', payload: bytesOf('now'), relayFactor: 2 },
    ...{ filters: [{ by: 'tag', tag: 'role', expression: '^fir' }], wantsAcks: true },
  });
  world.run(1_000);
  for (const { by, news } of [...world.heard]) {
    if (news.type === 'query') {
      world.give(by, { type: 'respond', query: news.query, payload: bytesOf(`from ${by}`) });
    }
  }
  world.run(10_000);
  const replies = world.heard.flatMap(({ news }) => (news.type === 'reply' ? [news] : []));
  assert.deepEqual(
    replies.map(({ from, isAck, payload }) => [from, isAck, textOf(payload)]),
    [
      ['m0', true, ''],
      ['m0', false, 'from m0'],
    ],
  );
  assert.ok(world.heard.some(({ news }) => news.type === 'asked' && news.ask === 9));
});

test('tags that change are seen; a forced leave makes a failed member a left one', () => {
  // One more than ten at the end: nine pass a message on four times, by which one may miss it.
  const { world, names } = pool('tags', 12);
  world.run(10_000);
  world.give('m2', { type: 'tags', tags: { role: 'new' } });
  world.run(3_000);
  assert.ok(names.every((by) => world.ring(by).members.get('m2')?.tags['role'] === 'new'));
  world.kill('m2');
  world.run(60_000);
  world.give('m1', { type: 'force-leave', name: 'm2', prune: false });
  world.run(3_000);
  const others = names.filter((name) => name !== 'm2');
  assert.ok(seen(world, others, { name: 'm2', status: 'left' }));
  world.give('m1', { type: 'force-leave', name: 'm2', prune: true });
  world.run(3_000);
  assert.ok(seen(world, others, { name: 'm2', status: undefined }));
});

test('nobody alive fails who is only accused', () => {
  const { world, names } = pool('accused', 10);
  world.run(10_000);
  const { incarnation } = world.ring('m5').pool.self;
  const dead = { type: 'dead', name: 'm5', incarnation, from: 'm1' } as const;
  const from = world.ring('m1').pool.self.address;
  const bytes = encodeMessage(dead);
  for (const by of names) world.give(by, { type: 'packet', from, bytes });
  world.run(5_000);
  assert.ok(whole(world, names));
  assert.ok(world.ring('m5').pool.self.incarnation > incarnation);
});

test('coordinates learn how far members are apart', () => {
  const { world } = pool('rtt', 8);
  world.weather.delayMs = 25;
  world.run(120_000);
  const [a, b] = ['m1', 'm2'].map((name) => world.ring(name).coordinates.coordinate);
  assert.ok(a !== undefined && b !== undefined);
  const ms = distance(a, b) * 1_000;
  assert.ok(ms > 35 && ms < 65, `some 50 ms, told ${ms}`);
});
