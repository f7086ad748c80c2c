/** Standard output and error, with a reader that may go away or be slow. */
import type { Writable } from 'node:stream';

/** Writes bytes; resolves when more may be written. A reader that went away is no error. */
export function writeBytes(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    stream.write(bytes, () => {
      resolve();
    });
  });
}

/** A reader that closes the pipe (`muster logs | head`) ends the program quietly. */
export function endWithReader(stream: Writable, end: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') end();
    else throw error;
  });
}
