/** The docker driver on a real engine. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { DEFAULT_CAPABILITIES } from '../../src/core/model/capabilities.ts';
import type { AllocId } from '../../src/core/model/ids.ts';
import { DockerDriver } from '../../src/io/drivers/docker/docker-driver.ts';
import { Engine } from '../../src/io/drivers/docker/engine.ts';
import type { TaskSpec } from '../../src/ports/driver.ts';
import { engineMissing, IMAGE, OwnEngine } from './docker-engine.ts';

const missing = engineMissing();
const signal = AbortSignal.timeout(280_000);

describe('docker driver', { skip: missing ?? false }, () => {
  let own: OwnEngine;
  let directory: string;
  let count = 0;
  const opened: DockerDriver[] = [];

  before(async () => {
    own = await OwnEngine.start();
    directory = mkdtempSync(join(tmpdir(), 'muster-docker-tasks-'));
  });
  after(async () => {
    for (const driver of opened) await driver.close();
    await own[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  function driver(): DockerDriver {
    const made = new DockerDriver(
      {
        policy: { allowPrivileged: false, volumes: false, allowCaps: DEFAULT_CAPABILITIES },
        cores: 2,
        mhz: 2600,
        removeContainers: true,
      },
      {
        engine: new Engine(own.engine.socketPath),
        now: () => Date.now() as Millis,
        credentials: () => Promise.resolve(undefined),
      },
    );
    opened.push(made);
    return made;
  }

  function spec(config: JsonObject, over: Partial<TaskSpec> = {}): TaskSpec {
    const allocId = `a${++count}` as AllocId;
    const allocDir = join(directory, allocId);
    const directories = {
      allocDir,
      sharedDir: join(allocDir, 'alloc'),
      taskDir: join(allocDir, 'web'),
      localDir: join(allocDir, 'web', 'local'),
      secretsDir: join(allocDir, 'web', 'secrets'),
    };
    mkdirSync(join(directories.sharedDir, 'logs'), { recursive: true });
    mkdirSync(directories.localDir, { recursive: true });
    mkdirSync(directories.secretsDir);
    return {
      allocId,
      jobName: 'job',
      groupName: 'group',
      taskName: 'web',
      attempt: 0,
      config: { image: IMAGE, ...config },
      env: { GREETING: 'hello' },
      user: '',
      resources: { cpu: 100, cores: [], memoryMb: 32, memoryMaxMb: 0, cpuShare: 0.1 },
      directories,
      ports: [],
      mounts: [],
      logs: {
        stdoutBase: join(directories.sharedDir, 'logs', 'web.stdout'),
        stderrBase: join(directories.sharedDir, 'logs', 'web.stderr'),
        maxFiles: 10,
        maxFileSizeMb: 1,
        disabled: false,
      },
      ...over,
    };
  }

  /** All output so far, oldest file first. */
  function output(task: TaskSpec, stream: 'stdout' | 'stderr' = 'stdout'): string {
    const logs = join(task.directories.sharedDir, 'logs');
    return readdirSync(logs)
      .filter((name) => name.startsWith(`web.${stream}.`))
      .sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]))
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('');
  }

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + 60_000;
    while (!(await condition())) {
      assert.ok(Date.now() < end, 'the condition came true in time');
      await delay(50);
    }
  }

  test('is found with its version', async () => {
    const found = await driver().fingerprint(signal);
    assert.equal(found.healthy, true);
    assert.match(found.attributes['driver.docker.version'] ?? '', /^\d+\./);
  });

  test('an engine that is away is told as the reason', async () => {
    const away = new DockerDriver(
      {
        policy: { allowPrivileged: false, volumes: false, allowCaps: [] },
        cores: 1,
        mhz: 1,
        removeContainers: true,
      },
      {
        engine: new Engine('/nonexistent/docker.sock'),
        now: () => 0 as Millis,
        credentials: () => Promise.resolve(undefined),
      },
    );
    const found = await away.fingerprint(signal);
    assert.equal(found.detected, false);
    assert.match(found.healthDescription, /\/nonexistent\/docker\.sock/);
  });

  test('runs to its end with code, output on both streams and its directories', async () => {
    const docker = driver();
    const task = spec({
      command: 'sh',
      args: [
        '-c',
        'echo $GREETING; echo oops >&2; echo kept > /alloc/kept; ls -d /local /secrets; exit 3',
      ],
    });
    const handle = await docker.start(task, signal);
    const result = await docker.wait(handle, signal);
    assert.equal(result.exitCode, 3);
    await docker.destroy(handle);
    assert.equal(output(task), 'hello\n/local\n/secrets\n');
    assert.equal(output(task, 'stderr'), 'oops\n');
    assert.equal(readFileSync(join(task.directories.sharedDir, 'kept'), 'utf8'), 'kept\n');
  });

  test('is asked with its signal, and killed when it does not listen', async () => {
    const docker = driver();
    const polite = spec({
      command: 'sh',
      args: ['-c', 'trap "exit 7" INT; echo up; while :; do sleep 0.1; done'],
    });
    const first = await docker.start(polite, signal);
    await until(() => output(polite) === 'up\n');
    await docker.stop(first, 'SIGINT', 60_000);
    assert.equal((await docker.wait(first, signal)).exitCode, 7);
    const deaf = spec({
      command: 'sh',
      args: ['-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'],
    });
    const second = await docker.start(deaf, signal);
    await until(() => output(deaf) === 'up\n');
    await docker.stop(second, 'SIGTERM', 300);
    const killed = await docker.wait(second, signal);
    assert.deepEqual([killed.exitCode, killed.signal], [137, 9]);
    await docker.destroy(first);
    await docker.destroy(second);
    await docker.destroy(second);
  });

  test('publishes its ports on loopback', async () => {
    const docker = driver();
    const task = spec(
      {
        command: 'sh',
        args: ['-c', 'while :; do echo pong | nc -l -p 80; done'],
        port_map: { http: 80 },
      },
      { ports: [{ label: 'http', value: 28_080, to: 0, hostIp: '127.0.0.1' }] },
    );
    const handle = await docker.start(task, signal);
    await until(() => {
      try {
        return own.inNetwork('sh', '-c', 'echo | busybox nc 127.0.0.1 28080') === 'pong\n';
      } catch {
        return false;
      }
    });
    await docker.stop(handle, 'SIGKILL', 0);
    await docker.destroy(handle);
  });

  test('memory beyond the limit is told as such', async () => {
    const docker = driver();
    const task = spec({
      command: 'dd',
      args: ['if=/dev/zero', 'of=/dev/null', 'bs=100M', 'count=1'],
    });
    const handle = await docker.start(task, signal);
    const result = await docker.wait(handle, signal);
    assert.equal(result.oomKilled, true);
    await docker.destroy(handle);
  });

  test('a command runs inside, with input, output and code', async () => {
    const docker = driver();
    const task = spec({ command: 'sleep', args: ['1000'] });
    const handle = await docker.start(task, signal);
    const session = await docker.exec(handle, {
      command: ['sh', '-c', 'cat; echo err >&2; exit 5'],
      tty: false,
    });
    await session.write(Buffer.from('typed\n'));
    await session.closeInput();
    const seen = { stdout: '', stderr: '' };
    for await (const { stream, bytes } of session.output)
      seen[stream] += Buffer.from(bytes).toString();
    assert.deepEqual(seen, { stdout: 'typed\n', stderr: 'err\n' });
    assert.equal(await session.exited, 5);
    const usage = await docker.stats(handle);
    assert.ok(usage.memory.usage > 0);
    await docker.stop(handle, 'SIGKILL', 0);
    await docker.destroy(handle);
  });

  test('another agent takes it up; no line is lost or doubled', async () => {
    const task = spec({
      command: 'sh',
      args: ['-c', 'for i in $(seq 1 3000); do echo line $i; done; sleep 1; echo end'],
    });
    const first = driver();
    const handle = await first.start(task, signal);
    await until(() => output(task).includes('line 100\n'));
    await first.close();
    const second = driver();
    await second.recover(handle, signal);
    assert.equal((await second.wait(handle, signal)).exitCode, 0);
    await second.destroy(handle);
    const want = Array.from({ length: 3000 }, (_, i) => `line ${i + 1}\n`).join('') + 'end\n';
    assert.equal(output(task), want);
  });

  const mistakes: [config: JsonObject, fault: string, says: RegExp][] = [
    [{ image: 'muster-test/none:1' }, 'not_found|unavailable', /muster-test\/none:1/],
    [{ image: 'No Image' }, 'invalid', /not an image name/],
    [{ command: '/no/such' }, 'invalid|not_found', /./],
    [{ privileged: true }, 'invalid', /privileged is not allowed on this node/],
  ];
  for (const [config, fault, says] of mistakes) {
    test(`${JSON.stringify(config)} starts nothing`, async () => {
      await assert.rejects(driver().start(spec(config), signal), (error) => {
        assert.ok(error instanceof Failure);
        assert.match(error.fault, new RegExp(fault));
        assert.match(error.message, says);
        return true;
      });
    });
  }
});
