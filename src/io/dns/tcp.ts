/** Questions by TCP: any number on a connection, answered as their answers come. */
import type { Socket } from 'node:net';
import type { AnswerDns } from '../../ports/dns.ts';
import { Frames, framed } from './frames.ts';
import { TCP_IDLE_MS, TCP_PENDING_MAX, TCP_UNSENT_BYTES_MAX } from './limits.ts';

/** Serves one connection until its peer ends it, is idle, or it is destroyed. */
export function serveConnection(socket: Socket, answer: AnswerDns): void {
  const frames = new Frames();
  const waiting: Uint8Array[] = [];
  let pending = 0;
  let ended = false;
  const settle = (reply: Uint8Array | undefined): void => {
    pending -= 1;
    if (reply !== undefined && socket.writable) socket.write(framed(reply));
    proceed();
  };
  const proceed = (): void => {
    while (waiting.length > 0 && pending < TCP_PENDING_MAX && !socket.destroyed) {
      const message = waiting.shift();
      if (message === undefined) break;
      pending += 1;
      const reply = answer(message, 'tcp');
      if (reply instanceof Promise) reply.then(settle, () => socket.destroy());
      else {
        pending -= 1;
        if (reply !== undefined && socket.writable) socket.write(framed(reply));
      }
    }
    const isFull = waiting.length > 0 || socket.writableLength > TCP_UNSENT_BYTES_MAX;
    if (isFull) socket.pause();
    else if (socket.isPaused()) socket.resume();
    if (ended && pending === 0 && waiting.length === 0) socket.end();
  };
  socket.setNoDelay(true);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('data', (piece) => {
    waiting.push(...frames.push(piece));
    proceed();
  });
  socket.on('drain', proceed);
  // A peer may end its side and still wait for answers.
  socket.on('end', () => {
    ended = true;
    proceed();
  });
  // Resets are the peer's right; `close` follows.
  socket.on('error', () => socket.destroy());
}
