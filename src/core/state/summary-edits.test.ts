import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  T0,
  World,
  applyPlan,
  group,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import { lint } from './lint.ts';

const { namespace, id } = jobSpec('web');

test('a summary has a line for each group ever registered, counted by status', () => {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web'), 1));
  world.do(register(jobSpec('web', { groups: [group(), group({ name: 'side' })] }), 2));
  world.do(applyPlan(plan('web', { jobVersion: 1, placements: [placement(1, nodeId(1))] })));
  const groups = world.state.jobSummary(namespace, id)?.groups;
  assert.deepEqual(Object.keys(groups ?? {}).sort(), ['side', 'web']);
  assert.equal(groups?.['web']?.starting, 1);
  assert.equal(groups['side']?.starting, 0);
});

test('a job of a purged one begins with what that left behind', () => {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web'), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  world.do({ type: 'job.deregister', at: T0, namespace, jobId: id, purge: true });
  assert.equal(world.state.jobSummary(namespace, id), undefined);
  world.do(register(jobSpec('web'), 2));
  assert.equal(world.state.jobSummary(namespace, id)?.groups['web']?.starting, 1);
  assert.deepEqual(lint(world.state), []);
});
