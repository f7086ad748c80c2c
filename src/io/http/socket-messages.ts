/**
 * The messages of a WebSocket as an async iterable with backpressure: above a bound of unread bytes
 * the socket is paused, and resumed when its reader has caught up.
 */
import type { RawData, WebSocket } from 'ws';
import { Failure } from '../../base/failure.ts';
import { SOCKET_BUFFER_BYTES_MAX } from './limits.ts';

/** Collects text messages from now on, for one reader; ends when the socket closes. */
export function socketMessages(socket: WebSocket): AsyncIterable<string> {
  const inbox = new Inbox(socket);
  return inbox.messages();
}

class Inbox {
  readonly #socket: WebSocket;
  readonly #queue: string[] = [];
  #held = 0;
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: RawData) => this.#receive(textOf(data)));
    socket.on('close', () => this.#nudge());
  }

  async *messages(): AsyncGenerator<string> {
    for (;;) {
      const next = this.#take();
      if (next !== undefined) yield next;
      else if (this.#socket.readyState >= this.#socket.CLOSING) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #receive(text: string): void {
    this.#queue.push(text);
    this.#held += text.length;
    if (this.#held > SOCKET_BUFFER_BYTES_MAX) this.#socket.pause();
    this.#nudge();
  }

  #take(): string | undefined {
    const next = this.#queue.shift();
    this.#held -= next?.length ?? 0;
    const socket = this.#socket;
    if (socket.isPaused && this.#held <= SOCKET_BUFFER_BYTES_MAX / 2) socket.resume();
    return next;
  }

  #nudge(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Sends one message; resolves once it left the process's buffers. */
export function sendMessage(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) {
      reject(new Failure('canceled', 'the peer closed the WebSocket'));
      return;
    }
    socket.send(text, (error) => {
      if (error) reject(new Failure('canceled', 'the peer is gone', { cause: error }));
      else resolve();
    });
  });
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
