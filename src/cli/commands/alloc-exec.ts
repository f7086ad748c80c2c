/**
 * `muster alloc exec`: a command inside a running task, connected to this terminal.
 *
 * E1: the terminal leaves raw mode however the command ends.
 */
import { execAlloc } from '../../api/nomad/client-routes.ts';
import {
  decodeExecOutput,
  encodeExecInput,
  type ExecInput,
  type ExecOutput,
} from '../../api/nomad/exec-frames.ts';
import type { WireSocket } from '../../api/api.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { openSession, withApiFlags } from '../session.ts';
import type { World } from '../world.ts';
import { ANY_OF_JOB, meantAlloc, theTask } from './alloc-task.ts';
import { EscapeWatch } from './escape.ts';

/** How often a quiet session says that somebody is still there [ms]. */
const HEARTBEAT_MS = 10_000;

export const allocExec: Command = {
  name: 'alloc exec',
  aliases: ['alloc-exec'],
  summary: 'Run a command inside a task',
  description:
    'Runs a command where a task runs: the same files, network and limits. Exits with its exit code. In a terminal, a line that begins with "~." ends the session.',
  arguments: ['<allocation>', '<command>', '[args...]'],
  flags: withApiFlags(
    flag.string('task', '<name>', 'The task.'),
    ANY_OF_JOB,
    flag.boolean('i', 'Pass the standard input on; on unless -i=false.'),
    flag.boolean('t', 'Give it a terminal; on when both ends are one, unless -t=false.'),
    flag.string('e', '<char>', 'The escape character at the beginning of a line; "none": no such.'),
    flag.boolean('verbose', 'Accepted for compatibility.'),
  ),
  examples: [
    { line: 'muster alloc exec 219074bd ls /local', says: 'One command:' },
    { line: 'muster alloc exec -i -t -task server 219074bd /bin/sh', says: 'A shell:' },
  ],
  passThrough: true,
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const [, ...rest] = args;
    const command = rest[0] === '--' ? rest.slice(1) : rest;
    const session = openSession(invocation, world);
    const whole = await meantAlloc(session, invocation);
    const task = theTask(whole, flags.text('task'));
    const tty = wantsTerminal(invocation, world);
    const socket = await session.api.socket(
      execAlloc,
      {
        params: { id: whole.alloc.id },
        query: { task, command: JSON.stringify(command), tty },
      },
      world.signal,
    );
    return converse(
      socket,
      { tty, stdin: !flags.denied('i'), escape: escapeOf(invocation) },
      world,
    );
  },
};

interface How {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly escape: string | undefined;
}

function wantsTerminal({ flags }: Invocation, world: World): boolean {
  if (flags.denied('t')) return false;
  if (flags.has('t') && flags.denied('i')) {
    throw new Failure('invalid', '-i must be enabled if running with tty');
  }
  return flags.has('t') || (world.input.isTerminal && world.terminal && !flags.denied('i'));
}

function escapeOf({ flags }: Invocation): string | undefined {
  const wanted = flags.text('e') ?? '~';
  if (wanted === 'none' || wanted === '') return undefined;
  if (wanted.length === 1) return wanted;
  throw new Failure('invalid', "-e requires 'none' or a single character");
}

/** Carries both directions until the command has ended; answers its exit code. */
async function converse(socket: WireSocket, how: How, world: World): Promise<number> {
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, world.signal]);
  const send = (input: ExecInput): Promise<void> => socket.send(encodeExecInput(input));
  const quiet = (work: Promise<void>): void => {
    // A socket that closes under a writer is told by its reader.
    work.catch(() => undefined);
  };
  const sendSize = (): void => {
    const size = world.input.size();
    if (size !== undefined) quiet(send({ type: 'resize', ...size }));
  };
  const unlisten = how.tty ? world.input.onResize(sendSize) : () => undefined;
  if (how.tty) {
    world.input.raw(true);
    sendSize();
  }
  const left = new AbortController();
  const leave = (): void => {
    left.abort();
    quiet(socket.close());
  };
  quiet(how.stdin ? passInput({ send, leave }, how, world, stop) : closeInput(send));
  quiet(beat(send, world, stop));
  try {
    const code = await printUntilExit(socket, world);
    if (code !== undefined) return code;
    if (left.signal.aborted) return 1;
    throw new Failure('unavailable', 'the connection to the task was lost');
  } finally {
    over.abort();
    unlisten();
    if (how.tty) world.input.raw(false);
    await socket.close();
  }
}

type SendInput = (input: ExecInput) => Promise<void>;

async function passInput(
  { send, leave }: { readonly send: SendInput; readonly leave: () => void },
  how: How,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  const watch = new EscapeWatch(how.tty ? how.escape : undefined);
  for await (const typed of world.input.bytes(signal)) {
    const { bytes, ended } = watch.pass(typed);
    if (bytes.length > 0) await send({ type: 'stdin', bytes, close: false });
    if (ended) {
      leave();
      return;
    }
  }
  if (!signal.aborted) await closeInput(send);
}

function closeInput(send: SendInput): Promise<void> {
  return send({ type: 'stdin', bytes: new Uint8Array(), close: true });
}

async function beat(send: SendInput, world: World, signal: AbortSignal): Promise<void> {
  for (;;) {
    await world.sleep(HEARTBEAT_MS, signal);
    if (signal.aborted) return;
    await send({ type: 'heartbeat' });
  }
}

/** The exit code; undefined when the connection ended before it was told. */
async function printUntilExit(socket: WireSocket, world: World): Promise<number | undefined> {
  for await (const message of socket.messages) {
    const output = decodeExecOutput(message);
    if (output === undefined) throw new Failure('internal', "the task's side sent what it may not");
    if (output.type === 'exited') return output.exitCode;
    await print(output, world);
  }
  return undefined;
}

async function print(output: ExecOutput, world: World): Promise<void> {
  if (output.type === 'stdout') await world.outBytes(output.bytes);
  else if (output.type === 'stderr') await world.errBytes(output.bytes);
}
