/**
 * Pools of thousands of members in one process: membership alone, without what stands above it, and
 * settled from the beginning, as four million introductions would take longer than what is asked.
 */
import type { Millis } from '../../src/base/brand.ts';
import { seeded, type Random } from '../../src/base/random.ts';
import type { Address } from '../../src/core/gossip/address.ts';
import { announce } from '../../src/core/gossip/member-list/members.ts';
import { LAN_POLICY, type Policy } from '../../src/core/gossip/member-list/policy.ts';
import { arm, newPool, VERSIONS } from '../../src/core/gossip/member-list/pool.ts';
import type { Layer, Peer, Pool, PoolInput } from '../../src/core/gossip/member-list/pool.ts';
import { stepPool } from '../../src/core/gossip/member-list/step.ts';
import { wholeStream } from '../../src/core/gossip/wire/stream.ts';
import { Timeline } from './timeline.ts';

export interface Loss {
  /** Of packets, each way [0..1]. */
  readonly packets: number;
  /** Of streams: the whole exchange. */
  readonly streams: number;
}

interface Packet {
  readonly to: Address;
  readonly bytes: Uint8Array;
}

const DELAY_MS = 1;
/** Packets that a system keeps for a process that does not read. */
const UNREAD_MAX = 500;
const NOTHING = new Uint8Array(0);

export class GossipPools extends Timeline {
  readonly pools: Pool[] = [];
  /** How often a member gave another one up that lives and is well. */
  falsePositives = 0;
  /** Of these, how often a member did that is well itself. */
  falsePositivesOfTheWell = 0;
  /** Probes without a direct answer in time. */
  unanswered = 0;
  packets = 0;
  readonly #loss: Loss;
  readonly #random: Random;
  readonly #dead = new Set<number>();
  /** Those that stand still or are cut off now and then. */
  readonly #unwell = new Set<number>();
  /** What each that stands still was given meanwhile. */
  readonly #waiting = new Map<number, PoolInput[]>();
  /** What each that is cut off was sent, and sent, meanwhile. */
  readonly #held = new Map<number, { readonly in: PoolInput[]; readonly out: Packet[] }>();
  readonly #wakesAt: (number | undefined)[] = [];
  readonly #policy: Policy;

