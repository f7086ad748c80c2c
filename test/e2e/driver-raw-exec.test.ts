import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { systemClock } from '../../src/io/clock.ts';
import { RawExecDriver } from '../../src/io/drivers/raw-exec/driver.ts';
import { collect, driverContract, isFault, printed, specFor } from '../contract/driver.ts';
import type { Scenario } from '../contract/driver.ts';
import { isAlive } from '../processes.ts';
import { forever, makeStand, until, type Stand } from './keeper-stand.ts';

let stand: Stand;
let driver: RawExecDriver;
const cgroups = new TaskCgroups(findHierarchies());

const sh = (script: string, more: Partial<Scenario> = {}): Scenario => ({
  config: { command: 'sh', args: ['-c', script] },
  ...more,
});

function make(): RawExecDriver {
  return new RawExecDriver(
    { enabled: true },
    { keeper: stand.client(), cgroups, clock: systemClock },
  );
}

driverContract(
  'raw_exec',
  async () => {
    stand = await makeStand();
    driver = make();
    return {
      dir: stand.dir,
      driver,
      successor: make,
      pass: (ms) => delay(ms),
      scenarios: {
        exits: (code) => sh(`exit ${code}`),
        runs: sh('exec sleep 60'),
        ignores: sh('trap "" TERM; echo ready; while :; do sleep 60; done', { ready: 'ready' }),
        prints: (text) => sh(`echo ${text}`),
        absent: { config: { command: 'no-such-command' } },
        invalid: { config: { args: 'x' }, path: 'command' },
      },
      afterStop: { exitCode: 143, signal: 15 },
      hasWorld: true,
      measures: true,
    };
  },
  () => stand.clear(),
);

const isRoot = process.getuid?.() === 0;
const needsRoot = { skip: isRoot ? false : 'needs root' };
const needsCgroups = { skip: cgroups.whyNot ?? false };

test('daemons that forked twice and made sessions end with the task', needsCgroups, async () => {
  const spec = specFor(
    stand.dir,
    'raw_exec',
    sh('setsid setsid sh -c "sleep 61 & echo \\$! > local/pid; wait" & sleep 60'),
  );
  const handle = await driver.start(spec, forever);
  const file = join(spec.directories.localDir, 'pid');
  await until('the daemon runs', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  const daemon = Number(readFileSync(file, 'utf8'));
  assert(isAlive(daemon));
  await driver.stop(handle, 'SIGTERM', 1_000);
  assert(!isAlive(daemon));
  await driver.destroy(handle);
});

test('a tree that forks without end ends', needsCgroups, async () => {
  const script =
    'f() { while :; do (sleep 0.01 & sleep 0.02) & sleep 0.01; done; }; f & f & f & wait';
  const handle = await driver.start(specFor(stand.dir, 'raw_exec', sh(script)), forever);
  await delay(300);
  await driver.stop(handle, 'SIGKILL', 0);
  await assert.rejects(driver.stats(handle), isFault('not_found'));
  await driver.destroy(handle);
});

test('without cgroups, the session and its descendants end', async () => {
  const bare = new RawExecDriver(
    { enabled: true },
    {
      keeper: stand.client(),
      cgroups: new TaskCgroups({ v1: {}, unifiedControllers: [] }),
      clock: systemClock,
    },
  );
  const spec = specFor(stand.dir, 'raw_exec', sh('sleep 61 & echo $! > local/pid; sleep 60'));
  const handle = await bare.start(spec, forever);
  const file = join(spec.directories.localDir, 'pid');
  await until('the child runs', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  await bare.stop(handle, 'SIGTERM', 1_000);
  assert(!isAlive(Number(readFileSync(file, 'utf8'))));
  await bare.destroy(handle);
});

test('a task runs as the user it names, who may reopen its output', needsRoot, async () => {
  const script = 'id -un; id -Gn > /dev/stdout; umask';
  const spec = specFor(stand.dir, 'raw_exec', sh(`cd /; ${script}`, { user: 'nobody' }));
  const config = { ...spec.config, work_dir: '/' };
  const handle = await driver.start({ ...spec, config }, forever);
  await driver.wait(handle, forever);
  assert.equal(printed(spec), 'nobody\nnogroup\n0022\n');
  await driver.destroy(handle);
  const none = specFor(stand.dir, 'raw_exec', sh('id', { user: 'no-such-user' }));
  await assert.rejects(driver.start(none, forever), isFault('invalid'));
});

test('its memory and processor time are measured', async () => {
  const script = 'i=0; while :; do i=$((i+1)); done';
  const handle = await driver.start(specFor(stand.dir, 'raw_exec', sh(script)), forever);
  await driver.stats(handle);
  // However little of the machine others leave it now and then.
  await until('it is seen to compute', async () => {
    await delay(2_000);
    const { cpu, pids } = await driver.stats(handle);
    assert(cpu.percent > 0 && cpu.percent < 110, String(cpu.percent));
    assert(cpu.totalTicks > 0);
    assert.equal(pids, 1);
    return cpu.percent > 10;
  });
  await driver.stop(handle, 'SIGKILL', 0);
  await driver.destroy(handle);
});

test('a command beside the task on a terminal has its size, and learns of a new one', async () => {
  const handle = await driver.start(
    specFor(stand.dir, 'raw_exec', sh('exec sleep 60', { env: { FLAVOUR: 'vanilla' } })),
    forever,
  );
  const script =
    'tty >/dev/null && stty size; echo $FLAVOUR; trap "stty size; exit 4" WINCH; echo go; while :; do sleep 0.05; done';
  const request = { command: ['sh', '-c', script], tty: true, size: { columns: 101, rows: 33 } };
  const session = await driver.exec(handle, request, forever);
  let seen = '';
  const done = (async () => {
    for await (const { bytes } of session.output) seen += Buffer.from(bytes).toString();
  })();
  await until('it is ready', () => seen.includes('go'));
  await session.resize(77, 22);
  await done;
  assert.equal(seen.replaceAll('\r', ''), '33 101\nvanilla\ngo\n22 77\n');
  assert.equal(await session.exited, 4);
  const stopped = await driver.exec(handle, { command: ['sleep', '60'], tty: true }, forever);
  await stopped.kill();
  await assert.rejects(
    driver.exec(handle, { command: ['no-such'], tty: false }, forever),
    isFault('not_found'),
  );
  const { stdout } = await collect(
    await driver.exec(handle, { command: ['cat', '/proc/self/cgroup'], tty: false }, forever),
  );
  if (cgroups.whyNot === undefined) assert.match(stdout, /muster\.slice/);
  await driver.stop(handle, 'SIGKILL', 0);
  await driver.destroy(handle);
});
