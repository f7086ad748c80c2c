import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import type { Millis } from '../base/brand.ts';
import { seeded } from '../base/random.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import type { LinkKey } from '../ports/link.ts';
import { SimClock } from '../sim/clock.ts';
import { SimLinkNet } from '../sim/link-sockets.ts';
import { SimLoop } from '../sim/loop.ts';
import { LeaderCaller, throughLeader } from './leader.ts';
import { LinkServer } from './link-server.ts';
import { ServerPool } from './server-pool.ts';
import type { Answers } from './session.ts';

const never = new AbortController().signal;
const KEY: LinkKey = {
  prove: (text) => `proof of ${text.length}`,
  verify: (text, proof) => proof === KEY.prove(text),
  nonce: () => 'a nonce of this connection',
};

function facts(name: string): AgentFacts {
  return {
    ...{ protocol: 1, protocolMin: 1, version: '0.1.0', role: 'server', region: 'global' },
    ...{ datacenter: 'dc1', name, instance: name, address: '' },
  };
}

/** A follower `s2` and a server `s1`, which led when it was asked. */
class Following {
  readonly clock = new SimClock(1_000);
  readonly loop = new SimLoop(this.clock);
  readonly caller: LeaderCaller;
  address = 's1:4647';
  readonly #pool: ServerPool;
  #changed: () => void = () => undefined;
  readonly #stop = new AbortController();

  constructor() {
    const net = new SimLinkNet({ clock: this.clock, random: seeded('net') });
    const shared = { key: KEY, clock: this.clock, note: (): void => undefined };
    const server = new LinkServer(
      { host: 's1', port: 4_647 },
      {
        ...{ ...shared, facts: facts('s1'), sockets: net.socketsOf('s1') },
        answersFor: () => this.#answers,
      },
    );
    this.#pool = new ServerPool(
      { port: 4_647 },
      {
        ...{ ...shared, facts: facts('s2'), sockets: net.socketsOf('s2') },
        ...{ random: seeded('pool'), answersFor: () => ({}) },
        find: () => Promise.resolve(['s1']),
      },
    );
    this.caller = new LeaderCaller({
      isLeading: () => false,
      address: () => this.address,
      addresses: (signal) => this.#addresses(signal),
      sessionWith: () => this.#pool.current,
      clock: this.clock,
    });
    for (const each of [server, this.#pool, this.caller]) {
      each.run(this.#stop.signal).catch((error: unknown) => {
        throw error;
      });
    }
  }

  pass(ms: number): Promise<void> {
    return this.loop.run((this.clock.now() + ms) as Millis);
  }

  lead(address: string): void {
    this.address = address;
    this.#changed();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    this.#changed();
    await this.pass(20_000);
  }

  get #answers(): Answers {
    return {
      hang: () => new Promise(() => undefined),
      slow: () => this.clock.sleep(100, never).then(() => 'done'),
      stream: async ({ stream }) => {
        await stream.send('first');
        await this.clock.sleep(5_000, never);
        await stream.send('last');
      },
    };
  }

  async *#addresses(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      yield this.address;
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}

test('LE2: what a former leader does not answer is given up when another leads', async () => {
  const world = new Following();
  await world.pass(1_000);
  const calls = ['hang', 'slow'].map((method) => {
    const told: { answer?: unknown } = {};
    world.caller.call(method, null, { signal: never }).then(
      (answer) => (told.answer = answer),
      (error: unknown) => (told.answer = error),
    );
    return told;
  });
  const { pieces } = world.caller.open('stream', null, { signal: never });
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const piece of pieces) seen.push(piece);
  })();
  await world.pass(50);
  world.lead('s3:4647');
  await world.pass(1_000);
  assert.ok(calls[0]?.answer instanceof Failure && calls[0].answer.fault === 'unavailable');
  assert.equal(calls[1]?.answer, 'done');
  assert.deepEqual(seen, ['first']);
  await world.pass(10_000);
  await reading;
  assert.deepEqual(seen, ['first', 'last']);
  await world.end();
});

test('LE1, LE2: a question goes on to who leads next, a change fails at once', async () => {
  for (const repeatable of [true, false]) {
    const world = new Following();
    await world.pass(1_000);
    let leads = false;
    const work = {
      here: () => Promise.resolve('answered here'),
      there: () => world.caller.call('hang', null, { signal: never }),
      repeatable,
    };
    let told: unknown;
    const deps = { isLeading: () => leads, clock: world.clock };
    throughLeader<unknown>(work, deps, never).then(
      (answer) => (told = answer),
      (error: unknown) => (told = error),
    );
    await world.pass(500);
    leads = true;
    world.lead('s2:4647');
    await world.pass(500);
    if (repeatable) assert.equal(told, 'answered here');
    else assert.ok(told instanceof Failure && told.fault === 'unavailable');
    await world.end();
  }
});

test('an asker that hangs up is told so, and no leader is asked', async () => {
  const world = new Following();
  await world.pass(1_000);
  const stop = new AbortController();
  const asked = world.caller.call('hang', null, { signal: stop.signal });
  const refused = assert.rejects(asked, { fault: 'canceled' });
  stop.abort();
  await refused;
  world.lead('');
  await assert.rejects(world.caller.call('hang', null, { signal: never }), /no server leads/);
  await world.end();
});
