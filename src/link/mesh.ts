/**
 * The servers among themselves: each dials each, and tells it what it must know of this one.
 *
 * ME1: it never gives up an address that it was configured with; nor that of a server that it has
 *     reached, until it is told that this one will not come back; nor one that a peer tells of.
 * ME2: nobody is listed before it has answered; who does not answer any more is listed as failed.
 * ME3: a server that dials one of the others is dialled by all of them.
 */
import { Bug } from '../base/assert.ts';
import type { Index } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { MemberStage, ServerPeer } from '../core/etcd-member/membership.ts';
import { parseAgentAddress } from '../core/link/address.ts';
import { LINK_REDIAL_MS, LINK_SERVERS_MAX } from '../core/limits.ts';
import { brandedCount, count, list, object, oneOf, optional, text } from '../core/link/shape.ts';
import type { LinkSockets } from '../ports/link.ts';
import type { LogProgress } from '../ports/log-peers.ts';
import type { ServerPeers } from '../ports/server-peers.ts';
import type { Service } from '../ports/service.ts';
import { isAborted, untilAborted } from '../run/aborted.ts';
import { greetDialled, type GreetDeps } from './greet.ts';
import type { Answers, LinkSession } from './session.ts';

/** What a server says of itself, but for what changes. */
export type OwnServer = Omit<ServerPeer, 'stage' | 'status'>;

export interface MeshOptions {
  /** `host:port` of links to begin with; this server's own may be among them. */
  readonly addresses: readonly string[];
  /** Where an address has no port of its own. */
  readonly port: number;
  readonly own: OwnServer;
}

export interface MeshDeps extends GreetDeps {
  readonly sockets: LinkSockets;
  readonly random: Random;
  /** The newest entry that this server's checkpoint holds; undefined: it has no log yet. */
  readonly kept?: () => Index | undefined;
  /** How far this server is; undefined: it has no log yet. */
  readonly progress?: () => LogProgress | undefined;
}

/** A server that was reached, or this one. */
export interface MetServer extends Pick<ServerPeer, 'id' | 'name'> {
  /** `host:port` of its link. */
  readonly address: string;
  /** Whether it answers now. */
  readonly answers: boolean;
  /** Where it was last heard of; absent: it has no log yet, or is of a build that does not say. */
  readonly progress?: LogProgress;
}

/** How often a peer is asked how it is [ms]. */
const ASK_MS = 500;
/** How long it may take to say [ms]. */
const ANSWER_MS = 2_000;
/** One that is well has answered again by then, also where a turn is slow [ms]. */
const EXPECTED_MS = 2 * ASK_MS;

interface Told {
  readonly peer: Omit<ServerPeer, 'status'>;
  /** Links that the peer knows of, its own first. */
  readonly addresses: readonly string[];
  /** Absent: it has no log yet, or is of a build that does not say. */
  readonly kept?: Index | undefined;
  /** The same. */
  readonly progress?: LogProgress | undefined;
}

const TOLD = object<Told>({
  peer: object<Told['peer']>({
    ...{ id: text, name: text, host: text, clientPort: count, peerPort: count, expect: count },
    stage: oneOf('new', 'member'),
  }),
  addresses: list(text, LINK_SERVERS_MAX),
  kept: optional(brandedCount<Index>()),
  progress: optional(object<LogProgress>({ applied: brandedCount<Index>(), staleMs: count })),
});

interface Contact {
  session: LinkSession | undefined;
  told: Told | undefined;
  /** When it told [ms of `Clock.elapsedMs`]. */
  toldMs: number;
  /** True: it is this server. */
  isSelf: boolean;
}

export class Mesh implements Service, ServerPeers {
  readonly name = 'mesh';
  readonly #options: MeshOptions;
  readonly #deps: MeshDeps;
  readonly #contacts = new Map<string, Contact>();
  readonly #loops: Promise<void>[] = [];
  #stage: MemberStage = 'new';
  #signal: AbortSignal | undefined;

  constructor(options: MeshOptions, deps: MeshDeps) {
    this.#options = options;
    this.#deps = deps;
    for (const address of options.addresses) this.#meet(address);
  }

