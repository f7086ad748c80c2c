import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import { LINK_CREDIT } from '../core/limits.ts';
import { systemClock } from '../io/clock.ts';
import { encodeFrame } from '../io/link/frame-codec.ts';
import { linkKey } from '../io/link/key.ts';
import { systemLinkSockets } from '../io/link/sockets.ts';
import type { LinkSockets } from '../ports/link.ts';
import { LinkServer } from './link-server.ts';
import { ServerPool } from './server-pool.ts';
import type { Answers } from './session.ts';

const KEY = 'a key of the cluster';
const stop = new AbortController();
const lines: string[] = [];
const running: Promise<void>[] = [];
const never = new AbortController().signal;
// Thousands of questions wait on it at once.
setMaxListeners(0, never);

function facts(name: string, role: AgentFacts['role']): AgentFacts {
  return {
    ...{ protocol: 1, protocolMin: 1, version: '0.1.0', role, region: 'global' },
    ...{ datacenter: 'dc1', name, instance: `instance of ${name}`, address: '' },
  };
}

/** Tells on which port a server came to listen. */
function toldPort(): { readonly sockets: LinkSockets; readonly port: Promise<number> } {
  let tell: (port: number) => void;
  const port = new Promise<number>((resolve) => (tell = resolve));
  const listen: LinkSockets['listen'] = async (at, accept) => {
    const listener = await systemLinkSockets.listen(at, accept);
    tell(listener.port);
    return listener;
  };
  return { sockets: { ...systemLinkSockets, listen }, port };
}

interface Serving {
  readonly server: LinkServer;
  readonly port: number;
  readonly stop: AbortController;
}

async function serve(name: string, answers: Answers): Promise<Serving> {
  const { sockets, port } = toldPort();
  const own = new AbortController();
  const server = new LinkServer(
    { host: '127.0.0.1', port: 0 },
    {
      ...{ sockets, clock: systemClock, key: linkKey(KEY), facts: facts(name, 'server') },
      answersFor: () => answers,
      note: (line) => lines.push(`${name}: ${line}`),
    },
  );
  running.push(server.run(AbortSignal.any([stop.signal, own.signal])));
  return { server, port: await port, stop: own };
}

function dial(servers: readonly string[], key = KEY, answers: Answers = {}): ServerPool {
  const pool = new ServerPool(
    { port: 4_647 },
    {
      ...{ sockets: systemLinkSockets, clock: systemClock, key: linkKey(key) },
      ...{ facts: facts('c1', 'client'), random: seeded('pool'), answersFor: () => answers },
      find: () => Promise.resolve(servers),
      note: (line) => lines.push(`c1: ${line}`),
    },
  );
  running.push(pool.run(stop.signal));
  return pool;
}

const ANSWERS: Answers = {
  echo: ({ body }) => Promise.resolve(body),
  refuse: () => Promise.reject(new Failure('conflict', 'no', { facts: { status: 409 } })),
  wait: ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        lines.push('given up');
        reject(new Failure('canceled', 'gone'));
      });
    }),
  count: async ({ body, stream }) => {
    for (let i = 0; i < Number(body); i++) await stream.send({ i, bytes: new Uint8Array(60_000) });
    return 'all';
  },
  sum: async ({ stream }) => {
    let sum = 0;
    for await (const piece of stream.pieces) sum += Number(piece);
    return sum;
  },
  whoareyou: ({ session }) => session.call('name', null, { signal: never }),
};

let first: Serving;
let pool: ServerPool;

