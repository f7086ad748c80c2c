/**
 * What every driver promises, whatever it runs: the same questions for processes, containers,
 * machines and simulations.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type Fault } from '../../src/base/failure.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { AllocId } from '../../src/core/model/ids.ts';
import type { Driver, ExecSession, TaskHandle, TaskSpec } from '../../src/ports/driver.ts';

/** A task of some kind, told in the language of the driver. */
export interface Scenario {
  readonly config: JsonObject;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Printed once it takes signals: the first process of a container dies of none before. */
  readonly ready?: string;
}

export interface DriverContract {
  /** Of this run of the contract: where directories of tasks are made. */
  readonly dir: string;
  readonly driver: Driver;
  /** Another instance, as a restarted agent has it; it shares nothing with `driver` but the world. */
  successor(): Driver;
  /** Lets the world go on; simulated time moves here. */
  pass(ms: number): Promise<void>;
  readonly scenarios: {
    /** Ends by itself with this exit code. */
    readonly exits: (code: number) => Scenario;
    /** Runs until it is told to end, and then ends at once. */
    readonly runs: Scenario;
    /** Runs, and ends only when killed; absent where such a thing cannot be made. */
    readonly ignores?: Scenario;
    /** Prints this on standard output and ends; absent where there is no output. */
    readonly prints?: (text: string) => Scenario;
    /** Names something that is not there. */
    readonly absent?: Scenario;
    /** A configuration with mistakes, and the path of the first. */
    readonly invalid: { readonly config: JsonObject; readonly path: string };
  };
  /** What `exitCode` and `signal` a stop with SIGTERM of `runs` gives, where that is known. */
  readonly afterStop?: { readonly exitCode: number; readonly signal: number };
  /** Whether tasks are anything outside the driver's memory; if not, none can be known to be gone. */
  readonly hasWorld: boolean;
  /** Whether `stats` tells of real use. */
  readonly measures: boolean;
}

const forever = new AbortController().signal;
let count = 0;

/** A complete task with its directories made. */
export function specFor(dir: string, driver: string, scenario: Scenario): TaskSpec {
  const allocId = `00000000-0000-4000-8000-${String(process.pid * 1_000 + count++).padStart(12, '0')}`;
  const allocDir = join(dir, allocId);
  const taskDir = join(allocDir, 'web');
  const directories = {
    allocDir,
    sharedDir: join(allocDir, 'alloc'),
    taskDir,
    localDir: join(taskDir, 'local'),
    secretsDir: join(taskDir, 'secrets'),
  };
  const logs = join(directories.sharedDir, 'logs');
  for (const path of [...Object.values(directories), logs, join(taskDir, 'tmp')]) {
    mkdirSync(path, { recursive: true });
  }
  return {
    allocId: allocId as AllocId,
    jobName: 'contract',
    groupName: driver,
    taskName: 'web',
    attempt: 0,
    config: scenario.config,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', NOMAD_TASK_NAME: 'web', ...scenario.env },
    user: scenario.user ?? '',
    resources: { cpu: 100, cores: [], memoryMb: 256, memoryMaxMb: 0, cpuShare: 0.1 },
    directories,
    ports: [],
    mounts: [],
    logs: {
      stdoutBase: join(logs, 'web.stdout'),
      stderrBase: join(logs, 'web.stderr'),
      maxFiles: 3,
      maxFileSizeMb: 1,
      disabled: false,
    },
  };
}

/** What a task has printed so far. */
export function printed(spec: TaskSpec, stream: 'stdout' | 'stderr' = 'stdout'): string {
  const base = stream === 'stdout' ? spec.logs.stdoutBase : spec.logs.stderrBase;
  const name = base.slice(dirname(base).length + 1);
  return readdirSync(dirname(base))
    .filter((file) => file.startsWith(`${name}.`))
    .sort((a, b) => Number(a.slice(name.length + 1)) - Number(b.slice(name.length + 1)))
    .map((file) => readFileSync(join(dirname(base), file), 'utf8'))
    .join('');
}

/** The whole output of a command run inside a task. */
export async function collect(
  session: ExecSession,
): Promise<{ stdout: string; stderr: string; code: number }> {
  const got = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of session.output)
    got[stream] += Buffer.from(bytes).toString();
  return { ...got, code: await session.exited };
}

export function isFault(fault: Fault): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof Failure && error.fault === fault) return true;
    throw error;
  };
}

