/** A command run inside a container, over a hijacked connection. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { ExecRequest, ExecSession } from '../../../ports/driver.ts';
import type { Engine } from './engine.ts';

const HEADER_SIZE = 8;
/** How long the engine may take to notice the exit after the stream ended [ms]. */
const EXIT_WAIT_MS = 5_000;

/** Starts the command. Fails: `not_found` when the container is gone. */
export async function startExec(
  engine: Engine,
  container: string,
  request: ExecRequest,
): Promise<ExecSession> {
  const created = (await engine.call({
    method: 'POST',
    path: `/containers/${container}/exec`,
    body: {
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: request.tty,
      Cmd: request.command,
    },
  })) as JsonObject;
  const id = created['Id'] as string;
  const socket = await engine.hijack(`/exec/${id}/start`, { Detach: false, Tty: request.tty });
  const resize = async (columns: number, rows: number): Promise<void> => {
    await engine.call({ method: 'POST', path: `/exec/${id}/resize?w=${columns}&h=${rows}` });
  };
  if (request.tty && request.size !== undefined) {
    await resize(request.size.columns, request.size.rows);
  }
  return {
    output: request.tty ? rawOutput(socket) : framedOutput(socket),
    write: (bytes) => write(socket, bytes),
    closeInput: () => {
      socket.end();
      return Promise.resolve();
    },
    resize,
    exited: closed(socket).then(() => exitCode(engine, id)),
    kill: () => {
      socket.destroy();
      return Promise.resolve();
    },
  };
}

type Output = ExecSession['output'];

async function* rawOutput(socket: Duplex): Output & AsyncGenerator {
  for await (const bytes of socket as AsyncIterable<Uint8Array>) yield { stream: 'stdout', bytes };
}

/** Tells the two outputs of a command apart. */
export async function* framedOutput(socket: Duplex): Output & AsyncGenerator {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of socket as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (rest.length >= HEADER_SIZE) {
      const end = HEADER_SIZE + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', bytes: rest.subarray(HEADER_SIZE, end) };
      rest = rest.subarray(end);
    }
  }
}

function write(socket: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (cause) => {
      if (cause === null || cause === undefined) resolve();
      else reject(new Failure('unavailable', 'the command takes no more input', { cause }));
    });
  });
}

function closed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', resolve);
    socket.once('end', resolve);
    socket.once('error', () => {
      resolve();
    });
  });
}

async function exitCode(engine: Engine, id: string): Promise<number> {
  const end = performance.now() + EXIT_WAIT_MS;
  for (;;) {
    const state = (await engine.call({ method: 'GET', path: `/exec/${id}/json` })) as JsonObject;
    if (state['Running'] !== true) return Number(state['ExitCode'] ?? 0);
    if (performance.now() > end)
      throw new Failure('timeout', 'the command did not end with its stream');
    await delay(50);
  }
}
