/**
 * The gossip role: this agent as a member of a pool. It joins, hears who comes and goes, carries
 * events and queries, and leaves.
 *
 * O1: the machine of `core/gossip` decides everything; here its effects are carried out.
 * O2: whoever follows is told in the order in which things happened, after the step that told it.
 */
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { addressText, isSameAddress, type Address } from '../core/gossip/address.ts';
import type { KeyRing } from '../core/gossip/key-ring.ts';
import { EVENT_BYTES_MAX, QUERY_BYTES_MAX } from '../core/gossip/limits.ts';
import type { Member, Ring, RingEffect, RingInput } from '../core/gossip/serf/ring.ts';
import type { RingNews, RingPolicy } from '../core/gossip/serf/ring.ts';
import { newRing, stepRing } from '../core/gossip/serf/step.ts';
import type { Filter } from '../core/gossip/wire/serf-messages.ts';
import type { Tags } from '../core/gossip/wire/tags.ts';
import type { Coordinate } from '../core/model/coordinate.ts';
import type { Clock } from '../ports/clock.ts';
import type { GossipSocket, GossipSockets } from '../ports/gossip.ts';
import type { Service } from '../ports/service.ts';
import { Bell } from '../run/bell.ts';
import { parseJoin } from './join-address.ts';

export interface GossipOptions {
  /** Of the service; absent: `gossip`. */
  readonly service?: string;
  /** Of this member; unique in the pool. */
  readonly name: string;
  /** Port 0: a free one. */
  readonly listen: Address;
  /** Where others reach it, where that differs. */
  readonly advertise?: Partial<Address>;
  readonly tags: Tags;
  readonly keys: KeyRing;
  readonly label: string;
  /** `host` or `host:port`: tried until one answers, and again whenever nobody else is there. */
  readonly retryJoin: readonly string[];
  /** Where a join does not name one. */
  readonly defaultPort: number;
  readonly policy: RingPolicy;
  readonly streamTimeoutMs: number;
  /** Why a member of these tags belongs to another pool. */
  readonly refusal?: (tags: Tags) => string | undefined;
  /** Whether with this other member nobody needs to be joined; absent: with any. */
  readonly isCompany?: (member: Member) => boolean;
}

export interface GossipDeps {
  readonly sockets: GossipSockets;
  readonly clock: Clock;
  readonly random: Random;
  readonly note: (line: string) => void;
  /** Keeps the keys, which came from another member, for the next start. */
  readonly keepKeys: (keys: KeyRing) => void;
}

/** What is asked of the members. */
export interface Question {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly filters?: readonly Filter[];
  readonly wantsAcks?: boolean;
  readonly relayFactor?: number;
  readonly timeoutMs?: number;
  /** Answers after which it need not be waited for more. */
  readonly expects?: number;
}

export interface Reply {
  readonly from: string;
  readonly isAck: boolean;
  readonly payload: Uint8Array;
}

interface OpenQuestion {
  readonly replies: Reply[];
  readonly expects: number;
  readonly done: () => void;
}

