import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
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
import { Edit } from './edit.ts';
import { lint } from './lint.ts';
import { versionKey } from './tables.ts';
import { jobKey } from './watch.ts';

function cluster(): World {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web'), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  return world;
}

test('D1, D2: sums, summary and status follow from one changed row', () => {
  const { state } = cluster();
  const alloc = state.alloc(allocId(1));
  assert.ok(alloc !== undefined);
  const index = (state.index + 1) as Index;
  const edit = new Edit(state, index, T0);
  edit.putAlloc({ ...alloc, clientStatus: 'failed', modifyIndex: index });
  const next = edit.finish();
  const { namespace, id } = jobSpec('web');
  assert.equal(next.job(namespace, id)?.status, 'pending');
  assert.deepEqual(next.jobSummary(namespace, id)?.groups['web'], {
    queued: 0,
    starting: 0,
    running: 0,
    failed: 1,
    complete: 0,
    lost: 0,
    unknown: 0,
  });
  assert.equal(next.derived.usage.get(nodeId(1))?.cpu, 0);
  assert.equal(next.derived.versionUse.get(versionKey(jobKey(namespace, id), 0)), 1);
  assert.deepEqual(lint(next), []);
  assert.deepEqual(lint(state), []);
});

test('changes tell each row before and after, in order', () => {
  const { last } = cluster();
  const tables = last?.changes.map(({ table, before, after }) => [table, !!before, !!after]);
  assert.deepEqual(tables, [
    ['allocs', false, true],
    ['jobs', true, true],
    ['jobSummaries', true, true],
  ]);
});

test('inserting what is there writes nothing', () => {
  const { state } = cluster();
  const alloc = state.alloc(allocId(1));
  assert.ok(alloc !== undefined);
  const index = (state.index + 1) as Index;
  const edit = new Edit(state, index, T0);
  assert.equal(edit.insertAlloc({ ...alloc, modifyIndex: index }), false);
  assert.equal(edit.finish().hash, state.hash);
});
