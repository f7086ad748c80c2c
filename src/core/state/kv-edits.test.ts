import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import type { KvWrite } from './discovery-entry.ts';
import { CoordinationWorld, sessionId } from '../../../test/coordination-world.ts';
import { lint } from './lint.ts';
import { watch } from './watch.ts';

/** A world with `k` set at `at` (the index it answers), and held by session 1 where wanted. */
function begin(held: boolean): { readonly world: CoordinationWorld; readonly at: Index } {
  const world = new CoordinationWorld();
  world.session(1);
  world.session(2);
  world.set('k', 'b25l');
  if (held) world.lock('k', 1, 'b25l');
  return { world, at: world.pair('k').modifyIndex };
}

const put = { key: 'k', value: 'dHdv', flags: '7' } as const;
const old = 1 as Index;
const none = 0 as Index;

test('what each change of a key answers, and whether it changes anything', () => {
  const rows: readonly [
    what: string,
    held: boolean,
    op: (at: Index) => KvWrite,
    ok: boolean,
    changed: boolean,
  ][] = [
    ['set', false, () => ({ verb: 'set', ...put }), true, true],
    ['set what is held', true, () => ({ verb: 'set', ...put }), true, true],
    [
      'set what is so',
      false,
      () => ({ verb: 'set', ...put, value: 'b25l', flags: '0' }),
      true,
      false,
    ],
    ['set other flags', false, () => ({ verb: 'set', ...put, value: 'b25l' }), true, true],
    ['cas', false, (at) => ({ verb: 'cas', ...put, index: at }), true, true],
    ['cas, stale', false, () => ({ verb: 'cas', ...put, index: old }), false, false],
    ['cas 0, there', false, () => ({ verb: 'cas', ...put, index: none }), false, false],
    ['cas 0, new', false, () => ({ verb: 'cas', ...put, key: 'new', index: none }), true, true],
    ['cas, new', false, () => ({ verb: 'cas', ...put, key: 'new', index: old }), false, false],
    ['lock', false, () => ({ verb: 'lock', ...put, session: sessionId(1) }), true, true],
    ['lock again', true, () => ({ verb: 'lock', ...put, session: sessionId(1) }), true, true],
    ['lock, held', true, () => ({ verb: 'lock', ...put, session: sessionId(2) }), false, false],
    ['lock, unknown', false, () => ({ verb: 'lock', ...put, session: sessionId(9) }), false, false],
    ['unlock', true, () => ({ verb: 'unlock', ...put, session: sessionId(1) }), true, true],
    [
      'unlock, not mine',
      true,
      () => ({ verb: 'unlock', ...put, session: sessionId(2) }),
      false,
      false,
    ],
    [
      'unlock, free',
      false,
      () => ({ verb: 'unlock', ...put, session: sessionId(1) }),
      false,
      false,
    ],
    ['delete', true, () => ({ verb: 'delete', key: 'k' }), true, true],
    ['delete nothing', false, () => ({ verb: 'delete', key: 'none' }), true, false],
    ['delete-cas', false, (at) => ({ verb: 'delete-cas', key: 'k', index: at }), true, true],
    [
      'delete-cas, stale',
      false,
      () => ({ verb: 'delete-cas', key: 'k', index: old }),
      false,
      false,
    ],
    ['delete-cas 0', false, () => ({ verb: 'delete-cas', key: 'k', index: none }), false, false],
    [
      'delete-cas nothing',
      false,
      () => ({ verb: 'delete-cas', key: 'none', index: old }),
      true,
      false,
    ],
    ['delete-tree', false, () => ({ verb: 'delete-tree', key: '' }), true, true],
    ['delete-tree, empty', false, () => ({ verb: 'delete-tree', key: 'none/' }), true, false],
  ];
  for (const [what, held, op, ok, changed] of rows) {
    const { world, at } = begin(held);
    const { outcome } = world.do({ type: 'kv.write', at: world.at, op: op(at) });
    assert.equal(outcome.ok, ok, what);
    assert.equal(outcome.ok && outcome.changed, changed, what);
    assert.deepEqual(lint(world.state), [], what);
  }
});

test('L1: a token is the index of its grant, stays with its holder, and only rises', () => {
  const { world } = begin(false);
  assert.equal(world.pair('k').lockIndex, 0);
  world.lock('k', 1);
  const first = world.pair('k');
  assert.equal(first.lockIndex, world.state.index);
  world.lock('k', 1, 'bmV3');
  assert.equal(world.pair('k').lockIndex, first.lockIndex);
  assert.equal(world.pair('k').value, 'bmV3');
  world.set('k', 'b3RoZXI=');
  assert.equal(world.pair('k').session, sessionId(1), 'a plain write leaves the holder');
  assert.equal(world.unlock('k', 1), true);
  assert.equal(world.pair('k').lockIndex, first.lockIndex);
  assert.equal(world.pair('k').session, undefined);
  assert.equal(world.pair('k').value, '', 'what comes with the release is the value');
  world.write({ verb: 'delete', key: 'k' });
  world.lock('k', 2);
  assert.ok(world.pair('k').lockIndex > first.lockIndex);
});

test('L2: no lock in the lock-delay, whatever the clocks say', () => {
  const { world } = begin(false);
  world.session(3, { lockDelayMs: 1_000 });
  world.lock('k', 3);
  world.invalidate(3);
  assert.equal(world.lock('k', 1), false);
  world.at = (world.at + 5_000) as Millis;
  assert.equal(world.lock('k', 1), false, 'the clock was set ahead');
  world.lift('k');
  assert.equal(world.lock('k', 1), true);
  assert.equal(world.state.tables.lockDelays.size, 0);
  world.unlock('k', 1);
  assert.equal(world.lock('k', 2), true, 'a release leaves no delay');
  world.at = (world.at - 5_000) as Millis;
  world.session(4, { lockDelayMs: 1_000 });
  world.unlock('k', 2);
  world.lock('k', 4);
  world.invalidate(4);
  world.lift('k');
  assert.equal(world.lock('k', 1), true, 'the clock was set back');
});

test('a subtree goes as one, and who watches it or a key of it is told', () => {
  const world = new CoordinationWorld();
  for (const key of ['a', 'a/b', 'a/c/d', 'ab', 'b']) world.set(key);
  const before = world.state.indexOf(watch.kvPrefix('b'));
  world.write({ verb: 'delete-tree', key: 'a/' });
  assert.deepEqual(
    Array.from(world.state.kvPairs(''), ({ key }) => key),
    ['a', 'ab', 'b'],
  );
  assert.equal(world.state.indexOf(watch.kvPair('a/c/d')), world.state.index);
  assert.equal(world.state.indexOf(watch.kvPrefix('a/')), world.state.index);
  assert.equal(world.state.indexOf(watch.kvPrefix('b')), before);
});
