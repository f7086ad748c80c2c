import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  group,
  jobSpec,
  registerNode,
  reschedulePolicy,
  updateStrategy,
} from '../../../test/state-world.ts';
import type { Alloc } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';

/** A job whose group `web` rolls out, beside `plain`, which does not; an instance of each. */
function twoGroups(): SchedulerWorld {
  const world = new SchedulerWorld();
  world.do(registerNode(1));
  world.do(registerNode(2));
  const reschedule = reschedulePolicy();
  const web = group({ name: 'web', update: updateStrategy(), reschedule });
  const plain = group({ name: 'plain', reschedule });
  world.run(jobSpec('two', { groups: [web, plain] }));
  return world;
}

function instances(world: SchedulerWorld, name: string): readonly Alloc[] {
  return world.allocs('two').filter((alloc) => alloc.group === name);
}

/** Its client says that it failed, and that it is unhealthy where that is asked. */
function fail(world: SchedulerWorld, alloc: Alloc | undefined): void {
  assert.ok(alloc !== undefined);
  const at = world.now;
  const facts = { clientStatus: 'failed', clientDescription: '', taskStates: {}, at } as const;
  const verdict = alloc.group === 'web' ? { deploymentStatus: { healthy: false, at } } : {};
  const updates = [{ id: alloc.id, ...facts, ...verdict }];
  world.do({ type: 'allocs.client-update', at, updates, seed: `f${world.state.index}` });
  world.settle();
}

const rollout = (world: SchedulerWorld) =>
  world.state.latestDeployment(DEFAULT_NAMESPACE, 'two' as JobId);

test('what fails in a rollout is begun anew only once that was judged', () => {
  const world = twoGroups();
  assert.deepEqual(Object.keys(rollout(world)?.groups ?? {}), ['web']);
  fail(world, instances(world, 'web')[0]);
  assert.equal(instances(world, 'web').length, 1);
});

test('in a group that has no part in the rollout nobody judges: it is begun anew at once', () => {
  const world = twoGroups();
  fail(world, instances(world, 'plain')[0]);
  assert.equal(instances(world, 'plain').length, 2);
});

test('also when that rollout has failed', () => {
  const world = twoGroups();
  const { id: deploymentId } = rollout(world) ?? {};
  assert.ok(deploymentId !== undefined);
  const about = { at: world.now, deploymentId, description: 'by hand' };
  world.do({ type: 'deployment.status', status: 'failed', ...about });
  fail(world, instances(world, 'plain')[0]);
  assert.equal(instances(world, 'plain').length, 2);
  fail(world, instances(world, 'web')[0]);
  assert.equal(instances(world, 'web').length, 1);
});
