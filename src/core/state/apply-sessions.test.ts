import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinationWorld, NODE, sessionId } from '../../../test/coordination-world.ts';
import { lint } from './lint.ts';
import { watch } from './watch.ts';

test('C1: a session needs its node and its checks, none of them critical', () => {
  const rows: readonly [
    node: string,
    nodeChecks: readonly string[],
    serviceChecks: readonly string[],
    refusal: string | undefined,
  ][] = [
    [NODE, [], [], undefined],
    ['mAchine', ['up'], ['slow'], undefined],
    ['other', [], [], 'Missing node registration'],
    [NODE, ['gone'], [], "Missing check 'gone' registration"],
    [NODE, ['up', 'down'], [], "Check 'down' is in critical state"],
    [NODE, [], ['down'], "Check 'down' is in critical state"],
  ];
  for (const [node, nodeChecks, serviceChecks, refusal] of rows) {
    const world = new CoordinationWorld({ up: 'passing', slow: 'warning', down: 'critical' });
    world.session(1, { node, nodeChecks, serviceChecks });
    const outcome = world.last?.outcome;
    assert.equal(outcome?.ok === false ? outcome.message : undefined, refusal);
    assert.equal(world.state.session(sessionId(1))?.node, refusal === undefined ? NODE : undefined);
    assert.deepEqual(lint(world.state), []);
  }
});

test('an id is given once', () => {
  const world = new CoordinationWorld();
  assert.equal(world.session(1), true);
  assert.equal(world.session(1), false);
});

test('an ended session is gone, and ending it again changes nothing', () => {
  const world = new CoordinationWorld();
  world.session(1);
  world.session(2);
  world.invalidate(1, 2, 3);
  assert.equal(world.state.tables.sessions.size, 0);
  const at = world.state.indexOf(watch.table('sessions'));
  world.invalidate(1);
  assert.equal(world.state.indexOf(watch.table('sessions')), at);
  assert.equal(world.state.indexOf(watch.sessionsOnNode(NODE)), at);
});
