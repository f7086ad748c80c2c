import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { CoordinationWorld, NODE, sessionId } from '../../../test/coordination-world.ts';
import { Edit } from './edit.ts';
import {
  invalidateSession,
  invalidateSessionsOfCheck,
  invalidateSessionsOfNode,
} from './session-edits.ts';

function ended(world: CoordinationWorld, end: (edit: Edit) => void): readonly string[] {
  const edit = new Edit(world.state, (world.state.index + 1) as Index, world.at);
  end(edit);
  const after = edit.finish();
  const gone = [1, 2, 3].filter((n) => after.session(sessionId(n)) === undefined);
  return gone.map(String);
}

test('who ends which sessions', () => {
  const world = new CoordinationWorld({ a: 'passing', b: 'passing' });
  world.session(1, { nodeChecks: ['a'] });
  world.session(2, { serviceChecks: ['b'] });
  world.session(3);
  assert.deepEqual(
    ended(world, (edit) => invalidateSession(edit, sessionId(3))),
    ['3'],
  );
  assert.deepEqual(
    ended(world, (edit) => invalidateSessionsOfCheck(edit, 'MACHINE', 'a')),
    ['1'],
  );
  assert.deepEqual(
    ended(world, (edit) => invalidateSessionsOfCheck(edit, NODE, 'b')),
    ['2'],
  );
  assert.deepEqual(
    ended(world, (edit) => invalidateSessionsOfCheck(edit, 'else', 'b')),
    [],
  );
  assert.deepEqual(
    ended(world, (edit) => invalidateSessionsOfNode(edit, NODE)),
    ['1', '2', '3'],
  );
});

test('I1, I2: what a session held is released, or deleted, and kept from others for a while', () => {
  const rows: readonly [
    behavior: 'release' | 'delete',
    lockDelayMs: number,
    isLeft: boolean,
    isDelayed: boolean,
  ][] = [
    ['release', 0, true, false],
    ['release', 500, true, true],
    ['delete', 0, false, false],
    ['delete', 500, false, true],
  ];
  for (const [behavior, lockDelayMs, isLeft, isDelayed] of rows) {
    const world = new CoordinationWorld();
    world.session(1, { behavior, lockDelayMs });
    world.session(2);
    world.lock('mine', 1);
    world.lock('other', 2);
    const token = world.pair('mine').lockIndex;
    world.invalidate(1);
    const left = world.state.kvPair('mine');
    assert.equal(left !== undefined, isLeft);
    assert.equal(left?.session, undefined);
    if (left !== undefined) assert.equal(left.lockIndex, token);
    assert.equal(world.pair('other').session, sessionId(2));
    assert.equal(world.lock('mine', 2), !isDelayed);
  }
});