/** Attempts to join while nobody else is there [ms]: at first, and at last. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;

export class Gossip implements Service {
  readonly name: string;
  readonly #options: GossipOptions;
  readonly #deps: GossipDeps;
  readonly #bell = new Bell();
  readonly #followers = new Set<(news: RingNews) => void>();
  readonly #joins = new Map<number, (problem: string | undefined) => void>();
  readonly #asks = new Map<number, OpenQuestion>();
  #socket: GossipSocket | undefined;
  #ring: Ring | undefined;
  #wakeAt: number | undefined;
  /** Numbers of joins and questions. */
  #next = 1;
  #leaving: Promise<void> | undefined;
  #lastNote = '';

  constructor(options: GossipOptions, deps: GossipDeps) {
    this.name = options.service ?? 'gossip';
    this.#options = options;
    this.#deps = deps;
  }

  /** Where it listens; undefined until it does. */
  get at(): Address | undefined {
    return this.#socket?.at;
  }

  /** Everybody that is known, this member too; empty until it listens. */
  members(): readonly Member[] {
    return [...(this.#ring?.members.values() ?? [])];
  }

  member(name: string): Member | undefined {
    return this.#ring?.members.get(name);
  }

  /** Where members stand in the network, as far as they told: this one, and whom it probed. */
  coordinates(): ReadonlyMap<string, Coordinate> {
    const ring = this.#ring;
    if (ring === undefined) return new Map();
    return new Map([...ring.answered, [ring.pool.name, ring.coordinates.coordinate]]);
  }

  /** How this member finds its own health: 0 is well. */
  healthScore(): number {
    return this.#ring?.pool.awareness ?? 0;
  }

  keys(): KeyRing {
    return this.#ring?.keys ?? this.#options.keys;
  }

  /** Tells what happens from now on; the answer ends that. */
  follow(tell: (news: RingNews) => void): () => void {
    this.#followers.add(tell);
    return () => this.#followers.delete(tell);
  }

  /**
   * Joins whoever is at `host` or `host:port`; answers how many of its addresses could be joined.
   * Fails: `invalid` no address; `not_found` no such host; `unavailable` nobody there.
   */
  async join(text: string): Promise<number> {
    const { host, port } = parseJoin(text, this.#options.defaultPort);
    const hosts = await this.#deps.sockets.resolve(host);
    const problems = await Promise.all(hosts.map((each) => this.#joinAt({ host: each, port })));
    const joined = problems.filter((problem) => problem === undefined).length;
    if (joined === 0) {
      throw new Failure('unavailable', `cannot join ${text}: ${problems[0] ?? 'no address'}`);
    }
    return joined;
  }

  /** Leaves in good order; resolves once the others were told. Once is enough. */
  leave(): Promise<void> {
    if (this.#ring === undefined) return Promise.resolve();
    this.#leaving ??= new Promise((resolve) => {
      const end = this.follow((news) => {
        if (news.type !== 'left') return;
        end();
        resolve();
      });
      this.#give({ type: 'leave' });
    });
    return this.#leaving;
  }

  /** Makes a member that failed one that left; `prune`: and forgets it. */
  forceLeave(name: string, prune: boolean): void {
    this.#give({ type: 'force-leave', name, prune });
  }

  /** Changes what this member says of itself. Fails: `invalid` where that is too long. */
  retag(tags: Tags): void {
    this.#give({ type: 'tags', tags });
  }

  /** Tells an event to everybody, this member too. Fails: `invalid` where it is too long. */
  fire(name: string, payload: Uint8Array, coalesces = false): void {
    if (name.length + payload.length > EVENT_BYTES_MAX) {
      throw new Failure('invalid', `an event has at most ${EVENT_BYTES_MAX} bytes`);
    }
    this.#give({ type: 'fire', name, payload, coalesces });
  }

  /** Asks everybody; answers, when the time is over, what came. Fails: `invalid` too long. */
  async ask(question: Question): Promise<readonly Reply[]> {
    const { name, payload } = question;
    if (name.length + payload.length > QUERY_BYTES_MAX) {
      throw new Failure('invalid', `a query has at most ${QUERY_BYTES_MAX} bytes`);
    }
    if (this.#ring === undefined) return [];
    const ask = this.#next++;
    const replies: Reply[] = [];
    await new Promise<void>((done) => {
      this.#asks.set(ask, { replies, expects: question.expects ?? Infinity, done });
      const { filters = [], wantsAcks = false, relayFactor = 0, timeoutMs } = question;
      this.#give({
        ...{ type: 'ask', ask, name, payload, filters, wantsAcks, relayFactor },
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    });
    return replies;
  }

  /** Answers a query that a follower was told of. */
  respond(query: number, payload: Uint8Array): void {
    this.#give({ type: 'respond', query, payload });
  }

  /** Listens, and takes part until `signal` aborts. Fails: as the port's `listen` does. */
  async run(signal: AbortSignal): Promise<void> {
    const { listen, label, streamTimeoutMs } = this.#options;
    const socket = await this.#deps.sockets.listen(
      { at: listen, label, streamTimeoutMs, keys: () => this.keys() },
      {
        onPacket: (bytes, from) => this.#give({ type: 'packet', from, bytes }),
        onStream: (connection, from, message) => {
          this.#give({ type: 'asked', connection, from, message });
        },
        onDropped: this.#deps.note,
      },
    );
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    try {
      this.#begin(socket);
      await Promise.race([this.#loop(until), this.#keepJoined(until), socket.failed]);
    } finally {
      ended.abort();
      this.#ring = undefined;
      this.#socket = undefined;
      await socket.close();
      for (const settle of this.#joins.values()) settle('the agent ends');
      for (const { done } of this.#asks.values()) done();
    }
  }

  #begin(socket: GossipSocket): void {
    const { name, tags, keys, policy, advertise, refusal } = this.#options;
    const address = { ...socket.at, ...advertise };
    const random = this.#deps.random.fork('ring');
    const admission = refusal === undefined ? {} : { refusal };
    this.#ring = newRing({ name, address, tags, keys, policy, random, ...admission });
    this.#socket = socket;
    this.#deps.note(`listening on ${addressText(socket.at)} as ${name} (${addressText(address)})`);
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const waitMs = this.#wakeAt === undefined ? undefined : this.#wakeAt - clock.elapsedMs();
      if (waitMs !== undefined && waitMs <= 0) this.#give({ type: 'tick' });
      else
        await this.#bell.wait(clock, waitMs === undefined ? undefined : Math.ceil(waitMs), signal);
    }
  }

  /** Looks for others as long as there are none. */
  async #keepJoined(signal: AbortSignal): Promise<void> {
    const { retryJoin } = this.#options;
    const { clock, random } = this.#deps;
    let delayMs = RETRY_MS_MIN;
    while (!signal.aborted) {
      if (retryJoin.length > 0 && this.#isAlone()) {
        const found = await this.#joinAny(retryJoin);
        delayMs = found ? RETRY_MS_MIN : Math.min(delayMs * 2, RETRY_MS_MAX);
      }
      await clock.sleep(delayMs * (0.5 + random.next()), signal);
    }
  }

  #isAlone(): boolean {
    const { name: self, isCompany = () => true } = this.#options;
    const others = this.members().filter(({ name, status }) => name !== self && status === 'alive');
    return !others.some(isCompany) && this.#leaving === undefined;
  }

  /** True where somebody else was found. */
  async #joinAny(addresses: readonly string[]): Promise<boolean> {
    const problems: string[] = [];
    for (const each of addresses) {
      const problem = await this.join(each).then(() => undefined, explain);
      if (problem !== undefined) problems.push(problem);
    }
    if (!this.#isAlone()) return true;
    const line = `nobody to join as yet: ${problems.join('; ')}`;
    // Once is enough for as long as nothing changes.
    if (problems.length > 0 && line !== this.#lastNote) this.#deps.note(line);
    this.#lastNote = line;
    return false;
  }

  #joinAt(to: Address): Promise<string | undefined> {
    if (this.#ring === undefined) return Promise.resolve('gossip has not begun');
    // Lists of members to join hold oneself, too.
    if (isSameAddress(to, this.#ring.pool.self.address)) return Promise.resolve(undefined);
    const joinId = this.#next++;
    return new Promise((resolve) => {
      this.#joins.set(joinId, resolve);
      this.#give({ type: 'join', joinId, to });
    });
  }

  #give(input: RingInput): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    const turn = stepRing(ring, input, this.#deps.clock.elapsedMs() as Millis);
    const before = this.#wakeAt;
    this.#wakeAt = turn.wakeAt;
    for (const effect of turn.effects) this.#carryOut(effect);
    // A later one need not wake the loop: it looks again anyway.
    const wakeAt = this.#wakeAt;
    if (wakeAt !== undefined && (before === undefined || wakeAt < before)) this.#bell.ring();
  }

  #carryOut(effect: RingEffect): void {
    switch (effect.do) {
      case 'send':
        this.#socket?.send(effect.to, effect.bytes);
        return;
      case 'exchange':
        this.#exchange(effect);
        return;
      case 'answer':
        this.#socket?.answer(effect.connection, effect.bytes);
        return;
      case 'told':
        this.#joins.get(effect.joinId)?.(effect.problem);
        this.#joins.delete(effect.joinId);
        return;
      case 'note':
        this.#deps.note(effect.line);
        return;
      case 'keep-keys':
        this.#deps.keepKeys(effect.keys);
        return;
      case 'tell':
        this.#tell(effect.news);
    }
  }

  #exchange({ id, to, bytes }: Extract<RingEffect, { do: 'exchange' }>): void {
    this.#socket?.exchange(to, bytes).then(
      (message) => this.#give({ type: 'answered', id, message }),
      (error: unknown) => this.#give({ type: 'unanswered', id, why: explain(error) }),
    );
  }

  #tell(news: RingNews): void {
    if (news.type === 'reply') this.#replied(news);
    else if (news.type === 'asked') {
      this.#asks.get(news.ask)?.done();
      this.#asks.delete(news.ask);
    }
    for (const follower of this.#followers) follower(news);
  }

  #replied({ ask, from, isAck, payload }: Extract<RingNews, { type: 'reply' }>): void {
    const open = this.#asks.get(ask);
    if (open === undefined) return;
    open.replies.push({ from, isAck, payload });
    if (open.replies.filter((reply) => !reply.isAck).length < open.expects) return;
    open.done();
    this.#asks.delete(ask);
  }
}
