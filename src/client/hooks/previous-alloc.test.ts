import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { MOVED_DATA_STALL_MS, MOVED_DATA_TRIES } from '../../core/limits.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { EphemeralDisk } from '../../core/model/task-group.ts';
import { ClientWorld, assignmentOf, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';

const OLD = 'old' as AllocId;
const NEW = 'new' as AllocId;
const ARRIVED = 'alloc/data/arrived';
const MIGRATES = { sizeMb: 300, sticky: true, migrate: true };
const away = new Failure('unavailable', 'the connection was lost');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function begin(): Promise<ClientWorld> {
  const world = new ClientWorld();
  await world.start();
  return world;
}

function assign(world: ClientWorld, ephemeralDisk: EphemeralDisk, id = NEW, previous = OLD): void {
  const job = jobOf(groupOf([taskOf('t')], { ephemeralDisk }));
  const more = id === OLD ? {} : { previousAllocId: previous };
  world.servers.assign(assignmentOf(id, world.nodeId, job, more));
}

/** What its task was told of the data. */
function told(world: ClientWorld): readonly string[] {
  const events = world.servers.told(NEW)?.taskStates['t']?.events ?? [];
  return events.filter(({ type }) => type === 'Moving Data').map((each) => each.displayMessage);
}

const isRunning = (world: ClientWorld): boolean =>
  world.servers.told(NEW)?.clientStatus === 'running';

test('on the same machine a sticky disk moves on once its predecessor has ended', async () => {
  const world = await begin();
  const sticky = { ...MIGRATES, migrate: false };
  assign(world, sticky, OLD);
  await world.pass(2_000);
  await world.dirs.writeFile(OLD, 'alloc/data/state', { bytes: bytes('kept'), mode: 0o644 });
  assign(world, sticky);
  await world.pass(20_000);
  assert.equal(isRunning(world), false, 'the predecessor runs');
  world.servers.stop(OLD);
  await world.pass(20_000);
  assert.equal(isRunning(world), true);
  assert.equal(world.dirs.text(NEW, 'alloc/data/state'), 'kept');
  assert.deepEqual(world.previous.asked, []);
  await world.stop();
});

test('a disk that is not sticky, or does not migrate, asks nobody elsewhere', async () => {
  for (const disk of [
    { ...MIGRATES, sticky: false },
    { ...MIGRATES, migrate: false },
  ]) {
    const world = await begin();
    assign(world, disk);
    await world.pass(2_000);
    assert.equal(isRunning(world), true);
    assert.deepEqual(world.previous.asked, []);
    await world.stop();
  }
});

test('data of another machine is waited for, and taken over before the task begins', async () => {
  const world = await begin();
  world.previous.states = ['running', away, 'running', 'ended'];
  world.previous.data = [[bytes('the '), bytes('data')]];
  assign(world, MIGRATES);
  await world.pass(60_000);
  assert.equal(isRunning(world), true);
  assert.equal(world.dirs.text(NEW, ARRIVED), 'the data');
  assert.deepEqual(world.previous.asked, ['state', 'state', 'state', 'state', 'data']);
  assert.deepEqual(
    [...told(world)],
    [
      'Waiting for allocation "old" to end, for its data',
      'Took over the data of allocation "old": 1 file, 0 MB',
    ],
  );
  await world.stop();
});

test('PV1: where it cannot be had the task begins empty, and says why', async () => {
  const rows = [
    [['gone'], [], /out of reach/],
    [[new Failure('denied', 'not yours')], [], /not yours/],
    [['ended'], Array.from({ length: MOVED_DATA_TRIES }, () => [bytes('half'), away]), /lost/],
    [['ended'], [[bytes('half'), new Failure('exhausted', 'it is too large')]], /too large/],
  ] as const;
  for (const [states, data, why] of rows) {
    const world = await begin();
    world.previous.states = states;
    world.previous.data = data;
    assign(world, MIGRATES);
    await world.pass(60_000);
    assert.equal(isRunning(world), true, String(why));
    assert.equal(world.dirs.text(NEW, ARRIVED), undefined);
    assert.match(told(world).at(-1) ?? '', /^Cannot take over the data of allocation "old"/);
    assert.match(told(world).at(-1) ?? '', why);
    await world.stop();
  }
});

test('a broken connection is tried again', async () => {
  const world = await begin();
  world.previous.states = ['ended'];
  world.previous.data = [[bytes('ha'), away], [away], [bytes('whole')]];
  assign(world, MIGRATES);
  await world.pass(60_000);
  assert.equal(world.dirs.text(NEW, ARRIVED), 'whole');
  await world.stop();
});

test('a stream that stalls is given up', async () => {
  const world = await begin();
  world.previous.states = ['ended'];
  world.previous.stalls = true;
  assign(world, MIGRATES);
  await world.pass(MOVED_DATA_STALL_MS - 5_000);
  assert.equal(isRunning(world), false);
  await world.pass(MOVED_DATA_TRIES * MOVED_DATA_STALL_MS);
  assert.equal(isRunning(world), true);
  assert.match(told(world).at(-1) ?? '', /nothing more came for 60 s/);
  assert.equal(world.previous.asked.filter((each) => each === 'data').length, MOVED_DATA_TRIES);
  await world.stop();
});

test('told to stop while it waits, it ends without having begun', async () => {
  const world = await begin();
  world.previous.states = [away];
  assign(world, MIGRATES);
  await world.pass(10_000);
  assert.equal(isRunning(world), false);
  world.servers.stop(NEW);
  await world.pass(5_000);
  assert.equal(world.servers.told(NEW)?.clientStatus, 'complete');
  assert.deepEqual(world.machine.started, []);
  await world.stop();
});

test('an agent that starts anew while it waits waits on', async () => {
  const world = await begin();
  world.previous.states = [away];
  assign(world, MIGRATES);
  await world.pass(10_000);
  await world.stop();
  await world.start();
  world.previous.states = ['ended'];
  world.previous.data = [[bytes('whole')]];
  await world.pass(10_000);
  assert.equal(isRunning(world), true);
  assert.equal(world.dirs.text(NEW, ARRIVED), 'whole');
  await world.stop();
});
