import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import { updateStrategy } from '../../../test/state-world.ts';
import type { Millis } from '../../base/brand.ts';
import type { DeploymentId, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Task } from '../model/task.ts';
import { newAlloc, stepAlloc, type AllocPolicy, type AllocRun } from './alloc.ts';
import { allocPolicy, groupOf as groupIn } from './policy.ts';
import { resumeAlloc } from './resume.ts';

const LIMITS = { killTimeoutMsMax: 30_000, checks: [] };

function policyOf(task: Partial<Task>, job: Partial<Job> = {}): AllocPolicy {
  const group = groupOf([taskOf('web', task)]);
  const whole = jobOf(group, job);
  return allocPolicy(whole, group, assignmentOf('a', 'n' as NodeId, whole).alloc, LIMITS);
}

test('what ends well is started again, or is done', () => {
  const side = { hook: 'prestart', sidecar: true } as const;
  const rows: readonly (readonly [AllocPolicy, boolean])[] = [
    [policyOf({}), true],
    [policyOf({}, { type: 'system' }), true],
    [policyOf({}, { type: 'batch' }), false],
    [policyOf({}, { type: 'sysbatch' }), false],
    [policyOf({ lifecycle: { hook: 'prestart', sidecar: false } }), false],
    [policyOf({ lifecycle: side }), true],
    [policyOf({ lifecycle: side }, { type: 'batch' }), true],
    [policyOf({ lifecycle: { hook: 'poststop', sidecar: false } }), false],
  ];
  for (const [policy, expected] of rows) {
    assert.equal(policy.tasks['web']?.policy.restartOnSuccess, expected);
  }
});

test("no grace is longer than the node's own", () => {
  const policy = policyOf({ killTimeoutMs: 600_000 });
  assert.equal(policy.tasks['web']?.policy.killTimeoutMs, 30_000);
});

test('whether anybody asks for health', () => {
  const update = updateStrategy({
    minHealthyTimeMs: 10,
    healthyDeadlineMs: 20,
    progressDeadlineMs: 30,
  });
  const migrate = {
    maxParallel: 1,
    healthCheck: 'task_states',
    minHealthyTimeMs: 40,
    healthyDeadlineMs: 50,
  } as const;
  const group = groupOf([taskOf('web')], { update, migrate });
  const job = jobOf(group);
  const { alloc } = assignmentOf('a', 'n' as NodeId, job);
  const deployed = { ...alloc, deploymentId: 'd' as DeploymentId };
  assert.equal(allocPolicy(job, group, deployed, LIMITS).health?.key, 'd');
  assert.equal(allocPolicy(job, group, deployed, LIMITS).health?.minHealthyMs, 10);
  assert.equal(allocPolicy(job, group, alloc, LIMITS).health?.key, 'migrate');
  const system = jobOf(group, { type: 'system' });
  assert.equal(allocPolicy(system, group, deployed, LIMITS).health?.key, 'd');
  assert.equal(allocPolicy(system, group, alloc, LIMITS).health, undefined);
  const batch = jobOf(group, { type: 'batch' });
  assert.equal(allocPolicy(batch, group, deployed, LIMITS).health, undefined);
  assert.equal(groupIn(job, { group: 'other' }), undefined);
});

test('U1: what is asked of the edge after a restart', () => {
  const policy = policyOf({});
  const at = { now: 0 as Millis, steady: 0 as Millis };
  const handle = { driver: 'sim', version: 1, startedAt: at.now, state: {} };
  const preparing = stepAlloc(newAlloc(['web'], at), { type: 'begin' }, policy, at).state;
  const asked = (run: AllocRun): string =>
    resumeAlloc(run, policy)
      .map((effect) => (effect.do === 'task' ? `${effect.task} ${effect.effect.do}` : effect.do))
      .join(', ');
  const step = (run: AllocRun, input: Parameters<typeof stepAlloc>[1]): AllocRun =>
    stepAlloc(run, input, policy, at).state;
  const prepared = step(preparing, { type: 'prepared' });
  const answer = (input: object): Parameters<typeof stepAlloc>[1] =>
    ({ type: 'task', task: 'web', input: { attempt: 1, ...input } }) as never;
  const starting = step(prepared, answer({ type: 'prepared' }));
  const running = step(starting, answer({ type: 'started', handle }));
  const rows: readonly (readonly [AllocRun, string])[] = [
    [newAlloc(['web'], at), ''],
    [preparing, 'prepare'],
    [step(preparing, { type: 'stop' }), 'prepare, cancel'],
    [prepared, 'web prepare'],
    [starting, 'web start'],
    [step(starting, { type: 'stop' }), 'web start'],
    [running, 'web recover'],
    [step(running, { type: 'stop' }), 'web recover, web stop'],
  ];
  for (const [run, expected] of rows) assert.equal(asked(run), expected);
});
