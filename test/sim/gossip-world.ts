/**
 * Rings of one pool in one process, on a network with delay and loss, from a seed: the same seed
 * gives the same run.
 */
import type { Millis } from '../../src/base/brand.ts';
import { seeded, type Random } from '../../src/base/random.ts';
import { addressText, type Address } from '../../src/core/gossip/address.ts';
import type {
  Ring,
  RingEffect,
  RingInput,
  RingNews,
  RingPolicy,
} from '../../src/core/gossip/serf/ring.ts';
import { recall, type RingMemory } from '../../src/core/gossip/serf/memory.ts';
import { LAN, newRing, stepRing } from '../../src/core/gossip/serf/step.ts';
import { wholeStream } from '../../src/core/gossip/wire/stream.ts';
import { Timeline } from './timeline.ts';

export interface Weather {
  /** Of packets, each way [0..1]. */
  loss: number;
  /** Of packets and streams, one way [ms]. */
  delayMs: number;
  /** Whether nothing passes between the two, streams included. */
  cut: (from: string, to: string) => boolean;
}

interface Host {
  readonly address: Address;
  readonly tags: Readonly<Record<string, string>>;
  ring: Ring;
  isRunning: boolean;
  wakesAt: number | undefined;
  /** What it was given while it stood still; undefined: it runs. */
  waiting: RingInput[] | undefined;
}

/** Packets that a system keeps for a process that does not read. */
const UNREAD_MAX = 500;

export interface Heard {
  readonly at: number;
  readonly by: string;
  readonly news: RingNews;
}

export class GossipWorld extends Timeline {
  #connections = 0;
  readonly weather: Weather = { loss: 0, delayMs: 1, cut: () => false };
  readonly heard: Heard[] = [];
  /** Packets sent, and their bytes. */
  packets = 0;
  bytes = 0;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  readonly #at = new Map<string, string>();
  readonly #followers = new Map<string, Set<(news: RingNews) => void>>();
  /** Streams that wait for their answer, by connection. */
  readonly #streams = new Map<number, { readonly asker: string; readonly id: number }>();

  readonly #policy: RingPolicy;

  constructor(seed: string, policy = LAN) {
    super();
    this.#random = seeded(seed);
    this.#policy = policy;
  }

  add(name: string, tags: Readonly<Record<string, string>> = {}): void {
    const at = this.#hosts.size + 1;
    const address = { host: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, port: 8_301 };
    this.#hosts.set(name, {
      ...{ address, tags, ring: this.#newRing(name, address, tags), isRunning: true },
      ...{ wakesAt: undefined, waiting: undefined },
    });
    this.#at.set(addressText(address), name);
  }

  /** Tells what happens at a member from now on; the answer ends that. */
  follow(name: string, tell: (news: RingNews) => void): () => void {
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers.add(tell));
    return () => followers.delete(tell);
  }

  /** Begins anew after a `kill`, with what it remembered then, if anything. */
  restart(name: string, memory?: RingMemory): void {
    const host = this.#host(name);
    host.ring = this.#newRing(name, host.address, host.tags);
    host.wakesAt = undefined;
    host.isRunning = true;
    if (memory === undefined) return;
    recall(host.ring, memory, false, this.now);
    this.give(name, { type: 'tick' });
  }

  /** Its process stands still: what comes waits, what is due is late. */
  freeze(name: string): void {
    this.#host(name).waiting = [];
  }

  thaw(name: string): void {
    const host = this.#host(name);
    const { waiting = [] } = host;
    host.waiting = undefined;
    // Timers come before what is to be read.
    for (const input of [{ type: 'tick' } as const, ...waiting]) this.give(name, input);
  }

  #newRing(name: string, address: Address, tags: Host['tags']): Ring {
    const random = this.#random.fork(`${name} at ${this.now}`);
    return newRing({ name, address, tags, keys: [], policy: this.#policy, random });
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  ring(name: string): Ring {
    return this.#host(name).ring;
  }

  /** Nothing reaches it, and it does nothing any more. */
  kill(name: string): void {
    const host = this.#hosts.get(name);
    if (host !== undefined) host.isRunning = false;
  }

  join(name: string, to: string): void {
    this.give(name, { type: 'join', joinId: 1, to: this.ring(to).pool.self.address });
  }

  give(name: string, input: RingInput): void {
    const host = this.#hosts.get(name);
    if (host?.isRunning !== true) return;
    if (host.waiting !== undefined) {
      if (host.waiting.length < UNREAD_MAX && input.type !== 'tick') host.waiting.push(input);
      return;
    }
    const turn = stepRing(host.ring, input, this.now as Millis);
    for (const effect of turn.effects) this.#carryOut(name, effect);
    this.#wake(name, host, turn.wakeAt);
  }

  #carryOut(name: string, effect: RingEffect): void {
    switch (effect.do) {
      case 'send':
        this.#send(name, effect.to, effect.bytes);
        return;
      case 'exchange':
        this.#exchange(name, effect);
        return;
      case 'answer':
        this.#answer(name, effect.connection, effect.bytes);
        return;
      case 'tell':
        this.heard.push({ at: this.now, by: name, news: effect.news });
        for (const follower of this.#followers.get(name) ?? []) follower(effect.news);
        return;
      case 'told':
      case 'note':
      case 'keep-keys':
        return;
    }
  }

  #wake(name: string, host: Host, at: number | undefined): void {
    if (at === undefined || (host.wakesAt !== undefined && host.wakesAt <= at)) return;
    host.wakesAt = at;
    this.later(at, () => {
      if (host.wakesAt === at) {
        host.wakesAt = undefined;
        this.give(name, { type: 'tick' });
      }
    });
  }

  #arrival(): number {
    return this.now + this.weather.delayMs * (0.5 + this.#random.next());
  }

  #send(from: string, to: Address, bytes: Uint8Array): void {
    this.packets++;
    this.bytes += bytes.length;
    const name = this.#at.get(addressText(to));
    if (name === undefined || this.weather.cut(from, name)) return;
    if (this.weather.loss > 0 && this.#random.next() < this.weather.loss) return;
    const address = this.ring(from).pool.self.address;
    this.later(this.#arrival(), () => this.give(name, { type: 'packet', from: address, bytes }));
  }

  #exchange(
    asker: string,
    { id, to, bytes }: { readonly id: number; readonly to: Address; readonly bytes: Uint8Array },
  ): void {
    const name = this.#at.get(addressText(to));
    const fails = (): void => this.give(asker, { type: 'unanswered', id, why: 'nobody there' });
    if (name === undefined || this.weather.cut(asker, name)) {
      this.later(this.now + 10_000, fails);
      return;
    }
    this.later(this.#arrival(), () => {
      if (this.#hosts.get(name)?.isRunning !== true) {
        fails();
        return;
      }
      const connection = this.#connections++;
      this.#streams.set(connection, { asker, id });
      const message = wholeStream(bytes);
      const from = this.ring(asker).pool.self.address;
      this.give(name, { type: 'asked', connection, from, message });
    });
  }

  #answer(from: string, connection: number, bytes: Uint8Array): void {
    const stream = this.#streams.get(connection);
    this.#streams.delete(connection);
    if (stream === undefined || this.weather.cut(from, stream.asker)) return;
    const { asker, id } = stream;
    this.later(this.#arrival(), () =>
      this.give(asker, { type: 'answered', id, message: wholeStream(bytes) }),
    );
  }
}
