/** Starts a process in a session of its own, with its output in pipes, inside its cgroups. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import type { Millis } from '../base/brand.ts';
import { Failure, type Fault } from '../base/failure.ts';
import type { Kept, Launch, LaunchUser, LogTarget, Outlet } from '../core/keeper/launch.ts';
import type { FifoPool } from './fifo-pool.ts';
import { KeptTask } from './kept-task.ts';
import { closeAll, discard, Output } from './output.ts';
import { bootId, processStat } from './proc.ts';

export type InsideCgroups = <Result>(dirs: readonly string[], fork: () => Result) => Result;

export interface LaunchDeps {
  readonly fifos: FifoPool;
  readonly insideCgroups: InsideCgroups;
  /** Resolves when it is this start's turn: one in each turn of the event loop. */
  readonly turn: () => Promise<void>;
}

/** Fails: `not_found` no such program or directory, `denied`, `invalid`, `unavailable`. */
export async function launchTask(launch: Launch, deps: LaunchDeps): Promise<KeptTask> {
  const stdout = await outlet(launch.stdout, deps.fifos);
  const stderr = await outlet(launch.stderr, deps.fifos);
  const outlets = [stdout, stderr].filter((o) => o !== undefined);
  await deps.turn();
  const owner = launch.outputOwner ?? launch.user;
  const outputs: Output[] = [];
  const inherited: number[] = [];
  try {
    const open = (o: Outlet | undefined): number | 'ignore' => {
      if (o === undefined) return 'ignore';
      if (owner !== undefined) chownSync(o.fifo, owner.uid, owner.gid);
      const output = new Output(o);
      outputs.push(output);
      const fd = output.openForTask();
      inherited.push(fd);
      return fd;
    };
    const stdio = ['ignore', open(stdout), open(stderr)] as const;
    const { child, pid } = await fork(launch, stdio, deps.insideCgroups);
    const kept = {
      id: launch.id,
      pid,
      startTicks: processStat(pid)?.startTicks ?? 0,
      bootId: bootId(),
      startedAt: Date.now() as Millis,
      cgroups: launch.cgroups,
      ...(stdout === undefined ? {} : { stdout }),
      ...(stderr === undefined ? {} : { stderr }),
    };
    return new KeptTask(kept, outputs, child);
  } catch (error) {
    for (const output of outputs) output.close();
    for (const o of outlets) discard(o.fifo);
    throw asFailure(error, launch);
  } finally {
    closeAll(inherited);
  }
}

/** Takes up a process that an earlier keeper started, and what it wrote meanwhile. */
export function adoptTask(kept: Kept): KeptTask {
  const outputs: Output[] = [];
  for (const outlet of [kept.stdout, kept.stderr]) {
    if (outlet === undefined) continue;
    try {
      outputs.push(new Output(outlet));
    } catch {
      // Pipe or directory is gone, and with them the place for output; the process is still ours.
    }
  }
  return new KeptTask(kept, outputs, undefined);
}

async function outlet(target: LogTarget | undefined, fifos: FifoPool): Promise<Outlet | undefined> {
  return target === undefined ? undefined : { fifo: await fifos.take(), target };
}

async function fork(
  launch: Launch,
  stdio: readonly ['ignore', number | 'ignore', number | 'ignore'],
  insideCgroups: InsideCgroups,
): Promise<{ child: ChildProcess; pid: number }> {
  const [program = '', ...args] = argvFor(launch);
  const child = insideCgroups(launch.bornIn, () =>
    spawn(program, args, {
      cwd: launch.cwd,
      env: launch.env,
      detached: true,
      stdio: [...stdio],
      ...(isPlain(launch) ? { uid: launch.user.uid, gid: launch.user.gid } : {}),
    }),
  );
  if (child.pid !== undefined) return { child, pid: child.pid };
  // What went wrong comes as an event on the next turn.
  const [error] = (await once(child, 'error')) as [Error];
  throw error;
}

/** Whether Node can change to the user itself: one without supplementary groups, at once. */
function isPlain(launch: Launch): launch is Launch & { user: LaunchUser } {
  return launch.user?.groups.length === 0 && launch.through.length === 0;
}

/** What Node cannot do `setpriv` can, and leaves nothing of itself behind. */
function argvFor(launch: Launch): readonly string[] {
  const { user, through, argv } = launch;
  if (user === undefined || isPlain(launch)) return [...through, ...argv];
  const groups = user.groups.length === 0 ? '--clear-groups' : `--groups=${user.groups.join(',')}`;
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, groups];
  return [...through, '/usr/bin/setpriv', ...ids, '--', ...argv];
}

const FAULT_OF: Readonly<Record<string, Fault>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOEXEC: 'invalid',
  E2BIG: 'invalid',
  EINVAL: 'invalid',
};

function asFailure(error: unknown, launch: Launch): Failure {
  if (error instanceof Failure) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const fault = FAULT_OF[code] ?? 'unavailable';
  return new Failure(fault, `cannot start "${launch.argv[0] ?? ''}"`, {
    cause: error,
    facts: { id: launch.id, code },
  });
}
