/**
 * Checks that are commands: in a process group of their own, which is killed whole at the timeout,
 * with those children that left it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { exitVerdict, failedVerdict, timeoutVerdict } from '../../core/checks/verdict.ts';
import type { ScriptProbe } from '../../core/model/health-check.ts';
import type { ProbeLimits, ProbeResult } from '../../ports/check-probes.ts';
import { killTree } from '../proc/process.ts';
import { reasonOf, startDeadline } from './deadline.ts';
import { Tail } from './tail.ts';

/** A command that writes more says nothing: it is killed, so that reading it costs no more. */
export const SCRIPT_BYTES_MAX = 16 * 1024 * 1024;
/** How long output is waited for after the exit, where children that live on hold it open [ms]. */
const LAST_WORDS_MS = 200;

/** Runs a command once. */
export async function checkScript(
  probe: ScriptProbe,
  limits: ProbeLimits,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const [command, ...args] = probe.args;
  if (command === undefined) return failedVerdict('no command was given');
  const deadline = startDeadline(limits.timeoutMs, signal);
  const tail = new Tail(limits.outputMaxBytes);
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = (): void => {
      if (child.pid !== undefined) killTree(child.pid);
    };
    deadline.signal.addEventListener('abort', kill, { once: true });
    if (deadline.signal.aborted) kill();
    collect(child, tail, kill);
    const code = await exited(child);
    deadline.signal.removeEventListener('abort', kill);
    if (deadline.isOver()) return timeoutVerdict(limits.timeoutMs, tail.text());
    if (tail.total > SCRIPT_BYTES_MAX) {
      return failedVerdict(`killed: wrote more than ${SCRIPT_BYTES_MAX} bytes\n${tail.text()}`);
    }
    return exitVerdict(code, tail.text());
  } catch (error) {
    return failedVerdict(notStarted(command, reasonOf(error)));
  } finally {
    deadline.end();
  }
}

function collect(child: ChildProcess, tail: Tail, kill: () => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Uint8Array) => {
      tail.add(bytes);
      if (tail.total > SCRIPT_BYTES_MAX) kill();
    });
  }
}

/** Resolves with the exit code when it ended and said its last. Rejects when it cannot start. */
function exited(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      const status = code ?? KILLED;
      const timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(status);
      }, LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(status);
      });
    });
  });
}

/** What shells say of a command that was killed. */
const KILLED = 137;

function notStarted(command: string, { code, message }: { code: string; message: string }): string {
  if (code === 'ENOENT') return `exec: "${command}": executable file not found in $PATH`;
  if (code === 'EACCES') return `fork/exec ${command}: permission denied`;
  return `exec: "${command}": ${message}`;
}
