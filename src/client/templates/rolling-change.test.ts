import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import { UPDATE_DEFAULTS } from '../../core/jobspec/defaults.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { Job } from '../../core/model/job.ts';
import type { Template } from '../../core/model/task.ts';

const IDS = ['a', 'b', 'c'] as AllocId[];

function job(autoRevert: boolean, changeMode: Template['changeMode'] = 'restart'): Job {
  const template: Template = {
    ...{ sourcePath: '', destPath: 'local/a', embeddedTemplate: '{{ key "k" }}', changeMode },
    ...{ changeSignal: '', splayMs: 0, perms: '0644', leftDelimiter: '', rightDelimiter: '' },
    ...{ env: false, vaultGraceMs: 0, errorOnMissingKey: false },
  };
  const update = {
    ...UPDATE_DEFAULTS,
    ...{ healthCheck: 'task_states' as const, minHealthyTimeMs: 5_000 },
    ...{ healthyDeadlineMs: 60_000, autoRevert, onTemplateChange: true },
  };
  return jobOf(groupOf([taskOf('web', { templates: [template] })], { update }));
}

async function begun(of: Job): Promise<ClientWorld> {
  const world = new ClientWorld();
  set(world, 'one');
  await world.start();
  for (const id of IDS) world.servers.assign(assignmentOf(id, world.nodeId, of));
  await world.pass(5_000);
  assert.deepEqual(texts(world), 'one one one');
  return world;
}

function set(world: ClientWorld, value: string): void {
  const pair = { path: 'k', key: 'k', value, flags: 0n, createIndex: 1, modifyIndex: 1 };
  world.templates.set('kv.get(k)', pair as never);
}

function texts(world: ClientWorld): string {
  return IDS.map((id) => world.dirs.text(id, 'web/local/a')).join(' ');
}

function restarts(world: ClientWorld): number {
  return world.machine.started.length - IDS.length;
}

/** Texts of the events of all tasks. */
function notes(world: ClientWorld): readonly string[] {
  return IDS.flatMap((id) =>
    (world.servers.told(id)?.taskStates['web']?.events ?? [])
      .filter(({ type }) => type === 'Template')
      .map(({ displayMessage }) => `${id}: ${displayMessage}`),
  );
}

test('RC1: one instance after the other, each healthy before the next', async () => {
  const world = await begun(job(false));
  set(world, 'two');
  await world.pass(2_000);
  assert.equal(texts(world).split('two').length - 1, 1);
  assert.equal(restarts(world), 1);
  await world.pass(6_000);
  assert.equal(restarts(world), 2);
  await world.pass(20_000);
  assert.equal(texts(world), 'two two two');
  assert.equal(restarts(world), 3);
  assert.equal(world.machine.running().length, 3);
  const lines = world.templates.rollouts.lines;
  assert.equal(lines.length, 6);
  assert.ok(lines.every((line, at) => line.startsWith(at % 2 === 0 ? 'begin' : 'end')));
  await world.stop();
});

test('a change that an instance cannot live with is taken back, and nobody else has it', async () => {
  const world = await begun(job(true));
  set(world, 'bad');
  await world.pass(2_000);
  const [crashing] = world.machine.running().filter((id) => id.endsWith('.1'));
  assert.ok(crashing !== undefined, world.machine.running().join());
  world.machine.kill(crashing, 1);
  await world.pass(60_000);
  assert.equal(texts(world), 'one one one');
  assert.equal(world.machine.running().length, 3);
  const told = notes(world);
  const first = crashing.split('.')[0] ?? '';
  assert.equal(told.filter((line) => line.includes('is reverted')).length, 1);
  assert.ok(
    told.some((line) => line.startsWith(`${first}: Template change is reverted: task "web"`)),
  );
  assert.equal(
    told.filter((line) => line.includes('is not taken over')).length,
    2,
    told.join('\n'),
  );
  // The next value is another change, and goes round.
  set(world, 'good');
  await world.pass(60_000);
  assert.equal(texts(world), 'good good good');
  await world.stop();
});

test('without auto_revert it stays on the one where it failed', async () => {
  const world = await begun(job(false));
  set(world, 'bad');
  await world.pass(2_000);
  const [crashing = ''] = world.machine.running().filter((id) => id.endsWith('.1'));
  world.machine.kill(crashing, 1);
  await world.pass(60_000);
  assert.equal(texts(world).split('bad').length - 1, 1);
  assert.ok(notes(world).some((line) => line.includes('Template change failed')));
  await world.stop();
});

test('what is put right while others wait is what they take over', async () => {
  const world = await begun(job(true));
  set(world, 'two');
  await world.pass(2_000);
  set(world, 'three');
  await world.pass(60_000);
  assert.equal(texts(world), 'three three three');
  // The first took both over, the others only the last.
  assert.equal(restarts(world), 4);
  await world.stop();
});

test('signals go round as restarts do', async () => {
  const world = await begun(job(true, 'signal'));
  set(world, 'two');
  await world.pass(2_000);
  assert.equal(world.machine.signals.length, 1);
  await world.pass(30_000);
  assert.equal(world.machine.signals.length, 3);
  assert.equal(restarts(world), 0);
  await world.stop();
});

test('RC2: a client that was away gives back what it held', async () => {
  const world = await begun(job(true));
  set(world, 'two');
  await world.pass(2_000);
  assert.equal(world.templates.rollouts.lines.length, 1);
  await world.stop();
  await world.start();
  await world.pass(60_000);
  assert.equal(texts(world), 'two two two');
  await world.stop();
});

test('RC3: a client that was away in the middle of a change still knows the way back', async () => {
  const world = await begun(job(true));
  set(world, 'bad');
  await world.pass(2_000);
  const [changed = ''] = world.machine.running().filter((id) => id.endsWith('.1'));
  await world.stop();
  await world.start();
  await world.pass(1_000);
  world.machine.kill(changed, 1);
  await world.pass(60_000);
  assert.equal(texts(world), 'one one one');
  assert.equal(notes(world).filter((line) => line.includes('is reverted')).length, 1);
  await world.stop();
});

test('RC3: what is on disk already asks for no place', async () => {
  const world = await begun(job(true));
  await world.stop();
  await world.start();
  await world.pass(30_000);
  assert.deepEqual(world.templates.rollouts.lines, []);
  assert.equal(restarts(world), 0);
  await world.stop();
});
