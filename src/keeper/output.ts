/**
 * Carries one stream of a task from its pipe to its files.
 *
 * O1: the pipe is opened for reading and writing by task and keeper alike. So it never ends, a dead
 *     keeper gives no SIGPIPE, and what the task wrote waits in the pipe for the next keeper.
 */
import { closeSync, constants, openSync, readSync, unlinkSync } from 'node:fs';
import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Outlet } from '../core/keeper/launch.ts';
import { LogFile } from './log-file.ts';

/** What a pipe holds by default, so that one read empties it. Shared: it is written out at once. */
const CHUNK = new Uint8Array(64 * 1024);

/** Most that `drain` takes while others go on writing: four full pipes. */
const DRAIN_MAX = 256 * 1024;

export class Output {
  readonly #outlet: Outlet;
  readonly #fifo: number;
  readonly #socket: Socket;
  readonly #log: LogFile;

  /** Throws the system's error when pipe or files cannot be opened. */
  constructor(outlet: Outlet) {
    this.#outlet = outlet;
    this.#log = new LogFile(outlet.target);
    try {
      this.#fifo = openSync(outlet.fifo, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      this.#log.close();
      throw error;
    }
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: this.#fifo,
      writable: false,
      onread: {
        buffer: CHUNK,
        callback: (length, buffer) => {
          this.#log.write(buffer.subarray(0, length));
          return true;
        },
      },
    };
    this.#socket = new Socket(options);
    // A pipe has no errors but those of a bug; the stream must not take the keeper down.
    this.#socket.on('error', () => undefined);
  }

  /** The end for the task to inherit; the caller closes it after the start. */
  openForTask(): number {
    return openSync(this.#outlet.fifo, constants.O_RDWR);
  }

  /** Takes what waits in the pipe now, so that it is in the files when this returns. */
  drain(): void {
    try {
      for (let taken = 0; taken < DRAIN_MAX;) {
        const length = readSync(this.#fifo, CHUNK);
        this.#log.write(CHUNK.subarray(0, length));
        taken += length;
      }
    } catch {
      // EAGAIN: it is empty.
    }
  }

  /** The last of it. Called once, when nothing of the task is left. */
  close(): void {
    this.drain();
    this.#socket.destroy();
    this.#log.close();
    try {
      unlinkSync(this.#outlet.fifo);
    } catch {
      // Somebody cleaned up before.
    }
  }
}

/** Frees a pipe that no output was opened on. */
export function discard(fifo: string): void {
  try {
    unlinkSync(fifo);
  } catch {
    // It never came to be.
  }
}

/** Closes what `openForTask` opened. */
export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
