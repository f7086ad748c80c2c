import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinationWorld, NODE, sessionId } from '../../../test/coordination-world.ts';
import {
  readKvKeys,
  readKvPair,
  readKvTree,
  readNodeSessions,
  readSession,
  readSessions,
  readUserEvents,
} from './reads-kv.ts';
import { watch } from './watch.ts';

test('keys with and without a separator', () => {
  const world = new CoordinationWorld();
  for (const key of ['a', 'a/b', 'a/b/c', 'a/d/', 'a/d/e', 'b::c', 'é/x']) world.set(key);
  const rows: readonly [prefix: string, separator: string, keys: readonly string[]][] = [
    ['', '', ['a', 'a/b', 'a/b/c', 'a/d/', 'a/d/e', 'b::c', 'é/x']],
    ['', '/', ['a', 'a/', 'b::c', 'é/']],
    ['a/', '/', ['a/b', 'a/b/', 'a/d/']],
    ['a/', '', ['a/b', 'a/b/c', 'a/d/', 'a/d/e']],
    ['b', '::', ['b::']],
    ['a', '/', ['a', 'a/']],
    ['none', '/', []],
  ];
  for (const [prefix, separator, keys] of rows) {
    assert.deepEqual(readKvKeys(prefix, separator)(world.state).value, keys);
  }
});

test('each read names what it looked at', () => {
  const world = new CoordinationWorld();
  world.session(1);
  world.set('a');
  const { state } = world;
  assert.deepEqual(readKvPair('a')(state).keys, [watch.kvPair('a')]);
  assert.deepEqual(readKvTree('a')(state).keys, [watch.kvPrefix('a')]);
  assert.equal(readKvTree('a')(state).value.length, 1);
  assert.equal(readSession(sessionId(1))(state).value?.node, NODE);
  assert.equal(readSessions()(state).value.length, 1);
  assert.equal(readNodeSessions('machine')(state).value.length, 1);
  assert.deepEqual(readUserEvents()(state).value, []);
});
