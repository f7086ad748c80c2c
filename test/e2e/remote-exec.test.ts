/** `muster exec` against a real agent that allows it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AgentProcess } from './agent-process.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');

describe('exec', () => {
  let agent: AgentProcess;
  let dir: string;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'muster-exec-'));
    agent = await AgentProcess.startServer('log_level = "warn"\ndisable_remote_exec = false');
  });

  after(async () => {
    await agent[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  /** What is left in the store of all jobs. */
  async function left(): Promise<string> {
    const keys = await agent.run('kv', 'get', '-keys', '_rexec/');
    const sessions = await fetch(`http://127.0.0.1:${agent.discoveryPort}/v1/session/list`);
    return `${keys.out}${await sessions.text()}`.trim();
  }

  test('output and exit codes come back, and nothing stays', async () => {
    const { code, out } = await agent.run('exec', '-wait', '5s', 'echo one; echo two >&2; exit 3');
    assert.equal(code, 2, out);
    assert.match(out, /^ {4}(\S+): one\n {4}\1: two\n==> \1: finished with exit code 3\n1 \/ 1 /);
    assert.equal(await left(), '[]');
  });

  test('a shell is not needed, and who does not match hears nothing', async () => {
    const direct = await agent.run('exec', '-wait=5s', '-shell=false', 'echo', '$HOME');
    assert.match(direct.out, /: \$HOME\n/);
    assert.equal(direct.code, 0);
    const nobody = await agent.run('exec', '-wait=5s', '-node=^nobody$', 'id');
    assert.match(nobody.out, /^0 \/ 0 node\(s\) completed \/ acknowledged\n$/);
    assert.equal(nobody.code, 0);
  });

  test('a command that is silent for long is waited for', async () => {
    const { code, out } = await agent.run('exec', '-wait=3s', 'sleep 8; echo late');
    assert.match(out, /: late\n==> \S+: finished with exit code 0\n/);
    assert.equal(code, 0);
  });

  test('Ctrl-C ends the command, and nothing stays', async () => {
    const file = join(dir, 'pid');
    const child = spawn(
      PROGRAM,
      ['exec', `echo $$ >${file}; while :; do echo .; sleep 0.2; done`],
      {
        env: { ...process.env, MUSTER_HTTP_ADDR: `127.0.0.1:${agent.discoveryPort}` },
        stdio: 'ignore',
      },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await agent.until('the command runs', () => Promise.resolve(pidIn(file) !== undefined));
    child.kill('SIGINT');
    assert.equal(await ended, 1);
    await agent.until('the command has ended', () =>
      Promise.resolve(!existsSync(`/proc/${pidIn(file) ?? 0}`)),
    );
    assert.equal(await left(), '[]');
  });
});

function pidIn(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8').trim();
  return text === '' ? undefined : Number(text);
}
