/**
 * The etcd that is simulated (`test/sim/etcd-store.ts`) beside a real one: the same steps, drawn from a
 * seed, are to give the same answers and the same events.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { seeded } from '../../src/base/random.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import type { Compare, KeyValue, Op, Txn, WatchEvent } from '../../src/io/etcd/messages.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';
import { between, chance, pick, weighted } from '../sim/chance.ts';
import { EtcdStore } from '../sim/etcd-store.ts';

const options = { skip: withoutEtcd ?? false, timeout: 240_000 };
const STEPS = 400;
const KEYS = ['a', 'b', 'c', 'd', 'e'];
const ALL = { key: 'a', end: 'z' };

test('the simulated store answers and tells as a real one', options, async () => {
  const etcd = await startEtcd();
  const client = new EtcdClient({ endpoints: etcd.endpoints }, { clock: systemClock });
  try {
    const pair = new Pair(client, (await client.range(ALL)).revision);
    for (let n = 0; n < STEPS; n++) await pair.step();
    await pair.compareEvents();
  } finally {
    client.close();
    await etcd.end();
  }
});

class Pair {
  readonly #random = seeded('etcd model');
  readonly #store = new EtcdStore();
  readonly #client: EtcdClient;
  #leases: bigint[] = [];

  constructor(client: EtcdClient, revision: number) {
    this.#client = client;
    assert.equal(revision, this.#store.revision, 'both begin with the same revision');
  }

  async step(): Promise<void> {
    const weights = { txn: 20, range: 4, grant: 1, revoke: 1, compact: 1, events: 1 };
    const what = weighted(this.#random, weights);
    if (what === 'txn') await this.#txn(this.#drawTxn());
    else if (what === 'range') await this.#range();
    else if (what === 'compact') await this.#compact();
    else if (what === 'events') await this.compareEvents();
    else if (what === 'grant') {
      const { id } = await this.#client.leaseGrant(3_600);
      this.#store.grant(id);
      this.#leases.push(id);
    } else {
      const id = pick(this.#random, this.#leases);
      if (id === undefined) return;
      // It stays among those that are drawn: nothing may be put with it any more.
      const [real, simulated] = [this.#client.leaseRevoke(id), () => this.#store.endLease(id)];
      await same(`the end of lease ${id}`, real, simulated);
    }
  }

  /** What both tell of the time since a revision, up to now. */
  async compareEvents(): Promise<void> {
    const { compacted, revision } = this.#store;
    for (const from of new Set([1, compacted, compacted + 1, between(this.#random, 1, revision)])) {
      if (from < 1) continue;
      // So that there is a last event to wait for.
      await this.#txn({ compare: [], success: [{ put: { key: 'e', value: Buffer.from('end') } }] });
      const real = this.#watched(from, this.#store.revision);
      const what = `events from ${from} on, compacted ${this.#store.compacted}`;
      await same(what, real, () => this.#store.eventsFrom({ ...ALL, revision: from }).flat());
    }
  }

  async #watched(from: number, to: number): Promise<readonly WatchEvent[]> {
    const seen: WatchEvent[] = [];
    const signal = AbortSignal.timeout(60_000);
    for await (const events of this.#client.watch({ ...ALL, revision: from }, signal)) {
      seen.push(...events);
      if (events.some(({ pair }) => pair.modRevision === to)) return seen;
    }
    return seen;
  }

  async #txn(txn: Txn): Promise<void> {
    const text = JSON.stringify(txn, (_, value: unknown) => {
      return typeof value === 'bigint' ? String(value) : value;
    });
    await same(text, this.#client.txn(txn), () => this.#store.txn(txn));
  }

  async #range(): Promise<void> {
    const random = this.#random;
    const limit = between(random, 0, 3);
    const query = { ...ALL, limit, descending: chance(random, 0.5), keysOnly: chance(random, 0.3) };
    await same(JSON.stringify(query), this.#client.range(query), () => this.#store.range(query));
  }

  async #compact(): Promise<void> {
    const revision = this.#store.revision + between(this.#random, -20, 1);
    const simulated = (): undefined => {
      if (!this.#store.compact(revision)) throw new Failure('not_found', 'compacted already');
    };
    if (revision > 0) await same(`compact ${revision}`, this.#client.compact(revision), simulated);
  }

  #drawTxn(): Txn {
    const random = this.#random;
    const many = <T>(max: number, draw: () => T): T[] =>
      Array.from({ length: between(random, 0, max) }, draw);
    return {
      compare: many(2, () => this.#drawCompare()),
      success: many(3, () => this.#drawOp()),
      failure: many(3, () => this.#drawOp()),
    };
  }

  #drawCompare(): Compare {
    const random = this.#random;
    const key = this.#key();
    if (chance(random, 0.4)) return { key, value: this.#value() };
    const held = this.#store.range({ key }).pairs[0]?.modRevision ?? 0;
    return { key, modRevision: chance(random, 0.7) ? held : between(random, 0, 5) };
  }

  #drawOp(): Op {
    const random = this.#random;
    const [key, end] = [this.#key(), chance(random, 0.3) ? 'd' : undefined];
    const span = end === undefined || key >= end ? { key } : { key, end };
    const what = weighted(random, { put: 5, leased: 2, remove: 2, range: 3 });
    if (what === 'range') return { range: span };
    if (what === 'remove') return { remove: span };
    const lease = what === 'leased' ? pick(random, this.#leases) : undefined;
    return { put: { key, value: this.#value(), ...(lease === undefined ? {} : { lease }) } };
  }

  #key(): string {
    return pick(this.#random, KEYS) ?? 'a';
  }

  #value(): Buffer {
    return Buffer.from(pick(this.#random, ['x', 'y']) ?? '');
  }
}

/** Both answer the same, or fail alike. */
async function same<T>(what: string, real: Promise<T>, simulated: () => T): Promise<void> {
  const [wanted, got] = [await outcome(() => real), await outcome(simulated)];
  assert.deepEqual(got, wanted, what);
}

async function outcome(ask: () => unknown): Promise<unknown> {
  try {
    return plain(await ask());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { fault: error.fault };
  }
}

/** Values as text, so that a difference can be read. */
function plain(answer: unknown): unknown {
  const isValue = (value: unknown): value is KeyValue['value'] => value instanceof Uint8Array;
  if (isValue(answer)) return Buffer.from(answer).toString();
  if (Array.isArray(answer)) return answer.map(plain);
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, plain(value)]));
}
