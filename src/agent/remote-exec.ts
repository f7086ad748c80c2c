/**
 * Runs on this machine what people ask of many at once with `exec`. Off unless the operator allows
 * it.
 *
 * RE1: an event is carried out once by this process; what was fired before it began is not.
 * RE2: a command whose session is gone is killed: nobody reads what it says.
 * RE3: a command that says nothing gives signs of life: pieces of output without any bytes.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { UserEvent } from '../core/model/user-event.ts';
import {
  jobKeys,
  OUTPUT_FLUSH_MS,
  OUTPUT_PIECE_BYTES,
  placeOf,
  quietMsOf,
  REMOTE_EXEC_EVENT,
  remoteJobOf,
} from '../core/remote-exec/job.ts';
import type { JobPlace, RemoteJob } from '../core/remote-exec/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { CommandRequest, Commands } from '../ports/command.ts';
import type { Service } from '../ports/service.ts';

/** What it asks of the servers. */
export interface RemoteExecServers {
  /**
   * The events that concern this node, oldest first; waits until there are newer ones.
   *
   * @param after the index that was answered last
   */
  events(
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly events: readonly UserEvent[]; readonly index: string }>;
  /** A key's value as Base64; undefined: there is none. */
  value(key: string, signal: AbortSignal): Promise<string | undefined>;
  /** Writes a key that the session locks; false: the session is gone. */
  put(place: JobPlace, key: string, value: Uint8Array): Promise<boolean>;
}

export interface RemoteExecDeps {
  readonly nodeName: string;
  readonly servers: RemoteExecServers;
  readonly commands: Commands;
  readonly clock: Clock;
  /** Takes a line for the agent's log. */
  readonly note: (line: string) => void;
}

/** Commands at work at once; more events than that are refused with a line of output. */
const COMMANDS_MAX = 16;
/** What shells say of a command that cannot be started. */
const EXIT_NOT_STARTED = 127;

export class RemoteExec implements Service {
  readonly name = 'remote-exec';
  readonly #deps: RemoteExecDeps;
  readonly #running = new Set<Promise<void>>();

  constructor(deps: RemoteExecDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { servers } = this.#deps;
    const first = await servers.events(undefined, signal);
    let { index } = first;
    let newest = lTimeOf(first.events);
    while (!signal.aborted) {
      const news = await servers.events(index, signal);
      index = news.index;
      for (const event of news.events) {
        if (event.lTime > newest && event.name === REMOTE_EXEC_EVENT) this.#begin(event, signal);
      }
      newest = Math.max(newest, lTimeOf(news.events));
    }
    await Promise.all(this.#running);
  }

  #begin(event: UserEvent, signal: AbortSignal): void {
    const place = placeOf(event);
    if (place === undefined) {
      this.#deps.note(`event ${event.id} asks for no proper job`);
      return;
    }
    const work = this.#carryOut(place, signal)
      .catch((error: unknown) => {
        this.#deps.note(`job of session ${place.session}: ${explain(error)}`);
      })
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #carryOut(place: JobPlace, signal: AbortSignal): Promise<void> {
    const { servers, nodeName, note } = this.#deps;
    const value = await servers.value(jobKeys.job(place), signal);
    const job = value === undefined ? undefined : remoteJobOf(value);
    if (value === undefined || job === undefined) {
      note(`session ${place.session} holds no proper job`);
      return;
    }
    if (!(await servers.put(place, jobKeys.ack(place, nodeName), new Uint8Array()))) return;
    const output = new OutputWriter(place, this.#deps);
    const done = new AbortController();
    const alive = output.keepAlive(quietMsOf(value), done.signal);
    const code = await this.#runCommand(job, output, signal).finally(() => {
      done.abort();
    });
    await alive;
    await output.close();
    await servers.put(place, jobKeys.exit(place, nodeName), encode(String(code)));
  }

  async #runCommand(job: RemoteJob, output: OutputWriter, signal: AbortSignal): Promise<number> {
    if (this.#running.size > COMMANDS_MAX) {
      await output.write(encode('too many commands run already\n'));
      return EXIT_NOT_STARTED;
    }
    const stop = AbortSignal.any([signal, output.abandoned]);
    try {
      return await this.#deps.commands.run(requestOf(job), (bytes) => output.write(bytes), stop);
    } catch (error) {
      if (error instanceof Bug) throw error;
      await output.write(encode(`${explain(error)}\n`));
      return EXIT_NOT_STARTED;
    }
  }
}

/** Gathers output into pieces and writes each as a key of its own. */
class OutputWriter {
  readonly #place: JobPlace;
  readonly #deps: Pick<RemoteExecDeps, 'servers' | 'nodeName' | 'clock'>;
  readonly #abandon = new AbortController();
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #count = 0;
  #timer: AbortController | undefined;
  /** Pieces are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(place: JobPlace, deps: Pick<RemoteExecDeps, 'servers' | 'nodeName' | 'clock'>) {
    this.#place = place;
    this.#deps = deps;
  }

  /** Aborts when the session is gone (RE2). */
  get abandoned(): AbortSignal {
    return this.#abandon.signal;
  }

  /** Resolves when more may come: slow servers slow the command down. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += OUTPUT_PIECE_BYTES) {
      const piece = bytes.slice(from, from + OUTPUT_PIECE_BYTES);
      if (this.#heldBytes + piece.length > OUTPUT_PIECE_BYTES) this.#flush();
      this.#held.push(piece);
      this.#heldBytes += piece.length;
    }
    if (this.#heldBytes > 0 && this.#timer === undefined) this.#flushLater();
    await this.#written;
  }

  /** Until the signal aborts, never says nothing for longer than that (RE3). */
  async keepAlive(quietMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const said = this.#count;
      // Half of it: the silence may begin right after this look.
      await this.#deps.clock.sleep(quietMs / 2, signal);
      if (signal.aborted) return;
      if (this.#count === said) this.#append(new Uint8Array());
    }
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#written;
  }

  #flushLater(): void {
    const timer = new AbortController();
    this.#timer = timer;
    const flush = (): void => {
      if (!timer.signal.aborted) this.#flush();
    };
    this.#deps.clock.sleep(OUTPUT_FLUSH_MS, timer.signal).then(flush, flush);
  }

  #flush(): void {
    this.#timer?.abort();
    this.#timer = undefined;
    if (this.#heldBytes === 0) return;
    const value = joined(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.#append(value);
  }

  #append(value: Uint8Array): void {
    const key = jobKeys.output(this.#place, this.#deps.nodeName, this.#count++);
    this.#written = this.#written.then(() => this.#put(key, value));
  }

  async #put(key: string, value: Uint8Array): Promise<void> {
    if (this.#abandon.signal.aborted) return;
    const isHeard = await this.#deps.servers.put(this.#place, key, value).catch(() => false);
    if (!isHeard) this.#abandon.abort();
  }
}

function requestOf(job: RemoteJob): CommandRequest {
  switch (job.kind) {
    case 'shell':
      return { args: ['/bin/sh', '-c', job.command] };
    case 'args':
      return { args: job.args };
    case 'script':
      return { script: job.script };
  }
}

function lTimeOf(events: readonly UserEvent[]): number {
  return events.at(-1)?.lTime ?? 0;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
