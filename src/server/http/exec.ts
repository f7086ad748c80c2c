/** `alloc exec`: joins a WebSocket to a command inside a task. */
import * as routes from '../../api/nomad/client-routes.ts';
import { decodeExecInput, encodeExecOutput } from '../../api/nomad/exec-frames.ts';
import type { ExecSession } from '../../ports/driver.ts';
import type { ServerSocket, SocketHandler } from '../../ports/http.ts';
import type { HttpDeps } from './deps.ts';
import { invalid } from './fail.ts';
import { locate, taskOf } from './locate.ts';
import { bindSocket, type Bound } from './mount.ts';

/** Arguments of one command; more than any shell line has. */
const COMMAND_PARTS_MAX = 1000;
/** A quiet command's stream is kept alive so often [ms]. */
const HEARTBEAT_MS = 10_000;

/** Binds the endpoint. */
export function execHandler(deps: HttpDeps): Bound {
  return bindSocket(routes.execAlloc, async ({ params, query, signal }) => {
    const { alloc, client } = locate(deps, params.id);
    const task = taskOf(deps, alloc, query.task);
    const command = commandOf(query.command);
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const request = { command, tty: query.tty === true };
    const session = await client.exec(alloc.id, task, request, either);
    return joined(session, deps, ended);
  });
}

function commandOf(text: string | undefined): readonly string[] {
  let parts: unknown;
  try {
    parts = JSON.parse(text ?? '');
  } catch {
    throw invalid('command: expected a JSON list of texts');
  }
  if (!isTexts(parts) || parts.length === 0)
    throw invalid('command: expected a JSON list of texts');
  if (parts.length > COMMAND_PARTS_MAX) throw invalid('command: has too many arguments');
  return parts;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string');
}

function joined(session: ExecSession, deps: HttpDeps, ended: AbortController): SocketHandler {
  return async (socket) => {
    try {
      const beating = beat(socket, deps, ended.signal);
      // Input ends when the peer goes away, output when the command has ended: either is the end.
      await Promise.race([answer(session, socket), feed(session, socket)]);
      ended.abort();
      await beating;
    } finally {
      ended.abort();
      await session.kill();
    }
  };
}

async function answer(session: ExecSession, socket: ServerSocket): Promise<void> {
  for await (const { stream, bytes } of session.output) {
    await socket.send(encodeExecOutput({ type: stream, bytes, close: false }));
  }
  const exitCode = await session.exited;
  await socket.send(encodeExecOutput({ type: 'exited', exitCode }));
}

async function feed(session: ExecSession, socket: ServerSocket): Promise<void> {
  for await (const message of socket.messages) {
    const input = decodeExecInput(message);
    if (input === undefined) continue;
    if (input.type === 'resize') await session.resize(input.columns, input.rows);
    if (input.type !== 'stdin') continue;
    if (input.bytes.length > 0) await session.write(input.bytes);
    if (input.close) await session.closeInput();
  }
}

async function beat(socket: ServerSocket, deps: HttpDeps, signal: AbortSignal): Promise<void> {
  for (;;) {
    await deps.clock.sleep(HEARTBEAT_MS, signal);
    if (signal.aborted) return;
    // A peer that is gone ends the input, which ends everything else.
    await socket.send(encodeExecOutput({ type: 'heartbeat' })).catch(() => undefined);
  }
}
