import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import type { Kept, Launch } from '../../src/core/keeper/launch.ts';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { cgroupPids } from '../../src/io/cgroup/usage.ts';
import type { KeeperClient } from '../../src/io/keeper/client.ts';
import { openSession } from '../../src/io/keeper/session.ts';
import { halt, isAlive, kill } from '../processes.ts';
import { forever, makeStand, output, until, type Stand } from './keeper-stand.ts';

let stand: Stand;
let keeper: KeeperClient;
let count = 0;

before(async () => {
  stand = await makeStand();
  keeper = stand.client();
});
after(() => stand.clear());

function logs(name: string, rotation = { maxFiles: 10, maxFileSize: 10_000_000 }) {
  mkdirSync(join(stand.dir, 'logs'), { recursive: true });
  return { base: join(stand.dir, 'logs', name), ...rotation };
}

function shell(script: string, more: Partial<Launch> = {}): Launch {
  const id = `t${++count}`;
  return {
    id,
    argv: ['/bin/sh', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd: stand.dir,
    through: [],
    bornIn: [],
    cgroups: [],
    stdout: logs(`${id}.stdout`),
    stderr: logs(`${id}.stderr`),
    ...more,
  };
}

/** Of the one that answers; waits for one that does. */
async function keeperPid(): Promise<number> {
  let pid = 0;
  await until('a keeper answers', async () => {
    const session = await openSession(stand.place.socketPath);
    const hello = { do: 'hello', protocol: 1, version: 'test' } as const;
    pid = (await session?.call<'hello'>(hello).catch(() => undefined))?.pid ?? 0;
    session?.close();
    return pid > 0;
  });
  return pid;
}

/** Numbered lines, far more than a pipe holds, as fast as it can. */
const counter = (lines: number) =>
  `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); done`;

function assertCounted(text: string, from: number, lines: number): void {
  const got = text.split('\n').slice(0, -1);
  assert.equal(got.length, lines - from);
  got.forEach((line, i) => assert.equal(line, `line ${from + i}`));
}

test('output and exit code of a task are told, and the output is complete by then', async () => {
  const launch = shell('echo out; echo err >&2; exit 7');
  const kept = await keeper.start(launch, forever);
  const ended = await keeper.wait(kept, forever);
  assert.equal(ended.exitCode, 7);
  assert.equal(ended.signal, 0);
  assert.equal(output(launch.stdout?.base ?? '').text, 'out\n');
  assert.equal(output(launch.stderr?.base ?? '').text, 'err\n');
  await keeper.forget(kept);
  assert(!existsSync(kept.stdout?.fifo ?? ''));
});

test('the environment is exactly what was given, in a session of its own', async () => {
  const env = { A: '1', 'odd.name-x': 'y z', PWD: '/elsewhere', IFS: 'q' };
  const launch = shell('', { argv: ['/usr/bin/env', '-0'], env });
  const kept = await keeper.start(launch, forever);
  await keeper.wait(kept, forever);
  const got = output(launch.stdout?.base ?? '')
    .text.split('\0')
    .slice(0, -1);
  assert.deepEqual(
    got.sort(),
    Object.entries(env)
      .map(([k, v]) => `${k}=${v}`)
      .sort(),
  );
});

for (const [what, argv, fault] of [
  ['an absent program', ['/no/such/program'], 'not_found'],
  ['a file that may not be executed', ['/etc/passwd'], 'denied'],
] as const) {
  test(`${what} is refused as ${fault}`, async () => {
    const isThat = (e: unknown): boolean => e instanceof Failure && e.fault === fault;
    await assert.rejects(keeper.start(shell('', { argv }), forever), isThat);
  });
}

test('a repeated start is answered with the same process', async () => {
  const launch = shell('exec sleep 60');
  const [one, two] = await Promise.all([
    keeper.start(launch, forever),
    keeper.start(launch, forever),
  ]);
  assert.deepEqual(one, two);
  await keeper.forget(one);
  assert(!isAlive(one.pid));
});

test('a task that ignores the signal is killed after its grace, with all it started', async () => {
  const file = join(stand.dir, 'child.pid');
  const launch = shell(
    `trap "" TERM; (trap "" TERM; sleep 60) & echo $! > ${file}; wait; sleep 60`,
  );
  const kept = await keeper.start(launch, forever);
  await until('its child runs', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  const startedAt = Date.now();
  await keeper.stop(kept, 'SIGTERM', 300);
  assert(Date.now() - startedAt >= 300);
  assert(!isAlive(Number(readFileSync(file, 'utf8'))));
  const ended = await keeper.wait(kept, forever);
  assert.deepEqual([ended.exitCode, ended.signal], [137, 9]);
  await keeper.stop(kept, 'SIGTERM', 300);
  await keeper.forget(kept);
  await keeper.forget(kept);
});

test('an agent killed with -9 leaves its tasks, and its successor finds every line', async () => {
  const lines = 60_000;
  const bounds = { maxFiles: 1_000, maxFileSize: 20_000 };
  const launch = shell(`${counter(lines)}; exit 3`, { stdout: logs('agent.stdout', bounds) });
  const main = join(import.meta.dirname, 'keeper-agent.ts');
  const agent = spawn(
    process.execPath,
    ['--import', 'tsx', main, stand.dir, JSON.stringify(launch)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [told] = (await once(agent.stdout, 'data')) as [Buffer];
  const kept = JSON.parse(told.toString()) as Kept;
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  const successor = stand.client();
  await successor.adopt(kept, forever);
  const ended = await successor.wait(kept, forever);
  assert.equal(ended.exitCode, 3);
  const { text, files } = output(launch.stdout?.base ?? '');
  assertCounted(text, 0, lines);
  assert(files.length > 10);
  await successor.forget(kept);
});

test('old files go when there are more than allowed', async () => {
  const target = logs('rotated.stdout', { maxFiles: 3, maxFileSize: 1_000 });
  const kept = await keeper.start(shell(counter(1_000), { stdout: target }), forever);
  await keeper.wait(kept, forever);
  const { text, files } = output(target.base);
  assert.equal(files.length, 3);
  const first = Number(/^line (\d+)\n/.exec(text)?.[1]);
  assertCounted(text, first, 1_000);
  await keeper.forget(kept);
});

test('a keeper killed with -9: the task goes on without SIGPIPE, the next one keeps its output', async () => {
  const on = join(stand.dir, 'on');
  // It rests while the keeper is killed: bytes just taken from the pipe would go with the keeper.
  const script = `i=0; while [ $i -lt 40000 ]; do echo "line $i"; i=$((i+1))
    [ $i = 5000 ] && while [ ! -e ${on} ]; do sleep 0.01; done; done; touch done; exec sleep 60`;
  const launch = shell(script);
  const base = launch.stdout?.base ?? '';
  const kept = await keeper.start(launch, forever);
  await until('the first part is there', () => output(base).text.endsWith('line 4999\n'));
  const before = await keeperPid();
  await kill(before);
  writeFileSync(on, '');
  await until('it finished writing', () => existsSync(join(stand.dir, 'done')));
  assert(isAlive(kept.pid));
  assert.notEqual(await keeperPid(), before);
  await until('all is there', () => output(base).text.endsWith('line 39999\n'));
  assertCounted(output(base).text, 0, 40_000);
  await keeper.stop(kept, 'SIGTERM', 1_000);
  const ended = await keeper.wait(kept, forever);
  assert(ended.unknown !== undefined || ended.signal === 15);
  await keeper.forget(kept);
});

test('a keeper that dies amid starts, stops and waits: each is done or undone', async () => {
  const cgroups = new TaskCgroups(findHierarchies());
  const names = Array.from({ length: 60 }, (_, i) => `burst-${process.pid}-${i}`);
  const starting = names.map((name) =>
    keeper.start(shell('exec sleep 60', { id: name, ...cgroups.create(name, false) }), forever),
  );
  const first = await Promise.any(starting);
  const waiting = keeper.wait(first, forever);
  process.kill(await keeperPid(), 'SIGKILL');
  const results = await Promise.allSettled(starting);
  const killing = keeperPid().then((pid) => process.kill(pid, 'SIGKILL'));
  for (const [i, result] of results.entries()) {
    const dirs = cgroups.dirs(names[i] ?? '', false);
    if (result.status === 'fulfilled') {
      assert(isAlive(result.value.pid), `${names[i] ?? ''} runs`);
      await keeper.stop(result.value, 'SIGTERM', 5_000);
      assert(!isAlive(result.value.pid));
      await keeper.forget(result.value);
    } else {
      assert.equal((result.reason as Failure).fault, 'unavailable');
      if (dirs.unified !== undefined) assert.deepEqual(cgroupPids(dirs.unified), []);
    }
    cgroups.remove(names[i] ?? '');
  }
  await killing;
  assert((await waiting).endedAt > 0);
});

test('what a task wrote before it ended is kept, though no keeper was there', async () => {
  const launch = shell('while [ ! -e go ]; do sleep 0.01; done; echo last words');
  const kept = await keeper.start(launch, forever);
  const pid = await keeperPid();
  await halt(pid);
  writeFileSync(join(stand.dir, 'go'), '');
  await until('it is over', () => !isAlive(kept.pid));
  process.kill(pid, 'SIGKILL');
  const ended = await keeper.wait(kept, forever);
  // Unless its new parent left it as a zombie until it was looked at.
  assert(ended.unknown === undefined ? ended.exitCode === 0 : ended.exitCode === 255);
  assert.equal(output(launch.stdout?.base ?? '').text, 'last words\n');
  const isGone = (e: unknown): boolean => e instanceof Failure && e.fault === 'not_found';
  await assert.rejects(stand.client().adopt({ ...kept, id: 'other', bootId: '' }, forever), isGone);
  await keeper.forget(kept);
});

test('a link in the log directory leads no output elsewhere', async () => {
  const victim = join(stand.dir, 'victim');
  writeFileSync(victim, 'precious');
  const target = logs('linked.stdout', { maxFiles: 5, maxFileSize: 100 });
  symlinkSync(victim, `${target.base}.0`);
  const script = `ln -s ${victim} ${target.base}.1; ${counter(30)}`;
  const kept = await keeper.start(shell(script, { stdout: target }), forever);
  await keeper.wait(kept, forever);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assertCounted(output(target.base).text, 0, 30);
  await keeper.forget(kept);
});

test('what is no message ends the connection and nothing else', async () => {
  const { connect } = await import('node:net');
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\x02{}', '\0\0\0\x04null', '\0\0\0\x01{']) {
    const socket = connect(stand.place.socketPath);
    socket.on('error', () => undefined);
    socket.end(bytes, 'latin1');
    socket.resume();
    await once(socket, 'close');
  }
  assert((await keeperPid()) > 0);
});
