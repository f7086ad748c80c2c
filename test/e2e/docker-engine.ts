/** A Docker engine of the test's own, in a network namespace of its own, with a small image. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Engine } from '../../src/io/drivers/docker/engine.ts';

/** Loaded by `OwnEngine.start`: busybox with the usual links. */
export const IMAGE = 'muster-test/busybox:1';

const COMMANDS = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'ls',
  'kill',
  'nc',
  'true',
  'false',
  'tail',
  'seq',
  'dd',
  'id',
  'hostname',
];
const START_MS_MAX = 120_000;

/** Why no engine can run here, or undefined. */
export function engineMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!onPath('dockerd')) return 'dockerd is not installed';
  if (!existsSync('/bin/busybox')) return 'busybox-static is not installed';
  return undefined;
}

export class OwnEngine implements AsyncDisposable {
  readonly directory: string;
  readonly engine: Engine;
  readonly #process: ChildProcess;

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.#process = child;
    this.engine = new Engine(join(directory, 'docker.sock'));
  }

  /** @param where `here`: in the network namespace of this process, which is the test's own */
  static async start(where: 'apart' | 'here' = 'apart'): Promise<OwnEngine> {
    const directory = mkdtempSync(join(tmpdir(), 'muster-docker-'));
    const own = new OwnEngine(directory, launch(directory, where === 'apart' ? ['-n'] : []));
    await own.#ready();
    await own.#loadImage();
    return own;
  }

  /** Runs a command where the engine publishes ports. */
  inNetwork(...command: string[]): string {
    const pid = String(this.#process.pid);
    return execFileSync('nsenter', ['-t', pid, '-n', ...command], {
      encoding: 'utf8',
      timeout: 10_000,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    await this.#end('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async #ready(): Promise<void> {
    const end = Date.now() + START_MS_MAX;
    for (;;) {
      try {
        await this.engine.call({ method: 'GET', path: '/version' });
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
        await delay(100);
      }
    }
  }

  async #loadImage(): Promise<void> {
    const root = join(this.directory, 'image');
    mkdirSync(join(root, 'bin'), { recursive: true });
    mkdirSync(join(root, 'tmp'));
    cpSync('/bin/busybox', join(root, 'bin', 'busybox'));
    for (const name of COMMANDS) symlinkSync('busybox', join(root, 'bin', name));
    const archive = join(this.directory, 'image.tar');
    execFileSync('tar', ['-C', root, '-cf', archive, '.']);
    const [repo = '', tag = ''] = IMAGE.split(':');
    const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(repo)}&tag=${tag}`;
    const progress = await this.engine.upload(path, archive, AbortSignal.timeout(120_000));
    let told = 0;
    for await (const piece of progress) told += piece.length;
    assert.ok(told > 0, 'the engine says what it imported');
  }
}

function launch(directory: string, apart: readonly string[]): ChildProcess {
  return spawn(
    'unshare',
    [
      ...[...apart, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', 'dockerd'],
      `--host=unix://${join(directory, 'docker.sock')}`,
      `--data-root=${join(directory, 'data')}`,
      `--exec-root=${join(directory, 'exec')}`,
      `--pidfile=${join(directory, 'docker.pid')}`,
    ],
    { stdio: 'ignore' },
  );
}

function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((dir) => existsSync(join(dir, name)));
}
