/** Two connections made one. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Passes bytes in both directions as fast as they are taken; an end is passed on, a break ends
 * both.
 *
 * @param idleMs without anything in either direction; 0: for ever
 */
export function join(a: Duplex, b: Socket, idleMs: number): void {
  const end = (): void => {
    a.destroy();
    b.destroy();
  };
  // The time counts what is read and what is written.
  b.setTimeout(idleMs, end);
  a.on('error', end);
  b.on('error', end);
  a.on('close', () => b.destroy());
  b.on('close', () => {
    // What was read of it is still to be written; what still comes is for nobody.
    a.end();
    a.resume();
  });
  a.pipe(b);
  b.pipe(a);
}
