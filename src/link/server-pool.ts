/**
 * The one session of this agent with one of the servers, whichever answers: found, kept, and found
 * again.
 *
 * SP1: it never gives up: while no server answers, all are tried again, with growing, jittered
 *      pauses.
 * SP2: a session that is lost is replaced by one with another server, if there is one.
 * SP3: a server that says that it takes up nothing is left to answer what it did take up, while
 *      another one is asked what comes next.
 */
import { Bug } from '../base/assert.ts';
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { formatAgentAddress, parseAgentAddress } from '../core/link/address.ts';
import { isForAnother } from '../core/link/not-taken.ts';
import { ServerList } from '../core/link/server-list.ts';
import { LINK_REDIAL_MS } from '../core/limits.ts';
import type { LinkSockets } from '../ports/link.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import type { Caller } from './caller.ts';
import { greetDialled, type GreetDeps } from './greet.ts';
import type { HeartbeatWatch } from './remote-servers.ts';
import type { CallOptions, Exchange, LinkSession } from './session.ts';

export interface PoolOptions {
  /** Where an address has no port of its own. */
  readonly port: number;
}

export interface PoolDeps extends GreetDeps {
  readonly sockets: LinkSockets;
  readonly random: Random;
  /** The addresses to begin with; asked for again while none answers. */
  readonly find: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** How long a call waits for a session [ms]: a server that was lost is replaced in less. */
const SESSION_MS = 5_000;
/** So many servers are asked what others took up nothing of. */
const ASKED_MAX = 4;
/** A session that ended sooner is no reason to dial again at once [ms]. */
const SHORT_MS = 1_000;
/** So many signs of life that a server could not pass on make another one worth a try. */
const UNHEARD_MAX = 2;

export class ServerPool implements Service, Caller, HeartbeatWatch {
  readonly name = 'link';
  readonly #options: PoolOptions;
  readonly #deps: PoolDeps;
  readonly #list = new ServerList();
  #current: LinkSession | undefined;
  #waiters: (() => void)[] = [];
  #unheard = 0;
  #leave: (why: string) => void = () => undefined;

