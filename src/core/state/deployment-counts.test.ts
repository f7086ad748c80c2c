import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  T0,
  World,
  allocId,
  applyPlan,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import { beginning, entryOf, steps } from '../../../test/state-entries.ts';
import { apply } from './apply.ts';
import type { Index, Millis } from '../../base/brand.ts';
import type { Deployment } from '../model/deployment.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { State } from './state.ts';

test('D1: a deployment has placed at least what it judged, and never fewer than none', () => {
  fc.assert(
    fc.property(steps, (run) => {
      let state: State = beginning();
      for (const [n, step] of run.entries()) {
        state = apply(state, (state.index + 1) as Index, entryOf(state, step, 100 + n)).state;
        for (const { groups } of state.deployments()) {
          const web = groups['web'];
          assert.ok(web !== undefined && web.healthyAllocs >= 0 && web.unhealthyAllocs >= 0);
          assert.ok(web.healthyAllocs + web.unhealthyAllocs <= web.placedAllocs);
          assert.equal(new Set(web.placedCanaries).size, web.placedCanaries.length);
          assert.equal(web.requireProgressBy !== undefined, web.placedAllocs > 0);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('D2: where a healthy canary is gone before its promotion, the next one has as long', () => {
  const id = 'dddddddd-0000-0000-0000-000000000000' as DeploymentId;
  const { namespace, id: jobId } = jobSpec('web');
  const web = {
    autoRevert: false,
    autoPromote: false,
    promoted: false,
    placedCanaries: [],
    desiredCanaries: 1,
    desiredTotal: 2,
    placedAllocs: 0,
    healthyAllocs: 0,
    unhealthyAllocs: 0,
    progressDeadlineMs: 1_000,
  };
  const deployment: Deployment = {
    ...{ id, namespace, jobId, jobVersion: 0, groups: { web }, status: 'running' },
    ...{ statusDescription: '', createdAt: T0, modifiedAt: T0 },
    ...{ jobModifyIndex: 0 as Index, jobCreateIndex: 0 as Index },
    ...{ createIndex: 0 as Index, modifyIndex: 0 as Index },
  };
  const canary = (n: number) => placement(n, nodeId(1), { deploymentId: id, canary: true });
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web'), 1));
  world.do(applyPlan(plan('web', { deployment, placements: [canary(1), canary(2)] })));
  const due = (): number =>
    (world.state.deployment(id)?.groups['web']?.requireProgressBy ?? 0) - T0;
  const end = (n: number, afterMs: number): void => {
    const stop = { allocId: allocId(n), nodeId: nodeId(1), description: '' };
    const stops = [{ ...stop, desiredStatus: 'stop' as const }];
    world.do(applyPlan(plan('web', { stops }), (T0 + afterMs) as Millis));
  };
  assert.equal(due(), 1_000);
  end(2, 100);
  assert.equal(due(), 1_000, 'one that was never healthy');
  const judged = { healthy: [allocId(1)], unhealthy: [] };
  const at = (T0 + 200) as Millis;
  world.do({ type: 'deployment.alloc-health', at, deploymentId: id, ...judged });
  assert.equal(due(), 1_200);
  end(1, 5_000);
  assert.equal(due(), 6_000);
});
