/** Commands as processes: each in a group of its own, killed whole. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { CommandRequest, Commands } from '../../ports/command.ts';
import { killTree } from '../proc/process.ts';

export const systemCommands: Commands = {
  async run(request, onOutput, signal) {
    if ('args' in request) return runArgs(request.args, onOutput, signal);
    const dir = await mkdtemp(join(tmpdir(), 'muster-exec-'));
    try {
      const path = join(dir, 'script');
      await writeFile(path, request.script, { mode: 0o700 });
      return await runArgs([path], onOutput, signal);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};

type OnOutput = Parameters<Commands['run']>[1];

async function runArgs(
  [command = '', ...args]: Extract<CommandRequest, { args: unknown }>['args'],
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<number> {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => {
    if (child.pid !== undefined) killTree(child.pid);
  };
  signal.addEventListener('abort', kill, { once: true });
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(notStarted(command, cause));
    });
    child.once('exit', (code, name) => {
      resolve(code ?? 128 + constants.signals[name ?? 'SIGKILL']);
    });
  });
  try {
    if (signal.aborted) kill();
    const [code] = await Promise.all([
      exited,
      ...[child.stdout, child.stderr].map((stream) => pump(stream, onOutput)),
    ]);
    return code;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

async function pump(stream: AsyncIterable<unknown>, onOutput: OnOutput): Promise<void> {
  for await (const bytes of stream) await onOutput(bytes as Uint8Array);
}

function notStarted(command: string, cause: Error & { readonly code?: string }): Failure {
  const fault = cause.code === 'EACCES' ? 'denied' : 'not_found';
  return new Failure(fault, `cannot start "${command}"`, { cause });
}