  constructor(options: PoolOptions, deps: PoolDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Addresses of all servers known. */
  get servers(): readonly string[] {
    return this.#list.all();
  }

  /** The server it talks to just now. */
  get current(): LinkSession | undefined {
    return this.#current;
  }

  /** Takes over what a server said of all servers, and that it is in touch with the leader. */
  heard(servers: readonly string[]): void {
    this.#unheard = 0;
    this.#list.learn(servers);
  }

  /** The server could not pass a sign of life on: another may reach the leader (SP2). */
  unheard(): void {
    this.#unheard += 1;
    if (this.#unheard < UNHEARD_MAX || this.#list.all().length < 2) return;
    this.#unheard = 0;
    this.#current?.close('this server reaches no leader');
  }

  async call(method: string, body: unknown, options: CallOptions): Promise<unknown> {
    for (let asked = 1; ; asked++) {
      const session = await this.#session(options.signal);
      try {
        return await session.call(method, body, options);
      } catch (error) {
        if (!this.#leaves(session, error) || asked === ASKED_MAX) throw error;
      }
    }
  }

  async open(method: string, body: unknown, options: CallOptions): Promise<Exchange> {
    const session = await this.#session(options.signal);
    const exchange = session.open(method, body, options);
    exchange.reply.catch((error: unknown) => this.#leaves(session, error));
    return exchange;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, note } = this.#deps;
    let failures = 0;
    const pause = (): Promise<void> => {
      const most = Math.min(LINK_REDIAL_MS.first * 2 ** failures++, LINK_REDIAL_MS.most);
      return clock.sleep(most * (0.5 + random.next() / 2), signal);
    };
    while (!signal.aborted) {
      const found = await this.#dialAny(signal, failures === 0);
      if (isAborted(signal)) {
        found?.session.close('the agent stops');
        return;
      }
      if (found === undefined) {
        await pause();
        continue;
      }
      const { session, address } = found;
      const sinceMs = clock.elapsedMs();
      note(`connected to server "${session.peer.name}" at ${address}`);
      const why = await this.#keep(session, signal);
      if (isAborted(signal)) return;
      note(`lost server "${session.peer.name}" at ${address}: ${why}`);
      this.#list.failed(address, this.#now());
      if (clock.elapsedMs() - sinceMs >= SHORT_MS) failures = 0;
      else await pause();
    }
  }

  /** Tries each known server once. @param tell false: what is wrong was told before */
  async #dialAny(
    signal: AbortSignal,
    tell: boolean,
  ): Promise<{ readonly session: LinkSession; readonly address: string } | undefined> {
    const { note, random } = this.#deps;
    await this.#findSeeds(signal, tell);
    const order = this.#list.order(random);
    if (order.length === 0 && tell) note('no server is known: `client { servers = [".."] }`');
    for (const address of order) {
      try {
        return { session: await this.#dial(address, signal), address };
      } catch (error) {
        if (error instanceof Bug) throw error;
        if (isAborted(signal)) return undefined;
        this.#list.failed(address, this.#now());
        if (tell) note(explain(error));
      }
    }
    return undefined;
  }

  async #findSeeds(signal: AbortSignal, tell: boolean): Promise<void> {
    try {
      const found = await this.#deps.find(signal);
      this.#list.configure(found.map((each) => this.#whole(each)));
    } catch (error) {
      if (error instanceof Bug) throw error;
      if (tell && !isAborted(signal)) this.#deps.note(explain(error));
    }
  }

  async #dial(address: string, signal: AbortSignal): Promise<LinkSession> {
    const at = parseAgentAddress(address, this.#options.port);
    if (at === undefined) throw new Failure('invalid', `"${address}" is no address of a server`);
    const socket = await this.#deps.sockets.dial(at, signal);
    try {
      return await greetDialled(socket, this.#deps, signal);
    } catch (cause) {
      if (cause instanceof Bug || !(cause instanceof Failure)) throw cause;
      throw new Failure(cause.fault, `the server at ${address} cannot be used`, { cause });
    }
  }

  async #keep(session: LinkSession, signal: AbortSignal): Promise<string> {
    this.#current = session;
    this.#unheard = 0;
    for (const wake of this.#waiters.splice(0)) wake();
    const left = new Promise<string>((resolve) => (this.#leave = resolve));
    const stop = (): void => session.close('the agent stops');
    signal.addEventListener('abort', stop, { once: true });
    const closed = session.closed.finally(() => signal.removeEventListener('abort', stop));
    const why = await Promise.race([closed, left]);
    this.#current = undefined;
    return why;
  }

  /** SP3: true where that is what the server said. */
  #leaves(session: LinkSession, error: unknown): boolean {
    if (!isForAnother(error)) return false;
    if (this.#current === session) {
      this.#current = undefined;
      this.#leave(explain(error));
    }
    return true;
  }

  /** With its port: one server is to stand in the list once. */
  #whole(address: string): string {
    const at = parseAgentAddress(address, this.#options.port);
    return at === undefined ? address : formatAgentAddress(at);
  }

  async #session(signal: AbortSignal): Promise<LinkSession> {
    if (this.#current?.isOpen === true) return this.#current;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const late = this.#deps.clock.sleep(SESSION_MS, either);
    const found = new Promise<void>((resolve) => this.#waiters.push(resolve));
    await Promise.race([found, late]);
    over.abort();
    if (signal.aborted) throw new Failure('canceled', 'gave up waiting for a server');
    const current = this.current;
    if (current?.isOpen === true) return current;
    throw new Failure('unavailable', 'no server is in reach');
  }

  #now(): Millis {
    return this.#deps.clock.elapsedMs() as Millis;
  }
}
