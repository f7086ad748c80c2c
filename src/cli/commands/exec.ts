/** `exec`: runs a command on many nodes. Source: https://developer.hashicorp.com/consul/commands/exec */
import type { Api, Told } from '../../api/api.ts';
import { fireEvent } from '../../api/consul/event-routes.ts';
import { deleteKv, readKeys, readPairs, writeKv } from '../../api/consul/kv-routes.ts';
import { fromBase64, toBase64 } from '../../base/base64.ts';
import { parseDuration } from '../../base/duration.ts';
import { explain, Failure } from '../../base/failure.ts';
import { writeJson, type Json } from '../../base/json.ts';
import { compileRegex } from '../../core/regex/search.ts';
import { jobKeys, REMOTE_EXEC_EVENT, type JobPlace } from '../../core/remote-exec/job.ts';
import {
  exitCodeOf,
  jobAnswers,
  RemoteResults,
  type JobAnswer,
  type JobNews,
} from '../../core/remote-exec/results.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { LockSession } from '../lock/lock-session.ts';
import type { World } from '../world.ts';
import { orNothing } from './kv.ts';

export const exec: Command = {
  name: 'exec',
  summary: 'Run a command on many nodes and show what they say',
  description: [
    'Runs it on all nodes, or on those that -node, -service and -tag match, where the agent allows',
    'it (disable_remote_exec = false). "-" takes a script from standard input; it may begin with',
    '"#!" and the program that reads it.\n\nNobody knows how many nodes will answer: it ends once',
    'none has said anything for -wait, or twice that while one still runs. Exits with 2 when a node',
    'that began has not finished, or not with 0.',
  ].join(' '),
  arguments: ['<command...>'],
  flags: withDiscoveryFlags(
    flag.string('node', '<regexp>', 'Only nodes whose names match.'),
    flag.string('service', '<regexp>', 'Only nodes that offer a service whose name matches.'),
    flag.string('tag', '<regexp>', 'Only where that service has a tag that matches.'),
    flag.string('prefix', '<key>', 'Where the job lies in the key/value store; "_rexec".'),
    flag.boolean('shell', 'Run the command in a shell, as is done unless -shell=false.'),
    flag.string('wait', '<duration>', 'How long all has to be quiet before it ends; 2s.'),
    flag.string('wait-repl', '<duration>', 'How long the job may take to all servers; 200ms.'),
    flag.boolean('verbose', 'Tell each step.'),
  ),
  examples: [
    { line: 'muster exec uptime', says: 'On all nodes:' },
    { line: 'muster exec -service web -tag v2 df -h /', says: 'Where a service runs:' },
    { line: 'muster exec -node db - < repair.sh', says: 'A script:' },
  ],
  passThrough: true,
  failureCode: 1,
  run: async (invocation, world) => {
    const wanted = await wantedOf(invocation, world);
    const api = await discoveryApi(invocation, world);
    const asked = askedToEnd(world);
    const named = { name: 'Remote Exec', behavior: 'delete' } as const;
    const session = await during('create session', LockSession.open(api, named, world));
    return new Run(wanted, { api, world, session, asked }).carryOut();
  },
};

interface Wanted {
  readonly filters: Readonly<Record<'node' | 'service' | 'tag', string | undefined>>;
  readonly prefix: string;
  /** As agents read it. */
  readonly spec: Json;
  readonly waitMs: number;
  readonly replicationMs: number;
  readonly verbose: boolean;
}

/** Source: Consul. */
const PREFIX = '_rexec';
/** Quiet for so long, it is over [ms]. Source: Consul. */
const WAIT_MS = 2000;
/** Between the writing of the job and the event [ms]. Source: Consul. */
const REPLICATION_MS = 200;
/** Of -wait and -wait-repl [ms]. */
const WAIT_MS_MAX = 3_600_000;
const NANOS_PER_MS = 1e6;
/** An agent that says nothing for so long is not asked again: the session ends by itself [ms]. */
const CLEANUP_MS = 5000;

