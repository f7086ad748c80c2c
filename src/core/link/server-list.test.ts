import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import { seeded } from '../../base/random.ts';
import { LINK_SERVERS_MAX } from '../limits.ts';
import { ServerList } from './server-list.ts';

test('SL1: who failed last is tried last, and chance spreads the others', () => {
  const list = new ServerList();
  list.configure(['a', 'b', 'c']);
  list.failed('b', 5 as Millis);
  list.failed('a', 9 as Millis);
  const random = seeded('order');
  assert.deepEqual(list.order(random), ['c', 'b', 'a']);
  const fresh = new ServerList();
  fresh.configure(['a', 'b', 'c']);
  const firsts = new Set(Array.from({ length: 40 }, () => fresh.order(random)[0]));
  assert.equal(firsts.size, 3);
});

test('SL2: news replaces older news, and the configured stay', () => {
  const list = new ServerList();
  list.configure(['a']);
  list.learn(['b', 'c']);
  list.learn(['d']);
  assert.deepEqual([...list.all()].sort(), ['a', 'd']);
  list.learn([]);
  assert.deepEqual([...list.all()].sort(), ['a', 'd']);
});

test('it stays small, and every address stands in it once', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (addresses) => {
      const list = new ServerList();
      list.configure(addresses);
      list.learn(addresses);
      assert.ok(list.all().length <= LINK_SERVERS_MAX);
      assert.deepEqual([...list.order(seeded('x'))].sort(), [...list.all()].sort());
    }),
  );
});
