import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { CoordinationWorld } from '../../../test/coordination-world.ts';

test('keys expire when their time is over, not before, and not after they were renewed', () => {
  const world = new CoordinationWorld();
  const set = (key: string, expiresAt?: number): boolean =>
    world.write({
      verb: 'set',
      key,
      value: '',
      flags: '0',
      ...(expiresAt !== undefined && { expiresAt: expiresAt as Millis }),
    });
  const expire = (): readonly string[] => {
    world.do({ type: 'kv.expire', at: world.at, keys: ['a', 'b', 'c', 'none'] });
    return Array.from(world.state.kvPairs(''), ({ key }) => key);
  };
  set('a', world.at + 10);
  set('b', world.at + 20);
  set('c');
  assert.deepEqual(expire(), ['a', 'b', 'c']);
  assert.equal(world.last?.outcome.ok && world.last.outcome.changed, false);
  world.at = (world.at + 10) as Millis;
  assert.deepEqual(expire(), ['b', 'c']);
  set('b', world.at + 20);
  world.at = (world.at + 10) as Millis;
  assert.deepEqual(expire(), ['b', 'c']);
  set('b');
  world.at = (world.at + 100) as Millis;
  assert.deepEqual(expire(), ['b', 'c'], 'a write without a time to live takes it away');
});

test('a lock-delay is lifted by the word that means it, not by that on an earlier one', () => {
  const world = new CoordinationWorld();
  for (const n of [1, 2]) world.session(n, { lockDelayMs: 10 });
  world.lock('a', 1);
  world.invalidate(1);
  const first = world.state.tables.lockDelays.get('a')?.modifyIndex;
  assert.ok(first !== undefined);
  world.lift('a');
  world.lock('a', 2);
  world.invalidate(2);
  const delays = [{ key: 'a', index: first }];
  world.do({ type: 'kv.expire', at: (world.at + 99) as Millis, keys: ['a'], delays });
  assert.equal(world.state.tables.lockDelays.size, 1);
  world.lift('a');
  assert.equal(world.state.tables.lockDelays.size, 0);
});

test('an older build told by its instant that a lock-delay is over', () => {
  const world = new CoordinationWorld();
  world.session(1, { lockDelayMs: 10, behavior: 'delete' });
  world.lock('a', 1);
  world.invalidate(1);
  const left = (): number => {
    world.do({ type: 'kv.expire', at: world.at, keys: ['a'] });
    return world.state.tables.lockDelays.size;
  };
  assert.equal(left(), 1);
  world.at = (world.at + 10) as Millis;
  assert.equal(left(), 0);
});
