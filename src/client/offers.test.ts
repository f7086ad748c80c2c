import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../test/client-world.ts';
import { updateStrategy } from '../../test/state-world.ts';
import { canonicalizeService } from '../core/jobspec/canonicalize-service.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { Job } from '../core/model/job.ts';
import type { DeploymentId } from '../core/model/ids.ts';

const A = 'a' as AllocId;

function jobWith(check: Parameters<typeof canonicalizeService>[0]['checks'], delayMs = 0): Job {
  const owner = { job: 'shop', group: 'web', task: 'server' };
  const services = [canonicalizeService({ name: 'shop', ...(check && { checks: check }) }, owner)];
  const task = taskOf('server', { services, shutdownDelayMs: delayMs });
  const update = updateStrategy({
    minHealthyTimeMs: 5_000,
    healthyDeadlineMs: 60_000,
    progressDeadlineMs: 600_000,
  });
  return jobOf(groupOf([task], { update }));
}

const TCP = { type: 'tcp' as const, portLabel: '80', intervalMs: 1_000, timeoutMs: 500 };

test('what a task offers comes when it runs and goes before it is signalled', async () => {
  const world = new ClientWorld();
  await world.start();
  const job = jobWith([], 3_000);
  const assigned = assignmentOf(A, world.nodeId, job);
  world.servers.assign(assigned);
  await world.pass(1_000);
  assert.equal(world.registrar.offered(A).length, 1);
  const { alloc } = assigned;
  world.servers.assign({
    job,
    alloc: { ...alloc, desiredStatus: 'stop', allocModifyIndex: Number.MAX_SAFE_INTEGER as never },
  });
  await world.pass(1_000);
  assert.deepEqual(world.registrar.offered(A), [], 'out of the catalog');
  assert.deepEqual(world.machine.running(), [`${A}.server.0`], 'still within its delay');
  await world.pass(10_000);
  assert.deepEqual(world.machine.running(), []);
  await world.stop();
});

test('a task that fails its checks is restarted, which its restart policy counts', async () => {
  const world = new ClientWorld();
  await world.start();
  const restart = { limit: 3, graceMs: 1_000, ignoreWarnings: false };
  world.servers.assign(assignmentOf(A, world.nodeId, jobWith([{ ...TCP, checkRestart: restart }])));
  await world.pass(5_000);
  const check = world.registrar.checksOf(A)[0] ?? '';
  world.registrar.say(A, check, 'critical');
  await world.pass(1_500);
  assert.equal(world.servers.told(A)?.taskStates['server']?.restarts, 0);
  await world.pass(60_000);
  const told = world.servers.told(A)?.taskStates['server'];
  assert.equal(told?.restarts, 1);
  assert.ok(world.eventTypes(A, 'server').includes('Restart Signaled'));
  assert.ok(told.events.some(({ displayMessage }) => displayMessage.includes('unhealthy')));
  assert.deepEqual(world.machine.running(), [`${A}.server.1`]);
  await world.stop();
});

test('an allocation is healthy once its checks have been passing for long enough', async () => {
  const world = new ClientWorld();
  await world.start();
  const assigned = assignmentOf(A, world.nodeId, jobWith([TCP]));
  const deploymentId = 'd' as DeploymentId;
  world.registrar.startsAs = 'critical';
  world.servers.assign({ ...assigned, alloc: { ...assigned.alloc, deploymentId } });
  await world.pass(20_000);
  assert.equal(world.servers.told(A)?.deploymentStatus, undefined);
  world.registrar.say(A, world.registrar.checksOf(A)[0] ?? '', 'passing');
  await world.pass(4_000);
  assert.equal(world.servers.told(A)?.deploymentStatus, undefined);
  await world.pass(2_000);
  assert.equal(world.servers.told(A)?.deploymentStatus?.healthy, true);
  await world.stop();
});

test('checks that do not pass by the deadline make it unhealthy, and its task says so', async () => {
  const world = new ClientWorld();
  await world.start();
  const assigned = assignmentOf(A, world.nodeId, jobWith([TCP]));
  world.registrar.startsAs = 'warning';
  const deploymentId = 'd' as DeploymentId;
  world.servers.assign({ ...assigned, alloc: { ...assigned.alloc, deploymentId } });
  await world.pass(70_000);
  assert.equal(world.servers.told(A)?.deploymentStatus?.healthy, false);
  const told = world.servers.told(A)?.taskStates['server'];
  assert.ok(told?.events.some((each) => each.displayMessage.startsWith('Services not healthy')));
  await world.stop();
});
