/**
 * `lock`: runs a program while it holds a lock. Source:
 * https://developer.hashicorp.com/consul/commands/lock
 */
import type { Api } from '../../api/api.ts';
import { parseDuration } from '../../base/duration.ts';
import { explain, Failure } from '../../base/failure.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import type { Grant, Lock } from '../lock/lock.ts';
import { LockSession } from '../lock/lock-session.ts';
import { Mutex } from '../lock/mutex.ts';
import { Semaphore } from '../lock/semaphore.ts';
import type { Ended, Guarded } from '../../ports/programs.ts';
import type { World } from '../world.ts';
import { withoutSlash } from './kv.ts';
import { shellCommand } from './shell-command.ts';

export const lock: Command = {
  name: 'lock',
  summary: 'Run a program while holding a lock',
  description: [
    'Waits for a lock under a prefix of the key/value store, runs a program, and gives the lock back when it has ended. With -n it waits for one of several places.',
    '',
    'The program is told to end (SIGTERM, then SIGKILL to its process group) when the lock is lost or cannot be renewed, before anybody else can be granted it. A guard process sees to that even if this process is stopped or killed. In its environment CONSUL_LOCK_HELD is true and MUSTER_LOCK_INDEX the index of the grant: it rises with each grant, so that what the program writes to can refuse a former holder.',
  ].join('\n'),
  arguments: ['<prefix>', '<command...>'],
  flags: withDiscoveryFlags(
    flag.number('n', '<count>', 'How many may hold it at once; 1 unless given.'),
    flag.string('try', '<duration>', 'Give up, with exit code 1, when it takes longer.'),
    flag.string('timeout', '<duration>', 'The same as -try.'),
    flag.string('name', '<name>', 'Name of the session; made of the command unless given.'),
    flag.boolean('child-exit-code', 'Exit with 2 when the program fails.'),
    flag.boolean('pass-stdin', 'Let the program read standard input.'),
    flag.boolean('shell', 'Run the command in a shell, as is done unless -shell=false.'),
    flag.number('monitor-retry', '<count>', 'Failures to see the lock before it counts as lost.'),
    flag.boolean('verbose', 'Tell each step.'),
  ),
  examples: [
    { line: 'muster lock jobs/backup ./backup.sh', says: 'One backup at a time:' },
    { line: 'muster lock -n 3 -try 1m jobs/build make', says: 'Three builds, waiting a minute:' },
  ],
  passThrough: true,
  failureCode: 1,
  run: async (invocation, world) => {
    const wanted = wantedOf(invocation, world);
    const api = await discoveryApi(invocation, world);
    // Ready before the lock is granted: its start would take of the lease.
    const guard = await world.programs.guard(wanted.passInput);
    try {
      return await underSession(wanted, { api, world, guard });
    } finally {
      guard.close();
    }
  },
};

export function lockGuardCommand(run: Command['run']): Command {
  return {
    name: 'lock-guard',
    summary: 'Guard a program that runs under a lock; started by "lock"',
    arguments: [],
    flags: [],
    examples: [],
    hidden: true,
    run,
  };
}

interface Wanted {
  readonly prefix: string;
  readonly command: readonly string[];
  readonly name: string;
  readonly limit: number;
  /** Absent: as long as it takes. */
  readonly tryMs?: number;
  readonly retries: number;
  readonly passInput: boolean;
  readonly tellChild: boolean;
  readonly verbose: boolean;
}

/** An agent that says nothing for so long is not asked again: the session ends by itself [ms]. */
const RELEASE_MS = 10_000;
/** How often watching may fail unless said otherwise. Source: Consul. */
const RETRIES = 3;

function wantedOf({ args, flags }: Invocation, world: World): Wanted {
  const [typed = '', ...words] = args;
  const prefix = withoutSlash(typed).replace(/\/+$/, '');
  const limit = flags.number('n') ?? 1;
  const retries = flags.number('monitor-retry') ?? RETRIES;
  refuse(prefix === '' || words.length === 0, 'Key prefix and child command must be specified');
  refuse(!Number.isInteger(limit) || limit < 1, 'Lock holder limit must be positive');
  refuse(!Number.isInteger(retries) || retries < 0, "Number for 'monitor-retry' must be >= 0");
  const tryMs = durationOf(flags, 'try') ?? durationOf(flags, 'timeout');
  return {
    prefix,
    command: flags.denied('shell') ? words : shellCommand(words, world.env),
    name: flags.text('name') ?? `Consul lock for '${words.join(' ')}' at '${prefix}'`,
    limit,
    ...(tryMs === undefined || tryMs === 0 ? {} : { tryMs }),
    retries,
    passInput: flags.has('pass-stdin'),
    tellChild: flags.has('child-exit-code'),
    verbose: flags.has('verbose'),
  };
}

function refuse(wrong: boolean, message: string): void {
  if (wrong) throw new Failure('invalid', message);
}

function durationOf(flags: FlagValues, name: string): number | undefined {
  const typed = flags.text(name);
  if (typed === undefined) return undefined;
  const ms = parseDuration(typed);
  if (ms !== undefined && ms >= 0) return ms;
  throw new Failure('invalid', `-${name} takes a duration such as "10s", not "${typed}"`);
}

interface Parts {
  readonly api: Api;
  readonly world: World;
  readonly guard: Guarded;
}

