import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import { Failure } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { Artifact, Task } from '../../core/model/task.ts';

const A = 'a' as AllocId;

async function begun(source: string, more: Partial<Task> = {}): Promise<ClientWorld> {
  const artifact: Artifact = {
    ...{ source, options: {}, headers: {}, mode: 'any', destination: 'local/' },
  };
  const world = new ClientWorld();
  await world.start();
  const job = jobOf(groupOf([taskOf('server', { artifacts: [artifact], ...more })]));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(1_000);
  return world;
}

test('artifacts are fetched once, before the first start, and told in the events', async () => {
  const world = await begun('http://h/${NOMAD_TASK_NAME}.zip');
  assert.deepEqual(world.artifacts.fetched, ['http://h/server.zip']);
  assert.ok(world.eventTypes(A, 'server').includes('Downloading Artifacts'));
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(60_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.1`]);
  assert.equal(world.artifacts.fetched.length, 1);
  await world.stop();
});

test('what cannot be had is tried again as the restart policy says', async () => {
  const world = new ClientWorld();
  world.artifacts.failures.push(new Failure('invalid', 'Checksums did not match'));
  await world.start();
  const artifact: Artifact = {
    ...{ source: 'http://h/a', options: {}, headers: {}, mode: 'any', destination: '' },
  };
  const job = jobOf(groupOf([taskOf('server', { artifacts: [artifact] })]));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(60_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.1`]);
  const events = world.servers.told(A)?.taskStates['server']?.events ?? [];
  assert.ok(events.some(({ displayMessage }) => displayMessage.includes('Checksums did not')));
  await world.stop();
});

test('a long download tells how far it is, later and later', async () => {
  const world = new ClientWorld();
  const { clock } = world;
  world.artifacts.pause = () => clock.sleep(6_000, new AbortController().signal);
  world.artifacts.hears = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => {
    return { receivedBytes: n * 1_000_000, totalBytes: 9_000_000 };
  });
  await world.start();
  const artifact: Artifact = {
    ...{ source: 'http://h/a', options: {}, headers: {}, mode: 'any', destination: '' },
  };
  const job = jobOf(groupOf([taskOf('server', { artifacts: [artifact] })]));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(60_000);
  const events = world.servers.told(A)?.taskStates['server']?.events ?? [];
  const told = events.filter(({ type }) => type === 'Downloading Artifacts');
  assert.deepEqual(
    told.map(({ displayMessage }) => displayMessage),
    [
      'Client is downloading artifacts',
      'Downloading "http://h/a": 2 MB of 9 MB',
      'Downloading "http://h/a": 6 MB of 9 MB',
    ],
  );
  await world.stop();
});

test('files of the machine are not for tasks that could not read them', async () => {
  const free = await begun('/srv/data.txt');
  assert.deepEqual(free.artifacts.fetched, ['/srv/data.txt']);
  await free.stop();
  for (const source of ['/etc/shadow', 'file:///etc/shadow', 'git::file:///srv/repository']) {
    const world = await begun(source, { user: 'nobody' });
    assert.deepEqual(world.artifacts.fetched, [], source);
    assert.match(world.told(A), /failed/);
    await world.stop();
  }
});
