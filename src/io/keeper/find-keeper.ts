/** Finds the keeper of a data directory, or starts one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/failure.ts';
import { KEEPER_PROTOCOL, speaks, type KeeperHello } from '../../core/keeper/protocol.ts';
import { openSession, SessionLost, type KeeperSession } from './session.ts';

export interface KeeperPlace {
  readonly socketPath: string;
  /** Program and arguments that run a keeper on that socket. */
  readonly command: readonly string[];
  /** What a keeper says on its standard error. */
  readonly logPath: string;
  /** Of this build. A keeper of another one is replaced once it has no task. */
  readonly version: string;
}

/** A slow machine under load needs seconds to start a process; a broken one never does. */
const START_MS_MAX = 15_000;
const HELLO_MS_MAX = 5_000;

/** `sun_path` of unix(7) has 108 bytes, the last one a zero. */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * Where the keeper of a data directory listens: in it, or, when the system cannot take so long a
 * path, in the run-time directory under a name made from it.
 *
 * Fails: `denied` when somebody else made that directory.
 */
export function keeperSocketPath(dataDir: string): string {
  const wanted = join(dataDir, 'keeper.sock');
  if (Buffer.byteLength(wanted) <= SOCKET_PATH_BYTES_MAX) return wanted;
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 20);
  const user = process.getuid?.() ?? 0;
  for (const dir of ['/run/muster', `/tmp/muster-${user}`]) {
    if (isOwn(dir, user)) return join(dir, `${name}.sock`);
  }
  throw new Failure('denied', `no run-time directory for the socket of ${dataDir} is ours`);
}

function isOwn(dir: string, user: number): boolean {
  try {
    mkdirSync(dir, { mode: 0o700, recursive: true });
    const stat = lstatSync(dir);
    return stat.isDirectory() && stat.uid === user && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/**
 * Connects to the keeper, starting one if there is none.
 *
 * Fails: `unavailable` it does not start, or speaks another protocol; `canceled`.
 */
export async function findKeeper(
  place: KeeperPlace,
  signal: AbortSignal,
): Promise<{ session: KeeperSession; hello: KeeperHello }> {
  const deadline = performance.now() + START_MS_MAX;
  let started: ChildProcess | undefined;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 1.5, 200)) {
    const session = await openSession(place.socketPath);
    if (session !== undefined) {
      const hello = await meet(session, place.version);
      if (hello !== undefined) return { session, hello };
    }
    // One at a time; another when it ended, by a kill or because it met one that was just ending.
    if (started === undefined || hasEnded(started)) started = startKeeper(place);
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new Failure('canceled', 'nobody wants the keeper any more');
    if (performance.now() > deadline) {
      throw new Failure('unavailable', `the keeper does not start; see ${place.logPath}`);
    }
  }
}

async function greet(session: KeeperSession, version: string): Promise<KeeperHello> {
  const timeout = new AbortController();
  const hello = await Promise.race([
    session.call<'hello'>({ do: 'hello', protocol: KEEPER_PROTOCOL, version }),
    delay(HELLO_MS_MAX, undefined, { signal: timeout.signal }).catch(() => undefined),
  ]);
  timeout.abort();
  if (hello !== undefined && speaks(hello.protocol)) return hello;
  session.close();
  const why = hello === undefined ? 'does not answer' : `speaks protocol ${hello.protocol}`;
  throw new Failure('unavailable', `the keeper ${why}`);
}

/** Undefined: it is going or gone, and another one is needed. */
async function meet(session: KeeperSession, version: string): Promise<KeeperHello | undefined> {
  try {
    const hello = await greet(session, version);
    return (await replaced(session, hello, version)) ? undefined : hello;
  } catch (error) {
    if (error instanceof SessionLost) return undefined;
    throw error;
  }
}

/** Ends a keeper of another build that has nothing to lose by it. */
async function replaced(
  session: KeeperSession,
  hello: KeeperHello,
  version: string,
): Promise<boolean> {
  if (hello.version === version) return false;
  const tasks = await session.call<'list'>({ do: 'list' });
  if (tasks.length > 0) return false;
  await session.call<'end'>({ do: 'end' });
  await session.closed;
  return true;
}

/** In a session of its own, so that nothing sent to the agent's terminal or group reaches it. */
function startKeeper(place: KeeperPlace): ChildProcess {
  const [program = '', ...args] = place.command;
  mkdirSync(dirname(place.logPath), { recursive: true });
  const log = openSync(place.logPath, 'a', 0o600);
  const child = spawn(program, args, {
    cwd: '/',
    // It reads pipes by events and files at once; a pool of threads would only take memory.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.once('error', () => undefined);
  child.unref();
  return child;
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
