/**
 * Holds a directory for one process, however that process ends.
 *
 * The claim is a listening unix socket in the directory: the kernel closes it with the process, so
 * there are no stale claims, no process ids to mistake, and it works across containers that share
 * the directory.
 *
 * K1: whoever claims listens first and looks at the others second, so of two at once at least one
 *     sees the other. (Both may, and both give up; that is tried again a few times.)
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { explain, Failure } from '../../base/failure.ts';
import type { DiskLock } from '../../ports/disk.ts';

/** Two that start at once get this many chances to come one after the other. */
const ATTEMPTS = 4;
const RETRY_MS_MAX = 60;
const NAME = /^lock\.(\d+)\.[0-9a-f]+$/;

/** See `Disk.lock`. */
export async function lockDirectory(dir: string): Promise<DiskLock> {
  // A socket's path is at most 107 bytes; through the open directory it is short, however deep.
  const handle = await fs.open(dir, 'r').catch((error: unknown) => {
    throw new Failure('not_found', `cannot lock directory "${dir}"`, { cause: error });
  });
  const near = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : dir;
  try {
    for (let attempt = 1; ; attempt++) {
      const claim = await tryClaim(dir, near);
      if (claim.server !== undefined) return heldBy(claim.server, handle);
      if (attempt === ATTEMPTS) {
        throw new Failure(
          'conflict',
          `directory "${dir}" is in use by another agent (process ${claim.holder})`,
          { facts: { dir, holder: claim.holder } },
        );
      }
      await delay((randomBytes(1)[0] ?? 0) % RETRY_MS_MAX);
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
}

type Claim = { server: net.Server } | { server: undefined; holder: string };

async function tryClaim(dir: string, near: string): Promise<Claim> {
  const mine = `lock.${process.pid}.${randomBytes(6).toString('hex')}`;
  const server = await listen(dir, path.join(near, mine));
  for (const name of await fs.readdir(dir)) {
    const holder = NAME.exec(name)?.[1];
    if (holder === undefined || name === mine) continue;
    if (await isAlive(path.join(near, name))) {
      await closeServer(server);
      return { server: undefined, holder };
    }
    // Somebody else may be tidying up as well.
    await fs.rm(path.join(dir, name), { force: true });
  }
  return { server };
}

function listen(dir: string, socket: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((peer) => peer.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fault = error.code === 'ENOSPC' ? 'exhausted' : 'unavailable';
      reject(new Failure(fault, `cannot lock directory "${dir}": ${explain(error)}`));
    });
    server.listen(socket, () => resolve(server.unref()));
  });
}

/** Whether somebody listens. A stopped process does too: the kernel answers for it. */
function isAlive(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const peer = net.connect(socket);
    peer.once('connect', () => {
      peer.destroy();
      resolve(true);
    });
    // Only a clear "nobody listens" or "no such name" proves death; a full backlog does not.
    peer.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function heldBy(server: net.Server, handle: fs.FileHandle): DiskLock {
  return {
    async release(): Promise<void> {
      if (!server.listening) return;
      // Closing takes the socket's name away too, through the directory held open.
      await closeServer(server);
      await handle.close();
    },
  };
}

function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