async function wantedOf({ args, flags }: Invocation, world: World): Promise<Wanted> {
  const filters = filtersOf(flags);
  const prefix = (flags.text('prefix') ?? PREFIX).replace(/^\/+|\/+$/g, '');
  if (prefix === '') throw new Failure('invalid', 'The prefix must not be empty');
  const waitMs = durationOf(flags, 'wait') ?? WAIT_MS;
  if (waitMs === 0) throw new Failure('invalid', '-wait must be above 0');
  return {
    filters,
    prefix,
    spec: { ...(await jobOf(args, flags, world)), Wait: waitMs * NANOS_PER_MS },
    waitMs,
    replicationMs: durationOf(flags, 'wait-repl') ?? REPLICATION_MS,
    verbose: flags.has('verbose'),
  };
}

async function jobOf(
  args: readonly string[],
  flags: FlagValues,
  { files }: World,
): Promise<Readonly<Record<string, Json>>> {
  const command = args.join(' ');
  const direct = flags.denied('shell');
  if (command === '-') {
    if (direct) {
      throw new Failure('invalid', 'Cannot configure -shell=false when reading from stdin');
    }
    const script = await files.readBytes('-');
    if (script.length > 0) return { Script: toBase64(script) };
  } else if (command.trim() !== '') return direct ? { Args: args } : { Command: command };
  throw new Failure('invalid', 'Must specify a command to execute');
}

function filtersOf(flags: FlagValues): Wanted['filters'] {
  const [node, service, tag] = [flags.text('node'), flags.text('service'), flags.text('tag')];
  for (const [name, pattern] of Object.entries({ node, service, tag })) {
    const compiled = compileRegex(pattern ?? '');
    if ('problem' in compiled) {
      const why = `Failed to compile ${name} filter regexp: ${compiled.problem}`;
      throw new Failure('invalid', why);
    }
  }
  if (tag !== undefined && service === undefined) {
    throw new Failure('invalid', 'Cannot provide tag filter without service filter.');
  }
  return { node, service, tag };
}

function durationOf(flags: FlagValues, name: string): number | undefined {
  const typed = flags.text(name);
  if (typed === undefined) return undefined;
  const ms = parseDuration(typed);
  if (ms !== undefined && ms >= 0 && ms <= WAIT_MS_MAX) return ms;
  const why = `-${name} takes a duration such as "10s", an hour at most, not "${typed}"`;
  throw new Failure('invalid', why);
}

/** Aborts when somebody asks this process to end, so that it cleans up before. */
function askedToEnd(world: World): AbortSignal {
  const terminated = new AbortController();
  world.onTerminate(() => {
    terminated.abort();
  });
  return AbortSignal.any([world.signal, terminated.signal]);
}

async function during<T>(what: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.fault, `Failed to ${what}: ${error.message}`, { cause: error });
  }
}

interface Parts {
  readonly api: Api;
  readonly world: World;
  readonly session: LockSession;
  readonly asked: AbortSignal;
}

/** One job, from its key to the last of its answers. Whatever comes, nothing of it stays. */
class Run {
  readonly #wanted: Wanted;
  readonly #api: Api;
  readonly #world: World;
  readonly #session: LockSession;
  readonly #asked: AbortSignal;
  readonly #place: JobPlace;
  /** Aborts when the session is lost: nobody can answer any more. */
  readonly #lost = new AbortController();
  readonly #signal: AbortSignal;
  readonly #seen = new Set<string>();

  constructor(wanted: Wanted, { api, world, session, asked }: Parts) {
    this.#wanted = wanted;
    this.#api = api;
    this.#world = world;
    this.#session = session;
    this.#asked = asked;
    this.#place = { prefix: wanted.prefix, session: session.id };
    this.#signal = AbortSignal.any([asked, this.#lost.signal]);
  }

