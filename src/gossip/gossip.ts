/**
 * The gossip role: this agent as a member of a pool. It joins, hears who comes and goes, carries
 * events and queries, and leaves.
 *
 * O1: the machine of `core/gossip` decides everything; here its effects are carried out.
 * O2: whoever follows is told in the order in which things happened, after the step that told it.
 * O3: of two members with one name the one that fewer others know goes out of the pool, without a
 *     word, which would be taken for the other's. It tries again: the other may have gone.
 */
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { addressText, isSameAddress, type Address } from '../core/gossip/address.ts';
import type { KeyRing } from '../core/gossip/key-ring.ts';
import { EVENT_BYTES_MAX, QUERY_BYTES_MAX } from '../core/gossip/limits.ts';
import type { Member, Ring, RingEffect, RingInput } from '../core/gossip/serf/ring.ts';
import type { RingNews, RingPolicy } from '../core/gossip/serf/ring.ts';
import { memoryOf, recall, type RingMemory } from '../core/gossip/serf/memory.ts';
import { newRing, stepRing } from '../core/gossip/serf/step.ts';
import type { Filter } from '../core/gossip/wire/serf-messages.ts';
import type { Tags } from '../core/gossip/wire/tags.ts';
import type { Coordinate } from '../core/model/coordinate.ts';
import type { Clock } from '../ports/clock.ts';
import type { GossipSocket, GossipSockets } from '../ports/gossip.ts';
import type { Service } from '../ports/service.ts';
import { Bell } from '../run/bell.ts';
import { parseJoin } from './join-address.ts';
import { Joining } from './joining.ts';

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
  /** Whether it joins those that it remembers although it had left; absent: it does not. */
  readonly rejoinAfterLeave?: boolean;
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
  /** What this member remembers from one start to the next; absent: nothing. */
  readonly memory?: MemoryKeeper;
}

export interface MemoryKeeper {
  /** Undefined: there is nothing to remember. */
  load(): RingMemory | undefined;
  keep(memory: RingMemory): void;
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

/** Between two attempts at a name that another member has [ms]: at first, and at last. */
const NAME_MS_MIN = 30_000;
const NAME_MS_MAX = 600_000;
/** What is to be remembered is kept so long after it has changed at the latest [ms]. */
const MEMORY_MS = 5_000;

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
  #keys: KeyRing;
  /** Numbers of joins and questions. */
  #next = 1;
  #leaving: Promise<void> | undefined;
  /** Who waits for the end of its leaving is told. */
  #left: () => void = () => undefined;
  /** Ends this life in the pool: another member keeps the name. */
  #withdraw: () => void = () => undefined;
  readonly #memoryBell = new Bell();

  constructor(options: GossipOptions, deps: GossipDeps) {
    this.name = options.service ?? 'gossip';
    this.#options = options;
    this.#deps = deps;
    this.#keys = options.keys;
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
    return this.#ring?.keys ?? this.#keys;
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

  /**
   * Leaves in good order; resolves once the others were told, or when it is out of the pool anyway.
   * Once is enough.
   */
  leave(): Promise<void> {
    if (this.#ring === undefined) return Promise.resolve();
    this.#leaving ??= new Promise((resolve) => {
      const end = this.follow((news) => {
        if (news.type === 'left') this.#left();
      });
      this.#left = () => {
        end();
        resolve();
      };
      this.#give({ type: 'leave' });
    });
    return this.#leaving;
  }

  /** Makes a member that failed one that left; `prune`: and forgets it. */
  forceLeave(name: string, prune: boolean): void {
    this.#give({ type: 'force-leave', name, prune });
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

  /** Listens, and takes part until `signal` aborts (O3). Fails: as the port's `listen` does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let delayMs = NAME_MS_MIN;
    while (!signal.aborted) {
      const from = clock.elapsedMs();
      await this.#live(signal);
      // The name was its own for long: this is another conflict.
      if (clock.elapsedMs() - from > NAME_MS_MAX) delayMs = NAME_MS_MIN;
      await clock.sleep(delayMs, signal);
      delayMs = Math.min(delayMs * 2, NAME_MS_MAX);
    }
  }

  /** Takes part until `signal` aborts, or the name is lost. */
  async #live(signal: AbortSignal): Promise<void> {
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
    this.#withdraw = () => ended.abort();
    try {
      this.#begin(socket);
      const loops = [this.#loop(until), this.#joining().run(until), this.#keepMemory(until)];
      await Promise.race([Promise.all(loops), socket.failed]);
    } finally {
      ended.abort();
      this.#ring = undefined;
      this.#socket = undefined;
      await socket.close();
      for (const settle of this.#joins.values()) settle('the agent is out of the pool');
      for (const { done } of this.#asks.values()) done();
      this.#joins.clear();
      this.#asks.clear();
      this.#left();
    }
  }

  #begin(socket: GossipSocket): void {
    const { name, tags, policy, advertise, refusal } = this.#options;
    const keys = this.#keys;
    const address = { ...socket.at, ...advertise };
    const random = this.#deps.random.fork('ring');
    const admission = refusal === undefined ? {} : { refusal };
    const ring = newRing({ name, address, tags, keys, policy, random, ...admission });
    const memory = this.#deps.memory?.load();
    if (memory !== undefined) {
      recall(ring, memory, this.#options.rejoinAfterLeave === true, this.#deps.clock.elapsedMs());
    }
    this.#ring = ring;
    this.#wakeAt = undefined;
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

  #joining(): Joining {
    const pool = {
      isAlone: () => this.#isAlone(),
      remembered: () => [...(this.#ring?.remembered.values() ?? [])].map(({ address }) => address),
      join: (text: string) => this.join(text),
    };
    return new Joining(this.#options.retryJoin, pool, this.#deps);
  }

  #isAlone(): boolean {
    const { name: self, isCompany = () => true } = this.#options;
    const others = this.members().filter(({ name, status }) => name !== self && status === 'alive');
    return !others.some(isCompany) && this.#leaving === undefined;
  }

  /** Some time after it has changed, and when this life ends. */
  async #keepMemory(signal: AbortSignal): Promise<void> {
    const { memory, clock } = this.#deps;
    while (memory !== undefined && !signal.aborted) {
      await this.#memoryBell.wait(clock, undefined, signal);
      await clock.sleep(MEMORY_MS, signal);
      if (this.#ring !== undefined) memory.keep(memoryOf(this.#ring));
    }
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
        this.#keys = effect.keys;
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
    } else if (news.type === 'name-lost') this.#nameLost(news);
    else this.#memoryBell.ring();
    for (const follower of this.#followers) follower(news);
  }

  /** O3. */
  #nameLost({ rival, here, elsewhere }: Extract<RingNews, { type: 'name-lost' }>): void {
    this.#deps.note(
      `"${this.#options.name}" is the name of another member, at ${addressText(rival)}, which ` +
        `${elsewhere} others know by it, and ${here} this one: this agent is out of the pool, and ` +
        'tries again now and then. Give one of the two another name',
    );
    this.#withdraw();
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