/** Resolves to undefined when nothing came within `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const timeout = new AbortController();
  const late = delay(ms, undefined, { signal: timeout.signal }).catch(() => undefined);
  const result = await Promise.race([promise, late]);
  timeout.abort();
  return result;
}

/** Registers the tests. `make` is called once, before the first. */
export function driverContract(
  name: string,
  make: () => Promise<DriverContract>,
  clear: () => Promise<void> = () => Promise.resolve(),
): void {
  let world: DriverContract;
  before(async () => {
    world = await make();
  });
  after(clear);
  const begin = async (scenario: Scenario): Promise<{ spec: TaskSpec; handle: TaskHandle }> => {
    const spec = specFor(world.dir, name, scenario);
    const handle = await world.driver.start(spec, forever);
    const { ready } = scenario;
    const deadline = Date.now() + 60_000;
    while (ready !== undefined && !printed(spec).includes(ready)) {
      assert(Date.now() < deadline, 'it gets ready');
      await world.pass(10);
    }
    // A handle rests on disk between two agents.
    return { spec, handle: JSON.parse(JSON.stringify(handle)) as TaskHandle };
  };
  /** Waits while the world goes on. */
  const ended = async (driver: Driver, handle: TaskHandle) => {
    let result: Awaited<ReturnType<Driver['wait']>> | undefined;
    const waiting = driver.wait(handle, forever).then((r) => (result = r));
    const deadline = Date.now() + 60_000;
    while (result === undefined) {
      assert(Date.now() < deadline, 'it ends in time');
      await within(1, waiting);
      await world.pass(50);
    }
    return result;
  };

  test(`${name}: is detected, healthy, and says so`, async () => {
    const info = await world.driver.fingerprint(forever);
    assert.deepEqual([info.detected, info.healthy], [true, true], info.healthDescription);
    assert.equal(info.attributes[`driver.${name}`], '1');
    assert.equal(world.driver.name, name);
  });

  test(`${name}: mistakes in a configuration are told by path and refused`, async () => {
    const { config, path } = world.scenarios.invalid;
    const [issue] = world.driver.validate(config);
    assert.equal(issue?.path, path);
    assert.deepEqual(world.driver.validate(world.scenarios.runs.config), []);
    const spec = specFor(world.dir, name, { config });
    await assert.rejects(world.driver.start(spec, forever), isFault('invalid'));
  });

  test(`${name}: what is not there is not found`, async (t) => {
    const { absent } = world.scenarios;
    if (absent === undefined) {
      t.skip('cannot name something absent');
      return;
    }
    const spec = specFor(world.dir, name, absent);
    await assert.rejects(world.driver.start(spec, forever), isFault('not_found'));
  });

  for (const code of [0, 3]) {
    test(`${name}: exit code ${code} is told, also to those who ask later`, async () => {
      const { handle } = await begin(world.scenarios.exits(code));
      const result = await ended(world.driver, handle);
      assert.deepEqual([result.exitCode, result.signal, result.oomKilled], [code, 0, false]);
      assert.equal(result.unknown, undefined);
      assert.deepEqual(await world.driver.wait(handle, forever), result);
      await world.driver.stop(handle, 'SIGTERM', 1_000);
      await world.driver.destroy(handle);
    });
  }

  test(`${name}: what it printed is in its files when its end is told`, async (t) => {
    const { prints } = world.scenarios;
    if (prints === undefined) {
      t.skip('has no output');
      return;
    }
    const { handle, spec } = await begin(prints('words and words'));
    await ended(world.driver, handle);
    assert.match(printed(spec), /words and words/);
    await world.driver.destroy(handle);
  });

  test(`${name}: a wait is given up on abort, and the task goes on`, async () => {
    const { handle } = await begin(world.scenarios.runs);
    const abort = new AbortController();
    const waiting = world.driver.wait(handle, abort.signal);
    abort.abort();
    await assert.rejects(waiting, isFault('canceled'));
    const late = AbortSignal.abort();
    await assert.rejects(world.driver.wait(handle, late), isFault('canceled'));
    await world.driver.stats(handle);
    const stopping = world.driver.stop(handle, 'SIGTERM', 60_000);
    await world.pass(50);
    await stopping;
    const { exitCode, signal } = await ended(world.driver, handle);
    const { afterStop } = world;
    if (afterStop !== undefined) assert.deepEqual({ exitCode, signal }, afterStop);
    await world.driver.destroy(handle);
  });

  test(`${name}: a start that was given up leaves nothing`, async () => {
    const spec = specFor(world.dir, name, world.scenarios.runs);
    await assert.rejects(world.driver.start(spec, AbortSignal.abort()), isFault('canceled'));
  });

  test(`${name}: what ignores the signal is killed when its grace is over`, async (t) => {
    const { ignores } = world.scenarios;
    if (ignores === undefined) {
      t.skip('nothing can ignore');
      return;
    }
    const { handle } = await begin(ignores);
    let stopped = false;
    // Far longer than a busy machine takes for what is to be a moment.
    const stopping = world.driver.stop(handle, 'SIGTERM', 2_500).then(() => (stopped = true));
    await world.pass(200);
    assert(!stopped, 'the grace is waited for');
    await world.pass(2_400);
    await stopping;
    const result = await ended(world.driver, handle);
    assert.deepEqual([result.exitCode, result.signal], [137, 9]);
    await world.driver.destroy(handle);
  });

  test(`${name}: a successor takes the task up`, async () => {
    const { handle } = await begin(world.scenarios.runs);
    const next = world.successor();
    await next.recover(handle, forever);
    await next.recover(handle, forever);
    await next.stats(handle);
    const stopping = next.stop(handle, 'SIGTERM', 60_000);
    await world.pass(50);
    await stopping;
    await ended(next, handle);
    await next.destroy(handle);
    if (world.hasWorld) {
      await assert.rejects(world.successor().recover(handle, forever), isFault('not_found'));
    }
    // The instance of the agent that died would still count the time of a mock task.
    await world.driver.destroy(handle);
  });

  test(`${name}: a signal arrives; an unknown one is invalid; none reaches the dead`, async (t) => {
    if (!world.driver.capabilities.signals) {
      t.skip('takes no signals');
      return;
    }
    const { handle } = await begin(world.scenarios.runs);
    await assert.rejects(world.driver.signal(handle, 'SIGNONE'), isFault('invalid'));
    await world.driver.signal(handle, 'SIGKILL');
    const result = await ended(world.driver, handle);
    assert.equal(result.exitCode, 137);
    await assert.rejects(world.driver.signal(handle, 'SIGTERM'), isFault('not_found'));
    await world.driver.destroy(handle);
  });

  test(`${name}: use is measured while it runs and not after`, async () => {
    const { handle } = await begin(world.scenarios.runs);
    const first = await world.driver.stats(handle);
    await world.pass(100);
    const second = await world.driver.stats(handle);
    assert(second.at >= first.at);
    assert(second.cpu.percent >= 0 && second.cpu.percent < 1_000);
    if (world.measures) assert(second.memory.rss > 0 && second.pids > 0);
    const stopping = world.driver.stop(handle, 'SIGKILL', 0);
    await world.pass(50);
    await stopping;
    await ended(world.driver, handle);
    await assert.rejects(world.driver.stats(handle), isFault('not_found'));
    await world.driver.destroy(handle);
  });

  test(`${name}: stop and destroy of what is gone are content`, async () => {
    const { handle } = await begin(world.scenarios.exits(0));
    await ended(world.driver, handle);
    await world.driver.stop(handle, 'SIGTERM', 1_000);
    await world.driver.destroy(handle);
    await world.driver.stop(handle, 'SIGTERM', 1_000);
    await world.driver.destroy(handle);
  });

  test(`${name}: a handle that nobody can read is not found`, async () => {
    const handle: TaskHandle = { driver: name, version: 99, startedAt: 0 as never, state: {} };
    await assert.rejects(world.driver.recover(handle, forever), isFault('not_found'));
  });

  test(`${name}: a command runs inside the task`, async (t) => {
    const { handle } = await begin(world.scenarios.runs);
    const request = { command: ['/bin/sh', '-c', 'read a; echo "got $a"; exit 5'], tty: false };
    if (world.driver.capabilities.exec) {
      const session = await world.driver.exec(handle, request, forever);
      await session.write(Buffer.from('hello\n'));
      await session.closeInput();
      assert.deepEqual(await collect(session), { stdout: 'got hello\n', stderr: '', code: 5 });
    } else {
      await assert.rejects(world.driver.exec(handle, request, forever), isFault('unsupported'));
      t.diagnostic('runs no commands');
    }
    const stopping = world.driver.stop(handle, 'SIGKILL', 0);
    await world.pass(50);
    await stopping;
    await ended(world.driver, handle);
    await world.driver.destroy(handle);
  });
}
