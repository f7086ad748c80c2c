/** What is typed, as bytes, and the size of the terminal. */
import { createInterface } from 'node:readline/promises';
import { isatty, type ReadStream, type WriteStream } from 'node:tty';

/** The descriptor of standard input: a stream's own `isTTY` is absent where it is a pipe. */
const STDIN = 0;

export interface TypedInput {
  readonly isTerminal: boolean;
  bytes(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** One line that a person types, without its end; empty at the end of the input. */
  line(): Promise<string>;
  /** Every key at once and unechoed, Ctrl-C too; nothing where there is no terminal. */
  raw(on: boolean): void;
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /** Answers the function that stops listening. */
  onResize(listener: () => void): () => void;
}

export function typedInput(stdin: ReadStream, stdout: WriteStream): TypedInput {
  return {
    isTerminal: isatty(STDIN),
    async *bytes(signal) {
      const pieces = stdin.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
      const aborted = new Promise<{ done: true; value: undefined }>((resolve) => {
        signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), {
          once: true,
        });
      });
      while (!signal.aborted) {
        const next = await Promise.race([pieces.next(), aborted]);
        if (next.done === true) break;
        yield next.value;
      }
      stdin.pause();
    },
    line: async () => {
      const lines = createInterface({ input: stdin, terminal: false });
      try {
        for await (const line of lines) return line;
        return '';
      } finally {
        lines.close();
      }
    },
    raw: (on) => {
      if (stdin.isTTY) stdin.setRawMode(on);
    },
    size: () => (stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : undefined),
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
  };
}