before(async () => {
  first = await serve('s1', ANSWERS);
  pool = dial([`127.0.0.1:${first.port}`], KEY, { name: () => Promise.resolve('c1 it is') });
});
after(async () => {
  stop.abort();
  await Promise.all(running);
});

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}\n${lines.join('\n')}`);
    await systemClock.sleep(10, never);
  }
}

test('a question is answered, with everything in it as it was', async () => {
  const body = {
    index: 7 as Index,
    big: 2n ** 60n,
    bytes: new Uint8Array([1, 2]),
    none: undefined,
  };
  assert.deepEqual(await pool.call('echo', body, { signal: never }), body);
});

test('a failure comes as the failure it was', async () => {
  await assert.rejects(pool.call('refuse', null, { signal: never }), (error: Failure) => {
    assert.deepEqual(
      [error.fault, error.message, error.facts],
      ['conflict', 'no', { status: 409 }],
    );
    return true;
  });
});

test('what nobody answers is refused by name', async () => {
  for (const method of ['nonsense', 'toString', '__proto__']) {
    await assert.rejects(pool.call(method, null, { signal: never }), { fault: 'unsupported' });
  }
});

test('a question that is given up is given up over there', async () => {
  const gaveUp = new AbortController();
  const asked = pool.call('wait', null, { signal: gaveUp.signal });
  await pool.call('echo', 1, { signal: never });
  gaveUp.abort();
  await assert.rejects(asked, { fault: 'canceled' });
  await until('it was given up', () => lines.includes('given up'));
  await assert.rejects(pool.call('wait', null, { signal: never, deadlineMs: 50 }), {
    fault: 'timeout',
  });
});

test('the server asks back over the session that was dialled', async () => {
  assert.equal(await pool.call('whoareyou', null, { signal: never }), 'c1 it is');
});

test('a stream of more than all credit arrives whole, and a slow reader holds it back', async () => {
  const counts = LINK_CREDIT * 5;
  const exchange = await pool.open('count', counts, { signal: never });
  let seen = 0;
  for await (const piece of exchange.pieces) {
    assert.equal((piece as { i: number }).i, seen++);
    if (seen === 1) await systemClock.sleep(50, never);
  }
  assert.equal(seen, counts);
  assert.equal(await exchange.reply, 'all');
});

test('a stream goes the other way, too', async () => {
  const exchange = await pool.open('sum', null, { signal: never });
  for (let i = 1; i <= 100; i++) await exchange.send(i);
  exchange.end();
  assert.equal(await exchange.reply, 5_050);
});

test('many at once do not mistake each other', async () => {
  const asked = Array.from({ length: 2_000 }, (_, i) => pool.call('echo', i, { signal: never }));
  assert.deepEqual(
    await Promise.all(asked),
    asked.map((_, i) => i),
  );
});

test('without the key there is no session, and both sides say so', async () => {
  const stranger = dial([`127.0.0.1:${first.port}`], 'another key');
  await assert.rejects(stranger.call('echo', 1, { signal: never }), { fault: 'unavailable' });
  const words = /does not hold this cluster's key/;
  assert.ok(lines.some((line) => line.startsWith('c1: ') && words.test(line)));
});

test('a server that goes away is replaced by another that it told of', async () => {
  const [one, other] = [await serve('a', ANSWERS), await serve('b', ANSWERS)];
  const own = dial([`127.0.0.1:${one.port}`]);
  await own.call('echo', 1, { signal: never });
  own.heard([`127.0.0.1:${other.port}`]);
  const waiting = own.call('wait', null, { signal: never });
  one.stop.abort();
  await assert.rejects(waiting, { fault: 'unavailable' });
  assert.equal(await own.call('echo', 2, { signal: never }), 2);
  assert.equal(own.current?.peer.name, 'b');
});

test('a server that reaches no leader is left for another', async () => {
  const [one, other] = [await serve('x', ANSWERS), await serve('y', ANSWERS)];
  const own = dial([`127.0.0.1:${one.port}`, `127.0.0.1:${other.port}`]);
  await own.call('echo', 1, { signal: never });
  const before = own.current?.peer.name;
  own.unheard();
  own.unheard();
  await own.call('echo', 2, { signal: never });
  assert.notEqual(own.current?.peer.name, before);
});

const strangers: readonly (readonly [string, readonly Uint8Array[]])[] = [
  ['noise', [new Uint8Array([0xc1, 1, 2, 3])]],
  ['an empty message', [new Uint8Array()]],
  ['a call before its greeting', [frame({ kind: 'call', id: 1, method: 'echo' })]],
  ['pings before its greeting', [frame({ kind: 'ping' })]],
  ['a long greeting', [new Uint8Array(9_000)]],
  ['many small ones', Array.from({ length: 1_000 }, () => new Uint8Array(20))],
  ['lists in lists', [new Uint8Array(8_000).fill(0x91)]],
  ['a list of a billion', [new Uint8Array([0xdd, 0x3f, 0xff, 0xff, 0xff])]],
];

function frame(over: object): Uint8Array {
  return encodeFrame({ id: 1, deadlineMs: 0, body: null, ...over } as Parameters<
    typeof encodeFrame
  >[0]);
}

for (const [what, messages] of strangers) {
  test(`a stranger who sends ${what} is let go, and nobody else notices`, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${first.port}/v1/link`);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    for (const message of messages) socket.send(message);
    await closed;
    assert.equal(await pool.call('echo', 1, { signal: never }), 1);
  });
}

test('a member who breaks the rules is let go', async () => {
  const session = pool.current;
  assert.ok(session !== undefined);
  session.receive({ kind: 'reply', id: 99_999, body: 'an answer to nothing' });
  assert.match(await session.closed, /never began/);
  assert.equal(await pool.call('echo', 1, { signal: never }), 1);
});
