/** `watch`. Source: https://developer.hashicorp.com/consul/commands/watch */
import { explain, Failure } from '../../base/failure.ts';
import { writeJson, type Json } from '../../base/json.ts';
import { flag, type Command, type FlagValues } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { watched, type Seen, type Watched, type WatchOptions } from '../discovery/watched.ts';
import type { World } from '../world.ts';
import { shellCommand } from './shell-command.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'Run a program whenever what is watched changes',
  description: `Prints what is watched as JSON and ends. With a handler it goes on: the handler is run now and after every change, one at a time, with the JSON on its standard input and CONSUL_INDEX in its environment. A handler that fails is run again after a while.

Types: key, keyprefix, services, nodes, service, checks, event.`,
  arguments: ['[handler...]'],
  flags: withDiscoveryFlags(
    flag.string('type', '<type>', 'What to watch.'),
    flag.string('key', '<key>', 'For "key".'),
    flag.string('prefix', '<prefix>', 'For "keyprefix".'),
    flag.string('service', '<name>', 'For "service", and for "checks".'),
    flag.list('tag', '<tag>', 'For "service": only instances with it.'),
    flag.string('passingonly', '<bool>', 'For "service": only healthy instances.'),
    flag.string('state', '<state>', 'For "checks": passing, warning or critical.'),
    flag.string('name', '<name>', 'For "event": only events of this name.'),
    flag.boolean('shell', 'Run the handler in a shell, as is done unless -shell=false.'),
  ),
  examples: [
    { line: 'muster watch -type key -key app/colour ./recolour.sh', says: 'Follow a key:' },
    { line: 'muster watch -type service -service web', says: 'What is there now:' },
  ],
  passThrough: true,
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags, args } = invocation;
    const read = watched(await discoveryApi(invocation, world), optionsOf(flags));
    if (args.length === 0) return printOnce(read, world);
    const command = flags.denied('shell') ? args : shellCommand(args, world.env);
    await new Watch(read, command, world).run(endOf(world));
    return 0;
  },
};

function optionsOf(flags: FlagValues): WatchOptions {
  const text = (name: string): string => flags.text(name) ?? '';
  return {
    type: text('type'),
    key: text('key'),
    prefix: text('prefix'),
    service: text('service'),
    tags: flags.list('tag'),
    passingOnly: /^(1|t|true)$/i.test(text('passingonly')),
    state: text('state'),
    name: text('name'),
  };
}

/** Aborts when this process is asked to end: the handler is not left behind. */
function endOf(world: World): AbortSignal {
  const asked = new AbortController();
  world.onTerminate(() => {
    asked.abort();
  });
  return AbortSignal.any([asked.signal, world.signal]);
}

/** Waits for something to be there, as `consul watch` does, and prints it. */
async function printOnce(read: Watched, world: World): Promise<number> {
  let seen = await read({}, world.signal);
  while (seen.json === null || seen.json === undefined) {
    // Without an index a read does not block: a pause keeps the agent from being asked endlessly.
    if (seen.after === undefined) await world.sleep(RETRY_MS);
    seen = await read(seen.after === undefined ? {} : { after: seen.after }, world.signal);
  }
  world.out(`${writeJson(seen.json, 4)}\n`);
  return 0;
}

/** Pause after a first failure [ms]; it doubles with each further one, up to the maximum. */
const RETRY_MS = 1000;
const RETRY_MS_MAX = 60_000;

class Watch {
  readonly #read: Watched;
  readonly #command: readonly string[];
  readonly #world: World;
  /** Where the next read goes on; absent: from the beginning. */
  #after: string | undefined;
  #shown = 'null';
  /** What a handler that failed is to be given again. */
  #owed: Seen | undefined;
  #failures = 0;

  constructor(read: Watched, command: readonly string[], world: World) {
    this.#read = read;
    this.#command = command;
    this.#world = world;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const seen = await this.#next(signal);
        if (seen === undefined) continue;
        this.#owed = seen;
        await this.#handle(seen, signal);
        this.#owed = undefined;
        this.#failures = 0;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        await this.#failed(error, signal);
      }
    }
  }

  async #failed(error: Failure, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#world.err(`${explain(error)}\n`);
    await this.#world.sleep(this.#pauseMs(), signal);
  }

  #pauseMs(): number {
    return Math.min(RETRY_MS * 2 ** this.#failures++, RETRY_MS_MAX);
  }

  /** What is to be handled now, or nothing. After a failure it does not wait for a change. */
  async #next(signal: AbortSignal): Promise<Seen | undefined> {
    const owed = this.#owed;
    const wait = owed === undefined ? {} : { waitMs: 1 };
    const seen = await this.#read(
      this.#after === undefined ? {} : { after: this.#after, ...wait },
      signal,
    );
    this.#after = seen.after;
    // Without an index a read does not block: a pause keeps the agent from being asked endlessly.
    if (this.#after === undefined) await this.#world.sleep(RETRY_MS, signal);
    // What a handler missed is made up for by the newest state.
    return this.#isNew(seen.json) ? seen : owed;
  }

  /** Indexes may move without a change of what is watched. */
  #isNew(json: Json | undefined): boolean {
    if (json === undefined) return false;
    const text = writeJson(json);
    const isNew = text !== this.#shown;
    this.#shown = text;
    return isNew;
  }

  async #handle({ at, json = null }: Seen, signal: AbortSignal): Promise<void> {
    const program = { command: this.#command, env: { CONSUL_INDEX: at } };
    const input = new TextEncoder().encode(`${writeJson(json)}\n`);
    const ended = await this.#world.programs.run(program, input, signal);
    if (signal.aborted || ('code' in ended && ended.code === 0)) return;
    const how = 'code' in ended ? `exit status ${ended.code}` : `signal ${ended.signal}`;
    throw new Failure('internal', `Error executing handler: ${how}`);
  }
}
