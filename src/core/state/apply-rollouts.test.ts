import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  T0,
  World,
  allocId,
  applyPlan,
  group,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import { UPDATE_DEFAULTS } from '../jobspec/defaults.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { Entry } from './entry.ts';
import { readTemplateRollouts } from './reads-rollouts.ts';

const SHOP = 'shop' as JobId;

/** Four instances of a group that changes so many at a time. */
function world(maxParallel: number): World {
  const made = new World();
  made.do(registerNode(1));
  const update = { ...UPDATE_DEFAULTS, maxParallel, onTemplateChange: true };
  made.do(register(jobSpec('shop', { groups: [group({ update, count: 4 })] }), 1));
  const placements = [1, 2, 3, 4].map((n) => placement(n, nodeId(1)));
  made.do(applyPlan(plan('shop', { placements })));
  return made;
}

const begin = (n: number, change = 'c1', task = 'web'): Entry => ({
  ...{ type: 'rollout.begin', at: T0, allocId: allocId(n), task, change },
});
const end = (n: number, healthy = true, task = 'web'): Entry => ({
  ...{ type: 'rollout.end', at: T0, allocId: allocId(n), task, healthy, reason: 'it crashed' },
});
const fail = (n: number): Entry => ({
  type: 'allocs.client-update',
  at: T0,
  seed: 's',
  updates: [
    { id: allocId(n), clientStatus: 'failed', clientDescription: '', taskStates: {}, at: T0 },
  ],
});
const stop = (n: number): Entry =>
  applyPlan(
    plan('shop', {
      stops: [
        {
          ...{ allocId: allocId(n), nodeId: nodeId(1) },
          ...{ desiredStatus: 'stop', description: 'scaled down' },
        },
      ],
    }),
  );

test('TR1, TR2, TR3: who may take a change over', () => {
  const rows: readonly (readonly [string, number, readonly Entry[], string])[] = [
    ['one at a time', 1, [begin(1), begin(2)], 'conflict'],
    ['the next when it is healthy', 1, [begin(1), end(1), begin(2)], 'ok'],
    ['asked again, it still has its place', 1, [begin(1), begin(1)], 'ok'],
    ['two tasks of an instance share its place', 1, [begin(1), begin(1, 'c1', 'log')], 'ok'],
    ['until both are done', 1, [begin(1), begin(1, 'c1', 'log'), end(1), begin(2)], 'conflict'],
    ['two at a time', 2, [begin(1), begin(2), begin(3)], 'conflict'],
    ['two at a time, one done', 2, [begin(1), begin(2), end(1), begin(3)], 'ok'],
    ['any number', 0, [begin(1), begin(2), begin(3), begin(4)], 'ok'],
    ['what failed is not taken over', 1, [begin(1), end(1, false), begin(2)], 'invalid'],
    ['what failed, side by side', 2, [begin(1), begin(2), end(1, false), begin(3)], 'invalid'],
    ['another change is', 1, [begin(1), end(1, false), begin(2, 'c2')], 'ok'],
    ['an instance that is over holds nothing', 1, [begin(1), stop(1), begin(2)], 'ok'],
    ['one that failed meanwhile failed its change', 1, [begin(1), fail(1), begin(2)], 'invalid'],
    ['over itself', 1, [stop(1), begin(1)], 'not_found'],
    ['unknown', 1, [begin(9)], 'not_found'],
    ['an end without a beginning', 1, [begin(1), end(2, false), begin(1)], 'ok'],
  ];
  for (const [name, maxParallel, entries, expected] of rows) {
    const made = world(maxParallel);
    const { outcome } = made.do(...entries);
    assert.equal(outcome.ok ? 'ok' : outcome.reason, expected, name);
  }
});

test('what is refused tells where it failed', () => {
  const { outcome } = world(1).do(begin(1), end(1, false), begin(2));
  assert.ok(!outcome.ok);
  assert.match(outcome.message, /failed on allocation ".*": it crashed/);
});

test('nothing is left of what went well, or of a job that is gone', () => {
  const made = world(1);
  const left = (): number => readTemplateRollouts(DEFAULT_NAMESPACE, SHOP)(made.state).value.length;
  made.do(begin(1));
  assert.equal(left(), 1);
  made.do(end(1));
  assert.equal(left(), 0);
  made.do(begin(1), end(1, false));
  assert.equal(left(), 1);
  made.do({
    type: 'job.deregister',
    at: T0,
    namespace: DEFAULT_NAMESPACE,
    jobId: SHOP,
    purge: true,
  });
  assert.equal(left(), 0);
});
