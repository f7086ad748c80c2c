/** The command line's world on this machine: its terminal, files, environment and network. */
import type { WireSocket } from '../api/api.ts';
import type { Wire, World } from '../cli/world.ts';
import type { ClientSocket, HttpClient } from '../ports/http.ts';
import { systemClock } from '../io/clock.ts';
import { textFiles } from '../io/terminal/files.ts';
import { typedInput } from '../io/terminal/input.ts';

/** The world, and how to let go of what it holds open. */
export interface TerminalWorld extends World {
  close(): Promise<void>;
}

/** Ctrl-C aborts its signal once; a second one ends the process as ever. */
export function terminalWorld(): TerminalWorld {
  const { stdin, stdout, stderr, env } = process;
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  const clients: Promise<HttpClient>[] = [];
  endQuietly(stdout);
  return {
    out: (text) => stdout.write(text),
    outBytes: (bytes) => write(stdout, bytes),
    err: (text) => stderr.write(text),
    errBytes: (bytes) => write(stderr, bytes),
    env,
    terminal: stdout.isTTY && env['TERM'] !== 'dumb',
    now: () => systemClock.now(),
    sleep: (ms, signal) => systemClock.sleep(ms, signal ?? interrupted.signal),
    signal: interrupted.signal,
    files: textFiles(stdin),
    input: typedInput(stdin, stdout),
    connect: (address) => {
      const client = loadClient(address);
      clients.push(client);
      return wire(client);
    },
    functionHost: async () => {
      const { functionHost } = await import('../io/hcl/function-host.ts');
      return functionHost(systemClock.now());
    },
    close: async () => {
      for (const client of clients) await (await client).close();
    },
  };
}

/** The HTTP client is loaded by the commands that need it. */
async function loadClient(address: string): Promise<HttpClient> {
  const { connectHttp } = await import('../io/http/client.ts');
  return connectHttp(address);
}

function wire(client: Promise<HttpClient>): Wire {
  return {
    send: async (request, signal) => (await client).send(request, signal),
    open: async (request, signal): Promise<WireSocket> => {
      const socket: ClientSocket = await (await client).open(request, signal);
      return socket;
    },
  };
}

function write(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    // A failed write is told by the stream's own error.
    stream.write(bytes, () => {
      resolve();
    });
  });
}

/** `muster logs ... | head` ends when `head` does, without a stack trace. */
function endQuietly(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
