import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { Job } from '../../core/model/job.ts';
import type { Template } from '../../core/model/task.ts';

const A = 'a' as AllocId;

function jobWith(more: Partial<Template>): Job {
  const template: Template = {
    ...{ sourcePath: '', destPath: 'local/a', embeddedTemplate: '{{ key "k" }}' },
    ...{ changeMode: 'restart', changeSignal: '', splayMs: 0, perms: '0644' },
    ...{ leftDelimiter: '', rightDelimiter: '', env: false, vaultGraceMs: 0 },
    ...{ errorOnMissingKey: false },
    ...more,
  };
  return jobOf(groupOf([taskOf('server', { templates: [template] })]));
}

function set(world: ClientWorld, value: string): void {
  const pair = { path: 'k', key: 'k', value, flags: 0n, createIndex: 1, modifyIndex: 1 };
  world.templates.set('kv.get(k)', pair as never);
}

async function begun(more: Partial<Template>): Promise<ClientWorld> {
  const world = new ClientWorld();
  set(world, 'one');
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, jobWith(more)));
  await world.pass(5_000);
  assert.equal(world.machine.started.length, 1);
  return world;
}

const acted = (world: ClientWorld): number =>
  world.machine.started.length - 1 + world.machine.signals.filter((at) => /HUP/.test(at)).length;

test('TT3: what changed while the agent was away is acted upon, what did not is not', async () => {
  for (const changeMode of ['restart', 'signal'] as const) {
    for (const destPath of ['local/a', 'secrets/a']) {
      const world = await begun({ changeMode, destPath });
      await world.stop();
      await world.start();
      await world.pass(30_000);
      const signals = changeMode === 'signal' ? world.machine.signals.length : 0;
      assert.deepEqual(
        [world.machine.started.length, signals],
        [1, 0],
        `${changeMode} ${destPath}`,
      );
      await world.stop();
      set(world, 'two');
      await world.start();
      await world.pass(30_000);
      assert.equal(world.dirs.text(A, `server/${destPath}`), 'two');
      assert.equal(acted(world), 1, `${changeMode} ${destPath}`);
      await world.stop();
      await world.start();
      await world.pass(30_000);
      assert.equal(acted(world), 1, `${changeMode} ${destPath}, once more`);
      await world.stop();
    }
  }
});

test('TT3: an agent that ends between writing and acting acts when it is back', async () => {
  for (const changeMode of ['restart', 'signal'] as const) {
    const world = await begun({ changeMode, splayMs: 3_600_000 });
    set(world, 'two');
    await world.pass(2_000);
    assert.equal(world.dirs.text(A, 'server/local/a'), 'two');
    assert.equal(acted(world), 0, 'the splay is not over');
    await world.stop();
    await world.start();
    await world.pass(3_600_000);
    assert.equal(acted(world), 1, changeMode);
    await world.stop();
    await world.start();
    await world.pass(3_600_000);
    assert.equal(acted(world), 1, `${changeMode}, once more`);
    await world.stop();
  }
});

test('splay: each instance is told within it, and not all at once', async () => {
  const world = new ClientWorld();
  set(world, 'one');
  await world.start();
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as AllocId[];
  const job = jobWith({ splayMs: 20_000, changeMode: 'signal', changeSignal: 'SIGHUP' });
  for (const id of ids) world.servers.assign(assignmentOf(id, world.nodeId, job));
  await world.pass(5_000);
  set(world, 'two');
  await world.pass(1_000);
  assert.ok(ids.every((id) => world.dirs.text(id, 'server/local/a') === 'two'));
  const after: number[] = [];
  for (let second = 0; second < 21; second++) {
    after.push(world.machine.signals.length);
    await world.pass(1_000);
  }
  assert.equal(world.machine.signals.length, ids.length);
  assert.ok(new Set(after).size >= 4, after.join());
  await world.stop();
});

test('the first rendering waits for no rest; those after it do', async () => {
  const wait = { minMs: 10_000, maxMs: 60_000 };
  const world = await begun({ wait, changeMode: 'noop' });
  assert.equal(world.dirs.text(A, 'server/local/a'), 'one');
  set(world, 'two');
  await world.pass(9_000);
  assert.equal(world.dirs.text(A, 'server/local/a'), 'one');
  await world.pass(2_000);
  assert.equal(world.dirs.text(A, 'server/local/a'), 'two');
  await world.stop();
});

test('TT4: what is rendered once stays as it was first, over restarts of task and agent', async () => {
  const world = await begun({ once: true });
  const text = (): string | undefined => world.dirs.text(A, 'server/local/a');
  set(world, 'two');
  await world.pass(30_000);
  assert.deepEqual([text(), acted(world)], ['one', 0]);
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(60_000);
  assert.deepEqual([text(), world.machine.started.length], ['one', 2]);
  await world.stop();
  await world.start();
  await world.pass(30_000);
  assert.deepEqual([text(), world.machine.started.length], ['one', 2]);
  await world.stop();
});

test('variables of a template are there for a start after the agent was', async () => {
  const world = await begun({ env: true, embeddedTemplate: 'V={{ key "k" }}' });
  await world.stop();
  await world.start();
  await world.pass(5_000);
  world.machine.kill(world.machine.running()[0] ?? '', 1);
  await world.pass(60_000);
  assert.equal(world.machine.running().length, 1);
  await world.stop();
});
