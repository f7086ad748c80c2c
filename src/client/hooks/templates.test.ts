import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { Job } from '../../core/model/job.ts';
import type { Template } from '../../core/model/task.ts';

const A = 'a' as AllocId;

function jobWith(...templates: Partial<Template>[]): Job {
  const full = templates.map((more): Template => ({
    ...{ sourcePath: '', destPath: 'local/a', embeddedTemplate: '', changeMode: 'restart' },
    ...{ changeSignal: '', splayMs: 0, perms: '0644', leftDelimiter: '', rightDelimiter: '' },
    ...{ env: false, vaultGraceMs: 0, errorOnMissingKey: false },
    ...more,
  }));
  return jobOf(groupOf([taskOf('server', { templates: full })]));
}

async function begun(job: Job): Promise<ClientWorld> {
  const world = new ClientWorld();
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(1_000);
  return world;
}

const pair = (value: string): never =>
  ({ path: 'k', key: 'k', value, flags: '0', createIndex: 1, modifyIndex: 1 }) as never;

test('TT1: a task starts once its templates are there, and says what it waits for', async () => {
  const world = await begun(jobWith({ embeddedTemplate: 'v={{ key "k" }}' }));
  await world.pass(10_000);
  assert.deepEqual(world.machine.running(), []);
  const events = world.servers.told(A)?.taskStates['server']?.events ?? [];
  assert.ok(events.some(({ displayMessage }) => displayMessage.startsWith('Missing: kv.get(k)')));
  world.templates.set('kv.get(k)', pair('one'));
  await world.pass(5_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.0`]);
  assert.equal(world.dirs.text(A, 'server/local/a'), 'v=one');
  await world.stop();
});

test('a change restarts the task, or signals it, or does nothing', async () => {
  for (const [changeMode, expected] of [
    ['restart', 'Restart Signaled'],
    ['signal', 'Signaling'],
    ['noop', undefined],
  ] as const) {
    const world = new ClientWorld();
    world.templates.set('kv.get(k)', pair('one'));
    await world.start();
    const job = jobWith({ embeddedTemplate: '{{ key "k" }}', changeMode });
    world.servers.assign(assignmentOf(A, world.nodeId, job));
    await world.pass(5_000);
    assert.deepEqual(world.machine.running(), [`${A}.server.0`], changeMode);
    world.templates.set('kv.get(k)', pair('two'));
    await world.pass(30_000);
    assert.equal(world.dirs.text(A, 'server/local/a'), 'two', changeMode);
    const types = world.eventTypes(A, 'server');
    assert.equal(
      types.find((type) => type === 'Restart Signaled' || type === 'Signaling'),
      expected,
    );
    await world.stop();
  }
});

test('a template that goes wrong fails the task with its place', async () => {
  const world = await begun(jobWith({ embeddedTemplate: '{{ index "a" 7 }}' }));
  await world.pass(5_000);
  assert.match(world.told(A), /failed/);
  const events = world.servers.told(A)?.taskStates['server']?.events ?? [];
  assert.ok(events.some(({ displayMessage }) => displayMessage.includes('template: local/a:1')));
  await world.stop();
});
