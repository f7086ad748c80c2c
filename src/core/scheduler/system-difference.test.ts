import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../base/random.ts';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { jobSpec, nodeId, register, registerNode, uuid } from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../model/ids.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import type { ScheduleInput } from './contract.ts';
import { oldVersion } from './old-version.ts';
import { findDifference, type GroupFindings } from './system-difference.ts';

const spec = (image: string): ReturnType<typeof jobSpec> =>
  jobSpec('agent', { type: 'system', meta: { image } });

/** Version 0 on three nodes; then version 1, of which nothing was placed yet. */
function twoVersions(): SchedulerWorld {
  const world = new SchedulerWorld();
  world.do(registerNode(1));
  world.do(registerNode(2));
  world.do(registerNode(3));
  world.run(spec('a'));
  world.do(register(spec('b'), 2));
  return world;
}

function inputOf(world: SchedulerWorld): ScheduleInput {
  const job = jobOf(world);
  return {
    snapshot: world.state,
    evaluation: newEvaluation(uuid('eval', 9) as EvalId, job, 'job-register', world.now),
    ledger: world.ledger,
    now: world.now,
    random: seeded('r'),
    nextId: () => uuid('next', 1),
    budget: 100,
  };
}

function jobOf(world: SchedulerWorld): NonNullable<ReturnType<SchedulerWorld['state']['job']>> {
  const job = world.state.job(DEFAULT_NAMESPACE, 'agent' as JobId);
  assert.ok(job);
  return job;
}

function find(world: SchedulerWorld): GroupFindings {
  const found = findDifference(inputOf(world), jobOf(world), world.allocs('agent'));
  const group = found.groups.get('web');
  assert.ok(group);
  return group;
}

test('instances of an older version are outdated, and what ended leaves a node empty', () => {
  const world = twoVersions();
  const [first] = world.allocs('agent');
  assert.ok(first);
  const facts = { clientStatus: 'failed', clientDescription: '', taskStates: {} } as const;
  const updates = [{ id: first.id, ...facts, at: world.now }];
  world.do({ type: 'allocs.client-update', at: world.now, updates, seed: 's' });
  const { outdated, empty, members, ranBefore, lastVersion } = find(world);
  assert.equal(outdated.length, 2);
  assert.deepEqual(
    empty.map(({ previous }) => previous?.id),
    [first.id],
  );
  assert.deepEqual([members, ranBefore, lastVersion], [[], false, 0]);
});

test('a node that is down gives its instance up; one that is out of touch keeps it, unseen', () => {
  const world = twoVersions();
  world.settle();
  const change = { at: world.now, description: '', seed: 's' };
  for (const [n, status] of [
    [1, 'down'],
    [2, 'disconnected'],
  ] as const) {
    world.do({ type: 'node.status', nodeId: nodeId(n), status, ...change });
  }
  const { members, ignored, stopped, ranBefore } = find(world);
  assert.equal(members.length, 1);
  assert.deepEqual([ignored, stopped, ranBefore], [1, 1, true]);
});

test('what a node goes back to: its own version, the one beside, the last stable, the last known', () => {
  const world = twoVersions();
  const scope = (): Parameters<typeof oldVersion>[0] => {
    const job = jobOf(world);
    const [group] = job.groups;
    assert.ok(group);
    return { job, group, input: inputOf(world) };
  };
  const { outdated } = find(world);
  const nothing = { outdated: [], lastVersion: undefined };
  assert.equal(oldVersion(scope(), { ...nothing, outdated }, undefined), 0);
  assert.equal(oldVersion(scope(), nothing, outdated[0]?.alloc), 0);
  assert.equal(oldVersion(scope(), nothing, undefined), undefined);
  assert.equal(oldVersion(scope(), { ...nothing, lastVersion: 0 }, undefined), 0);
  assert.equal(oldVersion(scope(), { ...nothing, lastVersion: 7 }, undefined), undefined);
  const { namespace, id: jobId } = jobOf(world);
  world.do({ type: 'job.stability', at: world.now, namespace, jobId, version: 0, stable: true });
  assert.equal(oldVersion(scope(), nothing, undefined), 0);
});
