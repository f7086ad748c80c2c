import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../model/scheduler-config.ts';
import {
  T0,
  World,
  allocId,
  applyPlan,
  evalId,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import type { Entry } from './entry.ts';
import { lint } from './lint.ts';
import { watch } from './watch.ts';

test('the scheduler is configured, if it is still as the caller knows it', () => {
  const world = new World();
  const set = (algorithm: 'spread' | 'binpack', ifModifyIndex?: number): boolean => {
    const config = { ...DEFAULT_SCHEDULER_CONFIG, algorithm };
    const entry: Entry = {
      type: 'scheduler.config',
      at: T0,
      config,
      ...(ifModifyIndex !== undefined && { ifModifyIndex: ifModifyIndex as Index }),
    };
    return world.do(entry).outcome.ok;
  };
  assert.equal(set('spread', 7), false);
  assert.equal(world.state.schedulerConfig.algorithm, 'binpack');
  assert.equal(set('spread', 1), true);
  assert.equal(world.state.schedulerConfig.algorithm, 'spread');
  assert.equal(world.state.indexOf(watch.schedulerConfig()), 2);
  assert.equal(set('binpack', 2), true);
});

test('only garbage is reaped', () => {
  const world = new World();
  const spec = jobSpec('web');
  world.do(registerNode(1), register(spec, 1));
  world.do(applyPlan(plan('web', { evalId: evalId(1), placements: [placement(1, nodeId(1))] })));
  const all: Entry = {
    type: 'gc.reap',
    at: T0,
    evalIds: [evalId(1)],
    allocIds: [allocId(1)],
    deploymentIds: [],
    jobs: [{ namespace: spec.namespace, jobId: spec.id }],
    nodeIds: [nodeId(1)],
  };
  assert.deepEqual(world.do(all).changes, []);
  world.do({
    type: 'job.deregister',
    at: T0,
    namespace: spec.namespace,
    jobId: spec.id,
    purge: false,
  });
  world.do(
    applyPlan(
      plan('web', {
        stops: [
          {
            allocId: allocId(1),
            nodeId: nodeId(1),
            desiredStatus: 'stop',
            description: '',
            clientStatus: 'complete',
          },
        ],
      }),
    ),
  );
  const done = world.state.evaluation(evalId(1));
  assert.ok(done !== undefined);
  world.do({ type: 'evals.upsert', at: T0, evals: [{ ...done, status: 'complete' }] });
  world.do({
    type: 'node.status',
    at: T0,
    nodeId: nodeId(1),
    status: 'down',
    description: '',
    seed: 's',
  });
  world.do(all);
  const left = Object.entries(world.state.counts()).filter(([, rows]) => rows > 0);
  assert.deepEqual(left, []);
  assert.deepEqual(lint(world.state), []);
});
