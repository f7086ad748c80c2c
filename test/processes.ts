/**
 * What becomes of processes that tests signal: on a busy machine a process goes on for a while
 * after it was stopped or killed, and does what a test takes for impossible by then.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** On a machine that is ten times slower than a quiet one. */
const PATIENCE_MS = 60_000;

/** Stops a process; resolves when it stands still. */
export async function halt(pid: number): Promise<void> {
  signal(pid, 'SIGSTOP');
  await until(`process ${pid} stands still`, () => standsStill(pid));
}

/** Kills a process, also one that stands still; resolves when it is gone. */
export async function kill(pid: number): Promise<void> {
  signal(pid, 'SIGKILL');
  await until(`process ${pid} is gone`, () => !isAlive(pid));
}

/** A zombie does no harm: it waits for somebody to look at its end. */
export function isAlive(pid: number): boolean {
  return !['', 'Z', 'X'].includes(stateOf(`/proc/${pid}`));
}

/** 0 and less would be groups of processes, our own among them. */
function signal(pid: number, name: NodeJS.Signals): void {
  if (pid <= 0) throw new Error(`there is no process ${pid}`);
  process.kill(pid, name);
}

/** True when each of its threads is stopped. */
function standsStill(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => stateOf(`/proc/${pid}/task/${thread}`) === 'T');
}

/** One letter, as `ps` shows it; empty where there is no such process. */
function stateOf(path: string): string {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`${path}/status`, 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await delay(1);
  }
}
