/** The link in a simulated network: cables are pulled, processes end, and time passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { seeded } from '../base/random.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import { LINK_DEAD_MS, LINK_REDIAL_MS } from '../core/limits.ts';
import type { LinkKey } from '../ports/link.ts';
import { SimClock } from '../sim/clock.ts';
import { SimLinkNet } from '../sim/link-sockets.ts';
import { SimLoop } from '../sim/loop.ts';
import { LinkServer } from './link-server.ts';
import { ServerPool } from './server-pool.ts';

const SEEDS = ['a', 'b', 'c', 'd', 'e'];
const never = new AbortController().signal;
const KEY: LinkKey = {
  prove: (text) => `proof of ${text.length} ${text.slice(0, 9)}`,
  verify: (text, proof) => proof === KEY.prove(text),
  nonce: () => 'a nonce of this connection',
};

function facts(name: string, role: AgentFacts['role']): AgentFacts {
  return {
    ...{ protocol: 1, protocolMin: 1, version: '0.1.0', role, region: 'global' },
    ...{ datacenter: 'dc1', name, instance: name, address: '' },
  };
}

/** A client and servers, which are hosts of one network. */
class LinkWorld {
  readonly clock = new SimClock(1_000);
  readonly loop = new SimLoop(this.clock);
  readonly net: SimLinkNet;
  readonly pool: ServerPool;
  readonly #stop = new AbortController();

  constructor(seed: string, servers: readonly string[]) {
    const random = seeded(seed);
    this.net = new SimLinkNet({ clock: this.clock, random: random.fork('net') });
    for (const name of servers) this.serve(name);
    this.pool = new ServerPool(
      { port: 4_647 },
      {
        ...this.#shared(facts('c', 'client')),
        sockets: this.net.socketsOf('c'),
        random: random.fork('pool'),
        find: () => Promise.resolve(servers),
      },
    );
    this.#start(this.pool.run(this.#stop.signal));
  }

  serve(name: string): void {
    const deps = { ...this.#shared(facts(name, 'server')), sockets: this.net.socketsOf(name) };
    this.#start(new LinkServer({ host: name, port: 4_647 }, deps).run(this.#stop.signal));
  }

  async pass(ms: number): Promise<void> {
    await this.loop.run((this.clock.now() + ms) as Millis);
  }

  /** Asks who answers; undefined: nobody did, within a time. */
  async ask(ms: number): Promise<unknown> {
    let answer: unknown;
    this.pool.call('who', null, { signal: never, deadlineMs: ms }).then(
      (value) => (answer = value),
      () => undefined,
    );
    await this.pass(ms + 10_000);
    return answer;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.pass(20_000);
  }

  #shared(own: AgentFacts): ConstructorParameters<typeof LinkServer>[1] {
    return {
      ...{ facts: own, key: KEY, clock: this.clock, note: () => undefined },
      answersFor: () => ({ who: () => Promise.resolve(own.name) }),
      sockets: this.net.socketsOf(own.name),
    };
  }

  #start(running: Promise<void>): void {
    running.catch((error: unknown) => {
      throw error;
    });
  }
}

for (const seed of SEEDS) {
  test(`a server whose cable is pulled is noticed and replaced, seed ${seed}`, async () => {
    const world = new LinkWorld(seed, ['s1', 's2']);
    const first = await world.ask(1_000);
    assert.ok(first === 's1' || first === 's2');
    const cutAt = world.clock.now();
    world.net.cut(first);
    while (world.pool.current?.peer.name === first) await world.pass(100);
    assert.ok(world.clock.now() - cutAt <= LINK_DEAD_MS + 1_000, 'it is noticed in time');
    const second = await world.ask(1_000);
    assert.equal(second, first === 's1' ? 's2' : 's1');
    await world.end();
  });

  test(`servers that are all gone for hours are found again, seed ${seed}`, async () => {
    const world = new LinkWorld(seed, ['s1', 's2', 's3']);
    assert.notEqual(await world.ask(1_000), undefined);
    for (const name of ['s1', 's2', 's3']) world.net.end(name);
    await world.pass(3 * 3_600_000);
    assert.equal(await world.ask(1_000), undefined);
    world.serve('s3');
    await world.pass(4 * LINK_REDIAL_MS.most);
    assert.equal(await world.ask(1_000), 's3');
    await world.end();
  });

  test(`a client that was cut off itself comes back, seed ${seed}`, async () => {
    const world = new LinkWorld(seed, ['s1']);
    assert.equal(await world.ask(1_000), 's1');
    world.net.cut('c');
    await world.pass(60_000);
    assert.equal(await world.ask(1_000), undefined);
    world.net.mend('c');
    await world.pass(4 * LINK_REDIAL_MS.most);
    assert.equal(await world.ask(1_000), 's1');
    await world.end();
  });
}
