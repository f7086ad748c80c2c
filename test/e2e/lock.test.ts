/**
 * Programs under `muster lock`, in the real world: whatever becomes of the process that holds the
 * lock, its program is gone before anybody else is granted it.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { halt, isAlive } from '../processes.ts';
import { AgentProcess } from './agent-process.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');
/** The session of a lock lives so long without renewal [ms]. */
const TTL_MS = 15_000;

describe('lock', () => {
  let agent: AgentProcess;
  let dir: string;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'muster-lock-'));
    agent = await AgentProcess.startServer('log_level = "warn"');
  });

  after(async () => {
    await agent[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Starts a holder; it and its program die with the test. */
  function holder(...args: readonly string[]): ChildProcess {
    return spawn(PROGRAM, ['lock', ...args], {
      env: { ...process.env, MUSTER_HTTP_ADDR: `127.0.0.1:${agent.discoveryPort}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** A program that ignores SIGTERM, with a child, and writes when each of them lives. */
  function stubborn(name: string): { readonly command: string; alive: () => boolean } {
    const pids = join(dir, name);
    const command = `trap '' TERM; echo $$ >${pids}; sh -c 'echo $$ >>${pids}; sleep 300' & wait; sleep 300`;
    return { command, alive: () => pidsIn(pids).some(isAlive) };
  }

  async function started(name: string): Promise<void> {
    const file = join(dir, name);
    await agent.until(`${name} runs`, () =>
      Promise.resolve(existsSync(file) && pidsIn(file).length === 2),
    );
  }

  /** When a second holder is granted the lock; it tells whether the first program lives then. */
  async function whenGranted(prefix: string, alive: () => boolean): Promise<boolean> {
    const seen = join(dir, `${prefix.replaceAll('/', '-')}-granted`);
    const second = holder(prefix, `touch ${seen}; sleep 2`);
    while (!existsSync(seen)) {
      assert.equal(second.exitCode, null, 'the second holder waits for the lock');
      await delay(10);
    }
    const lives = alive();
    await ended(second);
    return lives;
  }

  test('a holder that is stopped loses its program before the lock is granted again', async () => {
    const program = stubborn('stopped');
    const first = holder('jobs/stopped', program.command);
    await started('stopped');
    await halt(first.pid ?? 0);
    try {
      const stoppedAt = Date.now();
      const granted = whenGranted('jobs/stopped', program.alive);
      await agent.until('the program is gone', () => Promise.resolve(!program.alive()));
      assert.ok(Date.now() - stoppedAt < TTL_MS, 'within the time of the session');
      assert.equal(await granted, false);
    } finally {
      first.kill('SIGCONT');
    }
    assert.equal(await ended(first), 1);
  });

  test('a holder that is killed takes its program with it', async () => {
    const program = stubborn('killed');
    const first = holder('jobs/killed', program.command);
    await started('killed');
    first.kill('SIGKILL');
    const killedAt = Date.now();
    await agent.until('the program is gone', () => Promise.resolve(!program.alive()));
    assert.ok(Date.now() - killedAt < TTL_MS);
  });

  test('a session that somebody ends takes the lock and the program', async () => {
    const program = stubborn('ended');
    const first = holder('jobs/ended', program.command);
    await started('ended');
    const base = `http://127.0.0.1:${agent.discoveryPort}/v1`;
    const answer = await fetch(`${base}/kv/jobs/ended/.lock`);
    const [pair] = (await answer.json()) as { Session: string; LockIndex: number }[];
    assert.ok(pair !== undefined && pair.LockIndex > 0);
    await fetch(`${base}/session/destroy/${pair.Session}`, { method: 'PUT' });
    assert.equal(await whenGranted('jobs/ended', program.alive), false);
    assert.equal(await ended(first), 1);
  });

  test('an agent that is stopped costs the lock, and the program in time', async () => {
    const program = stubborn('cut-off');
    const first = holder('jobs/cut-off', program.command);
    await started('cut-off');
    await halt(agent.pid);
    try {
      const stoppedAt = Date.now();
      await agent.until('the program is gone', () => Promise.resolve(!program.alive()));
      assert.ok(Date.now() - stoppedAt < TTL_MS);
    } finally {
      agent.signal('SIGCONT');
    }
    assert.equal(await ended(first), 1);
  });

  test('SIGTERM ends the program and gives the lock back', async () => {
    const pids = join(dir, 'asked');
    const first = holder('jobs/asked', `echo $$ >${pids}; echo $$ >>${pids}; exec sleep 300`);
    await started('asked');
    first.kill('SIGTERM');
    assert.equal(await ended(first), 0);
    assert.ok(!pidsIn(pids).some(isAlive));
    const next = await agent.run('lock', '-try', '10s', 'jobs/asked', 'true');
    assert.equal(next.code, 0, next.out);
  });

  test('as many hold a semaphore as it has places', async () => {
    const log = join(dir, 'places');
    // The first waits for a second one; a third would have time to come.
    const areTwo = `[ "$(grep -c in ${log})" -ge 2 ]`;
    const command = `echo in >>${log}; until ${areTwo}; do sleep 0.05; done; sleep 1; echo out >>${log}`;
    const holders = Array.from({ length: 5 }, () => holder('-n', '2', 'jobs/places', command));
    for (const one of holders) assert.equal(await ended(one), 0);
    let inside = 0;
    let most = 0;
    for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
      inside += line === 'in' ? 1 : -1;
      most = Math.max(most, inside);
    }
    assert.deepEqual([inside, most], [0, 2]);
    const { out } = await agent.run('kv', 'get', '-recurse', 'jobs/places');
    assert.equal(out, '', 'nothing is left of it');
  });
});

function pidsIn(file: string): readonly number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}