async function underSession(wanted: Wanted, parts: Parts): Promise<number> {
  const { api, world } = parts;
  const session = await LockSession.open(api, { name: wanted.name }, world);
  const done = new AbortController();
  // The agent may go away for good while it is renewed: that is a lost lock, not a failure.
  const lost = session.keep(done.signal);
  const held = { api, world, session: session.id, retries: wanted.retries };
  const lock =
    wanted.limit === 1
      ? new Mutex(held, wanted.prefix)
      : new Semaphore(held, wanted.prefix, wanted.limit);
  try {
    return await new Turn(wanted, parts, { session, lock, lost }).take();
  } finally {
    done.abort();
    await session.destroy();
    await lost;
  }
}

/** Why a program under the lock is over, or has to be. */
type Why = 'ended' | 'lost' | 'asked';
type Over = Readonly<{ why: Why; ended: Ended }>;

class Turn {
  readonly #wanted: Wanted;
  readonly #world: World;
  readonly #guard: Guarded;
  readonly #session: LockSession;
  readonly #lock: Lock;
  readonly #lost: Promise<void>;
  /** Aborts when somebody asks this process to end. */
  readonly #asked = new AbortController();

  constructor(
    wanted: Wanted,
    { world, guard }: Parts,
    { session, lock, lost }: Readonly<{ session: LockSession; lock: Lock; lost: Promise<void> }>,
  ) {
    this.#wanted = wanted;
    this.#world = world;
    this.#guard = guard;
    this.#session = session;
    this.#lock = lock;
    this.#lost = lost;
    const ask = (): void => {
      this.#asked.abort();
    };
    if (world.signal.aborted) ask();
    world.signal.addEventListener('abort', ask, { once: true });
    world.onTerminate(ask);
  }

  async take(): Promise<number> {
    this.#tell(`Setting up lock at path: ${this.#wanted.prefix}/.lock`);
    const grant = await this.#acquire();
    if (grant === undefined) {
      await this.#giveBack();
      this.#world.err('Shutdown triggered or timeout during lock acquisition\n');
      return 1;
    }
    const { why, ended } = await this.#runOrGiveBack(grant);
    const released = why === 'lost' || (await this.#giveBack());
    if (why === 'lost') this.#world.err('Lock lost, the program was ended\n');
    if (!released || why === 'lost') return 1;
    return this.#wanted.tellChild && !succeeded(ended) ? 2 : 0;
  }

  async #acquire(): Promise<Grant | undefined> {
    const over = new AbortController();
    const { tryMs } = this.#wanted;
    const limits = [over.signal, this.#asked.signal];
    if (tryMs !== undefined) limits.push(AbortSignal.timeout(tryMs));
    const end = (): void => {
      over.abort();
    };
    this.#lost.then(end, end);
    try {
      return await this.#lock.acquire(AbortSignal.any(limits));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.fault, `Lock acquisition failed: ${error.message}`, { cause: error });
    }
  }

  async #runOrGiveBack(grant: Grant): Promise<Over> {
    try {
      return await this.#run(grant);
    } catch (error) {
      // What could not be started, or lost its guard and was killed, needs the lock no longer.
      await this.#giveBack();
      throw error;
    }
  }

  /** Runs the program, and answers when it has ended for whatever reason. */
  async #run(grant: Grant): Promise<Over> {
    const watching = new AbortController();
    try {
      const env = { CONSUL_LOCK_HELD: 'true', MUSTER_LOCK_INDEX: String(grant.token) };
      await this.#guard.start({ command: this.#wanted.command, env }, this.#session.lease);
      this.#session.onLease = (lease) => {
        this.#guard.extend(lease);
      };
      const unlocked = this.#lock.watch(watching.signal);
      const why = await this.#over([this.#lost, unlocked]);
      if (why !== 'ended') {
        this.#tell(
          why === 'lost' ? 'Lock lost, killing child' : 'Shutdown triggered, killing child',
        );
        this.#guard.end();
      } else this.#tell('Child terminated, releasing lock');
      return { why, ended: await this.#guard.ended };
    } finally {
      watching.abort();
    }
  }

  #isOverdue(): boolean {
    return this.#world.uptimeMs() >= this.#session.lease.termAt;
  }

  #over(losses: readonly Promise<void>[]): Promise<Why> {
    return Promise.race<Why>([
      // The guard may have ended it before this process saw that the lock is lost.
      this.#guard.ended.then(() => (this.#isOverdue() ? 'lost' : 'ended')),
      ...losses.map((loss) => loss.then((): Why => 'lost')),
      aborted(this.#asked.signal).then(() => 'asked'),
    ]);
  }

  /** False, with the reason told, when the agent does not answer. */
  async #giveBack(): Promise<boolean> {
    try {
      const within = AbortSignal.timeout(RELEASE_MS);
      await this.#lock.release(within);
      const clean = await this.#lock.cleanup(within);
      this.#tell(clean ? 'Cleanup succeeded' : 'Cleanup aborted, lock in use');
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#world.err(`Lock release failed: ${explain(error)}\n`);
      return false;
    }
  }

  #tell(step: string): void {
    if (this.#wanted.verbose) this.#world.out(`${step}\n`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

function succeeded(ended: Ended): boolean {
  return 'code' in ended && ended.code === 0;
}
