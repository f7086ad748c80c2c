import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import type { TaskGroup } from '../model/task-group.ts';
import {
  allocId,
  applyPlan,
  group,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
  T0,
  World,
} from '../../../test/state-world.ts';
import { judgeSilence } from './node-silence.ts';

const MINUTE_MS = 60_000;
const later = (ms: number): Millis => (T0 + ms) as Millis;

/** One instance of a job whose group is like this, on node 1. */
function cluster(over: Partial<TaskGroup>): World {
  const world = new World();
  world.do(registerNode(1));
  world.do(register(jobSpec('web', { groups: [group(over)] }), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  return world;
}

const NO_TIME = { lostAfterMs: 0, replace: true, reconcile: 'best_score' } as const;
const lostAfter = (lostAfterMs: number): Partial<TaskGroup> => ({
  disconnect: { ...NO_TIME, lostAfterMs },
});

const rows: readonly (readonly [string, Partial<TaskGroup>, number | undefined])[] = [
  ['nothing waits for it', {}, undefined],
  ['lost_after', lostAfter(MINUTE_MS), MINUTE_MS],
  ['max_client_disconnect', { maxClientDisconnectMs: 2 * MINUTE_MS }, 2 * MINUTE_MS],
  ['a block that gives no time', lostAfter(0), undefined],
  [
    'its client stops it',
    { disconnect: { ...NO_TIME, stopOnClientAfterMs: MINUTE_MS } },
    undefined,
  ],
];

for (const [what, over, graceMs] of rows) {
  test(`${what}: ${graceMs === undefined ? 'down' : `out of touch for ${graceMs} ms`}`, () => {
    const expected =
      graceMs === undefined
        ? { status: 'down' }
        : { status: 'disconnected', until: later(1_000 + graceMs) };
    assert.deepEqual(judgeSilence(cluster(over).state, nodeId(1), later(1_000)), expected);
  });
}

test('the grace counts from when it fell silent; after it, and without instances, it is down', () => {
  const world = cluster(lostAfter(MINUTE_MS));
  world.do({
    ...{ type: 'node.status', nodeId: nodeId(1), status: 'disconnected', description: '' },
    ...{ at: T0, seed: 's' },
  });
  const judged = (ms: number): unknown => judgeSilence(world.state, nodeId(1), later(ms));
  assert.deepEqual(judged(30_000), { status: 'disconnected', until: later(MINUTE_MS) });
  assert.deepEqual(judged(MINUTE_MS), { status: 'down' });
  world.do({
    ...{ type: 'allocs.client-update', at: T0, seed: 't' },
    updates: [
      {
        ...{ id: allocId(1), clientStatus: 'complete', clientDescription: '' },
        ...{ taskStates: {}, at: T0 },
      },
    ],
  });
  assert.deepEqual(judged(30_000), { status: 'down' });
});
