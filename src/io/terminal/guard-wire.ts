/** What the holder of a lock and its guard say to each other: one JSON value on each line. */
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import type { Lease } from '../../core/lock/guard.ts';

/** The descriptor on which the guard hears its holder. */
export const GUARD_FD = 3;

export type ToGuard =
  | Readonly<{
      do: 'start';
      command: readonly string[];
      env: Readonly<Record<string, string>>;
      lease: Lease;
    }>
  | Readonly<{ do: 'extend'; lease: Lease }>
  | Readonly<{ do: 'end' }>;

export type FromGuard =
  | Readonly<{ said: 'ready' }>
  | Readonly<{ said: 'started'; pid: number }>
  | Readonly<{ said: 'refused'; why: string }>
  | Readonly<{ said: 'heard'; lease: Lease }>
  | Readonly<{ said: 'ended'; code: number | null; signal: string | null }>;

export function say(to: Writable, message: ToGuard | FromGuard): void {
  if (to.writable) to.write(`${JSON.stringify(message)}\n`);
}

/** Hears each message. That the other side died is told by the stream's `close` alone. */
export function hear(from: Readable, listener: (message: unknown) => void): void {
  const lines = createInterface({ input: from });
  lines.on('line', (line) => {
    listener(JSON.parse(line));
  });
  // Errors of the stream come here, too: of a peer killed with something unread, for one.
  lines.on('error', () => undefined);
}