  constructor(seed: string, count: number, loss: Loss, policy = LAN_POLICY) {
    super();
    this.#random = seeded(seed);
    this.#loss = loss;
    this.#policy = policy;
    for (let i = 0; i < count; i++) {
      const random = this.#random.fork(`m${i}`);
      const layer = this.#layer(i);
      const options = { name: `m${i}`, address: addressOf(i), meta: NOTHING, policy: this.#policy };
      this.pools.push(newPool({ ...options, random }, layer));
    }
    for (const [i, pool] of this.pools.entries()) this.#settle(pool, i);
  }

  kill(i: number): void {
    this.#dead.add(i);
  }

  /** Its process stands still: what comes waits, what is due is late. */
  freeze(i: number): void {
    this.#unwell.add(i);
    this.#waiting.set(i, []);
  }

  thaw(i: number): void {
    const waiting = this.#waiting.get(i) ?? [];
    this.#waiting.delete(i);
    // Timers come before what is to be read.
    for (const input of [{ type: 'tick' } as const, ...waiting]) this.#give(i, input);
  }

  /** Its clock goes on, but what it sends and is sent waits: Lifeguard's anomaly. */
  cutOff(i: number): void {
    this.#unwell.add(i);
    this.#held.set(i, { in: [], out: [] });
  }

  /** What waited is sent, and read. */
  letThrough(i: number): void {
    const held = this.#held.get(i);
    this.#held.delete(i);
    for (const { to, bytes } of held?.out ?? []) this.#send(i, to, bytes);
    for (const input of held?.in ?? []) this.#give(i, input);
  }

  /** A member says something new of itself. */
  change(i: number): void {
    const pool = this.pools[i];
    if (pool === undefined) return;
    pool.self.incarnation++;
    announce(pool);
    this.#give(i, { type: 'tick' });
  }

  /** The share of the living others that see the member so [0..1]. */
  share(i: number, sees: (peer: Peer) => boolean): number {
    const others = this.pools.filter((_, at) => at !== i && !this.#dead.has(at));
    const seeing = others.filter((pool) => {
      const peer = pool.peers.get(`m${i}`);
      return peer !== undefined && sees(peer);
    });
    return seeing.length / others.length;
  }

  #layer(own: number): Layer {
    return {
      queues: [],
      localState: () => NOTHING,
      ackPayload: () => NOTHING,
      onJoin: () => undefined,
      onLeave: ({ name }) => {
        const i = Number(name.slice(1));
        if (this.#dead.has(i) || this.#unwell.has(i)) return;
        this.falsePositives++;
        if (!this.#unwell.has(own)) this.falsePositivesOfTheWell++;
      },
      onUpdate: () => undefined,
      onConflict: () => undefined,
      onUser: () => undefined,
      onState: () => undefined,
      onAnswer: () => undefined,
    };
  }

  /**
   * Knows everybody, in an order of its own, and has begun to probe at a time of its own. Written
   * out at length: of 2,000 members there are four million such rows.
   */
  #settle(pool: Pool, own: number): void {
    const order: Peer[] = [];
    for (const [i, { name, self }] of this.pools.entries()) {
      const { address } = self;
      const peer: Peer =
        i === own
          ? self
          : {
              name,
              address,
              meta: NOTHING,
              versions: VERSIONS,
              incarnation: 1,
              condition: 'alive',
              changedAt: 0,
              suspicion: undefined,
            };
      pool.peers.set(name, peer);
      order.push(peer);
    }
    for (let i = order.length - 1; i > 0; i--) {
      const at = Math.floor(pool.random.next() * (i + 1));
      const [one, other] = [order[i], order[at]];
      if (one === undefined || other === undefined) continue;
      order[i] = other;
      order[at] = one;
    }
    pool.order = order;
    arm(pool, 'probe', pool.policy.probeIntervalMs * pool.random.next());
    this.#wake(own, pool.timers.nextAt);
  }

  #give(i: number, input: PoolInput): void {
    const pool = this.pools[i];
    if (pool === undefined || this.#dead.has(i)) return;
    const waiting = this.#waiting.get(i) ?? (input.type === 'packet' && this.#held.get(i)?.in);
    if (waiting !== undefined && waiting !== false) {
      if (waiting.length < UNREAD_MAX && input.type !== 'tick') waiting.push(input);
      return;
    }
    for (const effect of stepPool(pool, input, this.now as Millis)) {
      if (effect.do === 'send') this.#sendOrHold(i, effect);
      else if (effect.do === 'exchange') this.#exchange(i, effect);
    }
    this.#wake(i, pool.timers.nextAt);
  }

  #wake(i: number, at: number | undefined): void {
    const known = this.#wakesAt[i];
    if (at === undefined || (known !== undefined && known <= at)) return;
    this.#wakesAt[i] = at;
    this.later(at, () => {
      if (this.#wakesAt[i] !== at) return;
      this.#wakesAt[i] = undefined;
      this.#give(i, { type: 'tick' });
    });
  }

  #sendOrHold(from: number, packet: Packet): void {
    const held = this.#held.get(from);
    if (held === undefined) this.#send(from, packet.to, packet.bytes);
    else held.out.push(packet);
  }

  #send(from: number, to: Address, bytes: Uint8Array): void {
    this.packets++;
    if (this.#random.next() < this.#loss.packets) return;
    const at = this.now + DELAY_MS * (0.5 + this.#random.next());
    const i = indexOf(to);
    this.later(at, () => this.#give(i, { type: 'packet', from: addressOf(from), bytes }));
  }

  /** Only pings come here: states are not exchanged in so short a time. */
  #exchange(
    from: number,
    { id, to, bytes }: { readonly id: number; readonly to: Address; readonly bytes: Uint8Array },
  ): void {
    this.unanswered++;
    const i = indexOf(to);
    const isSilent = (each: number): boolean =>
      this.#dead.has(each) || this.#waiting.has(each) || this.#held.has(each);
    const isLost = this.#random.next() < this.#loss.streams || isSilent(i) || isSilent(from);
    const ping = wholeStream(bytes);
    this.later(this.now + 2 * DELAY_MS, () => {
      if (isLost || ping.type !== 'ping') {
        this.#give(from, { type: 'unanswered', id, why: 'lost' });
        return;
      }
      const message = { type: 'ack', sequence: ping.sequence, payload: NOTHING } as const;
      this.#give(from, { type: 'answered', id, message });
    });
  }
}

function addressOf(i: number): Address {
  return { host: `10.0.${i >> 8}.${i & 255}`, port: 8_301 };
}

function indexOf({ host }: Address): number {
  const [, , high, low] = host.split('.').map(Number);
  return (high ?? 0) * 256 + (low ?? 0);
}
