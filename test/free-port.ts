/**
 * Ports for programs that begin to listen on their own, a moment or minutes later, and perhaps
 * again after they were killed.
 *
 * F1: none is given twice on this machine while the process that asked for it lives: whoever draws
 *     ports takes the abstract socket of that name first, and keeps it.
 * F2: none is one that anybody happens upon: the system takes those above 32,000 for `listen(0)`
 *     and for connections, a client those from 20,000 on for its tasks.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, type ListenOptions, type Server } from 'node:net';

const FIRST = 10_000;
const COUNT = 10_000;
/** Far more than are taken where nothing is wrong. */
const DRAWS_MAX = 1_000;

/** Taken until this process ends (F1). */
const names: Server[] = [];

export async function freePort(): Promise<number> {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const port = FIRST + randomInt(COUNT);
    if ((await isMine(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT - 1}`);
}

export function freePorts(count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

async function isMine(port: number): Promise<boolean> {
  const name = await listening({ path: `\0muster-test-port-${port}` });
  if (name === undefined) return false;
  names.push(name.unref());
  return true;
}

/** Whether nobody who did not ask here uses it, in either protocol. */
async function isFree(port: number): Promise<boolean> {
  const server = await listening({ port });
  if (server === undefined) return false;
  await new Promise((closed) => server.close(closed));
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, () => socket.close(() => resolve(true)));
  });
}

/** Undefined where somebody else does. */
function listening(where: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(where, () => resolve(server));
  });
}
