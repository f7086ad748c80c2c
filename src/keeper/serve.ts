/** Answers one client on its connection: each request once, in whatever order they are done. */
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { explain, Failure } from '../base/failure.ts';
import { frame, NOTHING_PENDING, unframe } from '../core/keeper/frame.ts';
import {
  KEEPER_PROTOCOL,
  type KeeperAnswers,
  type KeeperCall,
  type KeeperReply,
  type KeeperRequest,
} from '../core/keeper/protocol.ts';
import type { Tasks } from './tasks.ts';

export interface KeeperSelf {
  readonly version: string;
  readonly end: () => void;
}

/** Serves until the client goes away; what it waited for is dropped, what it started goes on. */
export function serve(socket: Socket, tasks: Tasks, self: KeeperSelf): void {
  const gone = new AbortController();
  // One listener for each task that is waited for.
  setMaxListeners(0, gone.signal);
  let pending = NOTHING_PENDING;
  socket.on('data', (chunk: Buffer) => {
    const step = unframe(pending, chunk);
    if (!step.ok) {
      socket.destroy();
      return;
    }
    pending = step.rest;
    for (const body of step.bodies) receive(body);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => gone.abort());

  const receive = (body: Uint8Array): void => {
    const request = parseRequest(body);
    if (request === undefined) {
      // Not one of ours: nothing it says after this can be trusted.
      socket.destroy();
      return;
    }
    answer(request.call, { tasks, self, gone: gone.signal }).then(
      (ok) => send(socket, { id: request.id, ok }),
      (error: unknown) => {
        const fault = error instanceof Failure ? error.fault : 'internal';
        send(socket, { id: request.id, fault, message: explain(error) });
      },
    );
  };
}

function parseRequest(body: Uint8Array): KeeperRequest | undefined {
  try {
    const request = JSON.parse(Buffer.from(body).toString()) as Partial<KeeperRequest> | null;
    const shaped = typeof request?.id === 'number' && typeof request.call?.do === 'string';
    return shaped ? (request as KeeperRequest) : undefined;
  } catch {
    return undefined;
  }
}

function send(socket: Socket, reply: KeeperReply): void {
  const framed = frame(Buffer.from(JSON.stringify(reply)));
  if (framed !== undefined && !socket.destroyed) socket.write(framed);
}

interface Context {
  readonly tasks: Tasks;
  readonly self: KeeperSelf;
  readonly gone: AbortSignal;
}

async function answer(
  call: KeeperCall,
  { tasks, self, gone }: Context,
): Promise<KeeperAnswers[KeeperCall['do']]> {
  switch (call.do) {
    case 'hello':
      return { protocol: KEEPER_PROTOCOL, version: self.version, pid: process.pid };
    case 'start':
      return tasks.start(call.launch);
    case 'adopt':
      return { state: tasks.adopt(call.kept) };
    case 'wait':
      return tasks.get(call.id).wait(gone);
    case 'signal':
      tasks.get(call.id).signal(call.signal);
      return null;
    case 'stop':
      await tasks.get(call.id).stop(call.signal, call.timeoutMs);
      return null;
    case 'forget':
      await tasks.forget(call.id);
      return null;
    case 'list':
      return tasks.list();
    case 'end':
      // After the reply is on its way.
      setImmediate(self.end);
      return null;
  }
  throw new Failure('unsupported', 'a newer client asks what this keeper does not know');
}
