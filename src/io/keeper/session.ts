/** One connection to a keeper: requests out, replies in, matched by number. */
import { connect, type Socket } from 'node:net';
import { Failure } from '../../base/failure.ts';
import { frame, NOTHING_PENDING, unframe, type Pending } from '../../core/keeper/frame.ts';
import type { KeeperAnswers, KeeperCall, KeeperReply } from '../../core/keeper/protocol.ts';

interface Waiting {
  readonly resolve: (ok: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What calls on a lost connection reject with: whether they took place is unknown. */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}

export class KeeperSession {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #pending: Pending = NOTHING_PENDING;
  #lastId = 0;
  /** Resolves when the connection is no more. */
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new SessionLost('keeper is gone'));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Fails: as the keeper said; rejects with `SessionLost` when the connection breaks. */
  call<Do extends KeeperCall['do']>(
    call: Extract<KeeperCall, { do: Do }>,
  ): Promise<KeeperAnswers[Do]> {
    const id = ++this.#lastId;
    const framed = frame(Buffer.from(JSON.stringify({ id, call })));
    if (framed === undefined) {
      return Promise.reject(new Failure('invalid', 'the environment of the task is too large'));
    }
    if (this.#socket.destroyed) return Promise.reject(new SessionLost('keeper is gone'));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (ok) => resolve(ok as KeeperAnswers[Do]), reject });
      this.#socket.write(framed);
    });
  }

  /** Whether an open connection keeps this process alive. */
  ref(wanted: boolean): void {
    if (wanted) this.#socket.ref();
    else this.#socket.unref();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    const step = unframe(this.#pending, chunk);
    if (!step.ok) {
      this.#socket.destroy();
      return;
    }
    this.#pending = step.rest;
    for (const body of step.bodies) {
      const reply = JSON.parse(Buffer.from(body).toString()) as KeeperReply;
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('fault' in reply) waiting?.reject(new Failure(reply.fault, reply.message));
      else waiting?.resolve(reply.ok);
    }
  }
}

/** Undefined when nobody listens there. Fails: `unavailable` for any other reason. */
export function openSession(socketPath: string): Promise<KeeperSession | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(new KeeperSession(socket));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(new Failure('unavailable', `cannot reach ${socketPath}`, { cause: error }));
    });
  });
}