  async carryOut(): Promise<number> {
    const done = new AbortController();
    const kept = this.#session.keep(done.signal).then(() => {
      if (!done.signal.aborted) this.#lost.abort();
    });
    try {
      return await this.#ask();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (this.#asked.aborted) return 1;
      if (!this.#lost.signal.aborted) throw error;
      throw new Failure('unavailable', 'The session was lost: no node can answer any more');
    } finally {
      done.abort();
      await this.#cleanUp();
      await kept;
    }
  }

  async #ask(): Promise<number> {
    this.#tell(`Created remote execution session: ${this.#session.id}`);
    await during('create job file', this.#upload());
    this.#tell('Uploaded remote execution spec');
    await this.#world.sleep(this.#wanted.replicationMs, this.#signal);
    const { id } = await during('fire event', this.#fire());
    this.#tell(`Fired remote execution event: ${id}`);
    return this.#follow();
  }

  async #upload(): Promise<void> {
    const key = jobKeys.job(this.#place);
    const body = new TextEncoder().encode(writeJson(this.#wanted.spec));
    const input = { params: { key }, query: { acquire: this.#session.id }, body };
    if (await this.#api.call(writeKv, input, this.#signal)) return;
    throw new Failure('conflict', `failed to acquire key ${key}`);
  }

  #fire(): Promise<{ readonly id: string }> {
    const payload = writeJson({ Prefix: this.#place.prefix, Session: this.#place.session });
    const body = new TextEncoder().encode(payload);
    const params = { name: REMOTE_EXEC_EVENT };
    return this.#api.call(fireEvent, { params, query: this.#wanted.filters, body }, this.#signal);
  }

  async #follow(): Promise<number> {
    const { waitMs, verbose } = this.#wanted;
    const startedAt = this.#world.uptimeMs();
    const results = new RemoteResults({ quietMs: waitMs, verbose }, startedAt);
    let after: number | undefined;
    for (;;) {
      const leftMs = results.leftMs(this.#world.uptimeMs());
      if (leftMs <= 0) break;
      const { value: keys, index } = await during('read results', this.#keys(after, leftMs));
      // Servers that were put back to an older state begin anew.
      after = after !== undefined && index < after ? undefined : Math.max(1, index);
      for (const answer of jobAnswers(this.#dir, keys)) await this.#take(answer, results);
    }
    for (const line of results.summary()) this.#world.out(`${line}\n`);
    const seconds = (this.#world.uptimeMs() - startedAt) / 1000;
    this.#tell(`Completed in ${seconds.toFixed(2)} seconds`);
    return results.succeeded ? 0 : 2;
  }

  async #keys(
    after: number | undefined,
    leftMs: number,
  ): Promise<Pick<Told<readonly string[]>, 'value' | 'index'>> {
    // A wait of 0 would be the longest one.
    const waiting = after === undefined ? {} : { index: after, waitMs: Math.max(1, leftMs) };
    const input = { params: { key: this.#dir }, query: { keys: true, ...waiting } };
    return this.#api.tell(readKeys, input, this.#signal);
  }

  async #take(answer: JobAnswer, results: RemoteResults): Promise<void> {
    if (this.#seen.has(answer.key)) return;
    this.#seen.add(answer.key);
    const news = await this.#newsOf(answer);
    if (news === undefined) return;
    for (const line of results.hear(news, this.#world.uptimeMs())) this.#world.out(`${line}\n`);
  }

  /** Undefined, with the reason told, where the value is not what it should be. */
  async #newsOf({ kind, node, key }: JobAnswer): Promise<JobNews | undefined> {
    if (kind === 'ack') return { kind, node };
    const found = this.#api.call(readPairs, { params: { key } }, this.#signal);
    const [pair] = await during(`read key '${key}'`, orNothing(found));
    const bytes = fromBase64(pair?.value ?? '');
    if (pair === undefined || bytes === undefined) {
      this.#world.err(`Failed to read key '${key}'\n`);
      return undefined;
    }
    if (kind === 'output') return { kind, node, bytes };
    const code = exitCodeOf(bytes);
    if (code === undefined) this.#world.err(`Failed to parse the exit code in '${key}'\n`);
    return code === undefined ? undefined : { kind, node, code };
  }

  /** The session first: without it no agent can write any more. */
  async #cleanUp(): Promise<void> {
    await this.#session.destroy();
    const input = { params: { key: this.#dir }, query: { recurse: true } };
    try {
      await this.#api.call(deleteKv, input, AbortSignal.timeout(CLEANUP_MS));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#world.err(`Failed to delete ${this.#dir}: ${explain(error)}\n`);
    }
  }

  get #dir(): string {
    return `${this.#place.prefix}/${this.#place.session}/`;
  }

  #tell(step: string): void {
    if (this.#wanted.verbose) this.#world.out(`${step}\n`);
  }
}
