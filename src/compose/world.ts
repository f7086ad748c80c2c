/** The world of the command line: this process, its terminal, its files, an HTTP client. */
import { randomBytes } from 'node:crypto';
import { isatty } from 'node:tty';
import type { Wire, World } from '../cli/world.ts';
import { systemClock } from '../io/clock.ts';
import { uptimeMs } from '../io/uptime.ts';
import { textFiles } from '../io/terminal/files.ts';
import { typedInput } from '../io/terminal/input.ts';
import { endWithReader, writeBytes } from '../io/terminal/output.ts';

export function processWorld(): World {
  const { stdin, stdout, stderr, env } = process;
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  endWithReader(stdout, () => process.exit(0));
  return {
    out: (text) => {
      stdout.write(text);
    },
    outBytes: (bytes) => writeBytes(stdout, bytes),
    err: (text) => {
      stderr.write(text);
    },
    errBytes: (bytes) => writeBytes(stderr, bytes),
    env,
    // Where output is a pipe, the stream's own `isTTY` is not false but absent.
    terminal: isatty(stdout.fd),
    now: () => systemClock.now(),
    sleep: (ms, signal = interrupted.signal) => systemClock.sleep(ms, signal),
    signal: interrupted.signal,
    files: textFiles(stdin),
    input: typedInput(stdin, stdout),
    connect,
    programs: {
      run: async (program, input, signal) =>
        (await import('../io/terminal/programs.ts')).runToEnd(program, input, signal),
      guard: async (passInput) =>
        (await import('../io/terminal/programs.ts')).openGuard(ownCommand('lock-guard'), passInput),
    },
    uptimeMs,
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    onTerminate: (listener) => {
      for (const name of ['SIGTERM', 'SIGHUP'] as const) process.once(name, listener);
    },
    templates: {
      host: async () => (await import('../io/template/host.ts')).templateHost(env),
      replace: async (path, content, options) =>
        (await import('../io/template/replace-file.ts')).replaceFile(path, content, options),
      remove: async (path) => (await import('../io/template/files.ts')).removeFile(path),
      filesIn: async (path) => (await import('../io/template/files.ts')).filesIn(path),
      start: async (command, childEnv) =>
        (await import('../io/template/shell.ts')).startCommand(command, childEnv),
      onSignal: (name, listener) => {
        process.on(name, listener);
        return () => process.off(name, listener);
      },
      pid: process.pid,
      chance: () => Math.random(),
    },
    functionHost: async () => {
      const { functionHost } = await import('../io/hcl/function-host.ts');
      return functionHost(Date.now());
    },
  };
}

/** This program again, with other words. */
function ownCommand(...words: readonly string[]): readonly string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...words];
}

/** The HTTP client is loaded when the first request is made: `version` and `-h` need none. */
function connect(address: string): Wire {
  const client = import('../io/http/light-client.ts').then((io) => io.connectLight(address));
  // A bad address is told by the request that fails for it.
  client.catch(() => undefined);
  return {
    send: async (request, signal) => (await client).send(request, signal),
    open: async (request, signal) => (await client).open(request, signal),
  };
}