  /** What this server answers to its peers. */
  get answers(): Answers {
    return {
      'server.peer': ({ session: { peer } }) => {
        // One that nobody was configured with comes by itself (ME3).
        if (peer.role === 'server' && peer.address !== '') this.#meetUnlessKnown(peer.address);
        return Promise.resolve(this.#tell());
      },
    };
  }

  known(): readonly ServerPeer[] {
    const peers = new Map<string, ServerPeer>();
    for (const { told, session } of this.#contacts.values()) {
      if (told === undefined) continue;
      const status = session?.isOpen === true ? 'alive' : 'failed';
      // Of a server with several addresses, one that answers counts.
      if (peers.get(told.peer.id)?.status !== 'alive') {
        peers.set(told.peer.id, { ...told.peer, status });
      }
    }
    return [...peers.values()];
  }

  announce(stage: MemberStage): void {
    this.#stage = stage;
  }

  /** Those of an address that was configured are still tried: another may be there some day. */
  forget(ids: readonly string[]): void {
    for (const [address, contact] of this.#contacts) {
      if (contact.told === undefined || !ids.includes(contact.told.peer.id)) continue;
      if (contact.session?.isOpen === true) continue;
      contact.told = undefined;
      if (!this.#isConfigured(address)) this.#contacts.delete(address);
    }
  }

  /** How much of the log the checkpoints of those that answer now hold, by id. */
  kept(): ReadonlyMap<string, Index> {
    const open = [...this.#contacts.values()].filter(({ session }) => session?.isOpen);
    return new Map(
      open.flatMap(({ told }) => (told?.kept === undefined ? [] : [[told.peer.id, told.kept]])),
    );
  }

  /** `host:port` of the links of all servers that were reached, this one's first. */
  addresses(): readonly string[] {
    const others = [...this.#contacts.values()].flatMap(({ told }) => told?.addresses[0] ?? []);
    return [...new Set([this.#deps.facts.address, ...others])];
  }

  /** This server and all that were reached, each once. */
  met(): readonly MetServer[] {
    const { facts, progress } = this.#deps;
    const { id, name } = this.#options.own;
    const own = { id, name, address: facts.address, answers: true };
    const found = new Map([[id, withProgress(own, progress?.())]]);
    // Of a server with several addresses, what it said last counts.
    const contacts = [...this.#contacts.values()].sort((a, b) => a.toldMs - b.toldMs);
    for (const contact of contacts) {
      const { told, session } = contact;
      const [address] = told?.addresses ?? [];
      if (told === undefined || address === undefined) continue;
      const { id, name } = told.peer;
      const met = { id, name, address, answers: session?.isOpen === true };
      found.set(id, withProgress(met, this.#progressOf(contact)));
    }
    return [...found.values()];
  }

  /** Sessions with all servers that answer now. */
  sessions(): readonly LinkSession[] {
    const open = [...this.#contacts.values()].flatMap(({ session }) => session ?? []);
    return open.filter(({ isOpen }) => isOpen);
  }

  /** Undefined where that server is not in touch. */
  sessionWith(address: string): LinkSession | undefined {
    const found = [...this.#contacts.values()].find(({ told }) => told?.addresses[0] === address);
    return found?.session?.isOpen === true ? found.session : undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const [address, contact] of this.#contacts) this.#begin(address, contact, signal);
    await untilAborted(signal);
    for (const { session } of this.#contacts.values()) session?.close('the agent stops');
    await Promise.all(this.#loops);
  }

  /** What a peer said, and its silence since, but for what lies between two questions. */
  #progressOf({ told, toldMs }: Contact): LogProgress | undefined {
    if (told?.progress === undefined) return undefined;
    const { applied, staleMs } = told.progress;
    const silentMs = this.#deps.clock.elapsedMs() - toldMs;
    return { applied, staleMs: staleMs + Math.max(0, silentMs - EXPECTED_MS) };
  }

  #tell(): Told {
    const kept = this.#deps.kept?.();
    const progress = this.#deps.progress?.();
    return {
      peer: { ...this.#options.own, stage: this.#stage },
      addresses: this.addresses().slice(0, LINK_SERVERS_MAX),
      ...(kept === undefined ? {} : { kept }),
      ...(progress === undefined ? {} : { progress }),
    };
  }

  #meet(address: string): void {
    if (this.#contacts.has(address) || this.#contacts.size >= LINK_SERVERS_MAX) return;
    const contact: Contact = { session: undefined, told: undefined, toldMs: 0, isSelf: false };
    this.#contacts.set(address, contact);
    if (this.#signal !== undefined) this.#begin(address, contact, this.#signal);
  }

  #begin(address: string, contact: Contact, signal: AbortSignal): void {
    this.#loops.push(this.#keep(address, contact, signal));
  }

  /** ME1. */
  async #keep(address: string, contact: Contact, signal: AbortSignal): Promise<void> {
    const { clock, random, note } = this.#deps;
    let failures = 0;
    while (!signal.aborted && !contact.isSelf && this.#contacts.get(address) === contact) {
      let restMsMax = REDIAL_MS_MAX;
      try {
        const session = await this.#dial(address, signal);
        contact.session = session;
        await this.#ask(session, contact, signal);
        if (isAborted(signal)) return;
        if (contact.told !== undefined) failures = 0;
        note(`lost server "${session.peer.name}" at ${address}`);
      } catch (error) {
        if (error instanceof Bug) throw error;
        if (isAborted(signal)) return;
        const fault = error instanceof Failure ? error.fault : undefined;
        contact.isSelf = fault === 'conflict';
        if (fault === 'invalid') restMsMax = MISPLACED_MS_MAX;
        if (!contact.isSelf && failures === 0) note(explain(error));
        // One that is misplaced is remembered, so that it is told of once.
        if (fault !== 'invalid' && !this.#isWanted(address, contact))
          this.#contacts.delete(address);
      }
      const most = Math.min(LINK_REDIAL_MS.first * 2 ** failures++, restMsMax);
      await clock.sleep(most * (0.5 + random.next() / 2), signal);
    }
  }

  #isConfigured(address: string): boolean {
    return this.#options.addresses.includes(address);
  }

  /** ME1: of one that does not answer. */
  #isWanted(address: string, contact: Contact): boolean {
    if (contact.isSelf || contact.told !== undefined || this.#isConfigured(address)) return true;
    const others = [...this.#contacts.values()].filter(({ session }) => session?.isOpen);
    return others.some(({ told }) => told?.addresses.includes(address));
  }

  async #dial(address: string, signal: AbortSignal): Promise<LinkSession> {
    const at = parseAgentAddress(address, this.#options.port);
    if (at === undefined) throw new Failure('invalid', `"${address}" is no address of a server`);
    const { sockets, facts } = this.#deps;
    const session = await greetDialled(await sockets.dial(at, signal), this.#deps, signal);
    const { name, region } = session.peer;
    if (region === facts.region) return session;
    session.close('another region');
    const why = `server "${name}" at ${address} is of region "${region}", this one of "${facts.region}"`;
    throw new Failure('invalid', `${why}: servers of both are joined between regions`);
  }

  /** Asks how the peer is until it is lost. */
  async #ask(session: LinkSession, contact: Contact, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const closed = session.closed.then(() => over.abort());
    while (!either.aborted) {
      try {
        const options = { signal: either, deadlineMs: ANSWER_MS };
        const told = await session.call('server.peer', null, options);
        const problem = TOLD(told);
        if (problem !== undefined) throw new Failure('invalid', `the answer${problem}`);
        contact.told = told as Told;
        contact.toldMs = this.#deps.clock.elapsedMs();
        for (const address of contact.told.addresses) this.#meetUnlessKnown(address);
      } catch (error) {
        if (error instanceof Bug) throw error;
        if (isAborted(either)) break;
        session.close(`does not say how it is: ${explain(error)}`);
      }
      await this.#deps.clock.sleep(ASK_MS, either);
    }
    session.close('the agent stops');
    await closed;
  }

  #meetUnlessKnown(address: string): void {
    const known = [...this.#contacts.values()].some(({ told }) => told?.addresses[0] === address);
    if (!known && address !== this.#deps.facts.address) this.#meet(address);
  }
}

function withProgress(met: MetServer, progress: LogProgress | undefined): MetServer {
  return progress === undefined ? met : { ...met, progress };
}

/** Servers find each other again faster than clients do: writes wait for them [ms]. */
const REDIAL_MS_MAX = 1_000;
/** One that is none of theirs stays so until somebody changes a configuration [ms]. */
const MISPLACED_MS_MAX = 60_000;
