/**
 * The keeper: a small process that is the parent of a client's tasks, so that the agent may be
 * stopped, upgraded or killed while they go on.
 *
 * It loads little and decides nothing: what to start, where, and when to stop comes over its
 * socket. When it ends itself, its tasks live on; the next keeper adopts them.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { Failure } from '../base/failure.ts';
import { FifoPool } from './fifo-pool.ts';
import type { InsideCgroups } from './launch-task.ts';
import { serve } from './serve.ts';
import { Tasks } from './tasks.ts';

export interface KeeperOptions {
  /** The unix socket to answer on. */
  readonly socketPath: string;
  /** Where its pipes live; nobody else may enter. */
  readonly fifoDir: string;
  /** Of this build. */
  readonly version: string;
  /** Ends itself after this long without a task and without a client [ms]; 0: never. */
  readonly idleMs: number;
}

/** What a keeper is given of the world besides Node itself. */
export interface KeeperDeps {
  /** Runs `fork` so that what it starts is born in the cgroups; throws what the system says. */
  readonly insideCgroups: InsideCgroups;
}

/**
 * Resolves when `signal` aborts, when a client ends it, or when it has been idle for long.
 *
 * The caller ends the process then, which has handles left of its tasks.
 *
 * Fails: `conflict` when another keeper answers on the socket.
 */
export async function runKeeper(
  options: KeeperOptions,
  deps: KeeperDeps,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const stopped = AbortSignal.any([signal, ending.signal]);
  await makeWay(options.socketPath);
  const tasks = new Tasks({ fifos: new FifoPool(options.fifoDir), ...deps });
  const server = createServer((socket) => {
    serve(socket, tasks, { version: options.version, end: () => ending.abort() });
  });
  await listen(server, options.socketPath);
  const idle = watchIdle(server, tasks, options.idleMs, () => ending.abort());
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    else stopped.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(idle);
  // Node removes the socket's file with the server. The tasks' pipes and processes stay as they
  // are.
  server.close();
}

/** Removes the socket of a keeper that died. Fails: `conflict` when one is alive behind it. */
async function makeWay(socketPath: string): Promise<void> {
  const code = await new Promise<string>((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve('');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  });
  if (code === '') throw new Failure('conflict', `a keeper answers on ${socketPath}`);
  if (code === 'ECONNREFUSED') unlinkSync(socketPath);
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new Failure('unavailable', `cannot listen on ${socketPath}`, { cause: error }));
    });
    server.listen(socketPath, () => {
      chmodSync(socketPath, 0o600);
      resolve();
    });
  });
}

function watchIdle(
  server: Server,
  tasks: Tasks,
  idleMs: number,
  end: () => void,
): NodeJS.Timeout | undefined {
  if (idleMs === 0) return undefined;
  let since = performance.now();
  return setInterval(
    () => {
      server.getConnections((_, count) => {
        if (count > 0 || tasks.count > 0) since = performance.now();
        else if (performance.now() - since >= idleMs) end();
      });
    },
    Math.min(idleMs, 10_000),
  );
}
