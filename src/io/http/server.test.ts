import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import type { HttpApp, HttpClient, HttpListener, HttpMount, HttpReply } from '../../ports/http.ts';
import { connectHttp } from './client.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { nodeHttpServer } from './server.ts';

const text = (body: HttpReply['body'], status = 200): HttpReply => ({ status, headers: {}, body });

/** Told by handlers, for tests to look at. */
const seen = { aborted: 0, parked: 0, produced: 0 };

async function* counting(signal: AbortSignal): AsyncGenerator<string> {
  try {
    for (let i = 0; !signal.aborted; i++) {
      seen.produced = i;
      yield await Promise.resolve(`${'x'.repeat(64 * 1024)}\n`);
    }
  } finally {
    seen.aborted += 1;
  }
}

const mounts: readonly HttpMount[] = [
  {
    method: 'GET',
    path: '/hello/:name',
    handle: ({ params }) => Promise.resolve(text(`hi ${params['name'] ?? ''}`)),
  },
  {
    method: 'GET',
    path: '/keys/*key',
    handle: ({ params }) => Promise.resolve(text(JSON.stringify(params))),
  },
  { method: 'GET', path: '/now', handle: ({ query }) => text(query) },
  {
    method: 'GET',
    path: '/throws',
    handle: () => {
      throw new Failure('conflict', 'thrown');
    },
  },
  {
    method: 'PUT',
    path: '/unread',
    handle: () => text('not wanted'),
  },
  {
    method: 'GET',
    path: '/late',
    handle: async (request) => {
      seen.parked += 1;
      // Until the server has surely seen that the sender is gone.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (request.signal.aborted) seen.aborted += 1;
      return text('late');
    },
  },
  { method: 'GET', path: '/query', handle: ({ query }) => Promise.resolve(text(query)) },
  { method: 'GET', path: '/large', handle: () => Promise.resolve(text('abc'.repeat(10_000))) },
  {
    method: 'GET',
    path: '/flood',
    handle: ({ signal }) => Promise.resolve(text(counting(signal))),
  },
  { method: 'GET', path: '/bug', handle: () => Promise.reject(new Failure('conflict', 'no')) },
  {
    method: 'PUT',
    path: '/echo',
    handle: async (request) => text(await request.body()),
  },
  {
    method: 'GET',
    path: '/park',
    handle: ({ signal }) => {
      seen.parked += 1;
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          seen.aborted += 1;
          resolve(text('gone'));
        });
      });
    },
  },
  {
    method: 'PUT',
    path: '/change',
    handle: async ({ signal }) => {
      seen.parked += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return text(signal.aborted ? 'given up' : 'changed');
    },
  },
  {
    method: 'GET',
    path: '/given-up',
    handle: ({ signal }) => {
      seen.parked += 1;
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Failure('canceled', 'given up')));
      });
    },
  },
  {
    method: 'GET',
    path: '/socket/:kind',
    handle: () => Promise.resolve(text('upgrade', 400)),
    upgrade: ({ params }) =>
      Promise.resolve(
        params['kind'] === 'no'
          ? text('not here', 404)
          : async (socket): Promise<void> => {
              for await (const message of socket.messages) {
                if (message === 'bye') return;
                await socket.send(`echo ${message}`);
              }
            },
      ),
  },
];

const app: HttpApp = {
  mounts,
  rewrite: (path) => path.replace('/old/', '/hello/'),
  missing: (_, allowed) => text(`none (${allowed.join(' ')})`, allowed.length > 0 ? 405 : 404),
  failed: (error) => text(error instanceof Error ? error.message : 'error', 418),
};

let listener: HttpListener;
let client: HttpClient;
before(async () => {
  listener = await nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
  client = connectHttp(`http://127.0.0.1:${listener.port}`);
});
after(async () => {
  await client.close();
  await listener.close(100);
});

async function call(
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string } = {},
): Promise<{
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}> {
  const answer = await client.send({
    method,
    path,
    headers: options.headers ?? {},
    ...(options.body === undefined ? {} : { body: options.body }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return { ...answer, body: Buffer.concat(chunks).toString('utf8') };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('routes, names in paths, rewriting, unknown paths and wrong methods', async () => {
  for (const [method, path, status, body] of [
    ['GET', '/hello/ann', 200, 'hi ann'],
    ['GET', '/hello/a%2Fb%20c', 200, 'hi a/b c'],
    ['GET', '/hello/ann/', 200, 'hi ann'],
    ['HEAD', '/hello/ann', 200, ''],
    ['GET', '/old/ann', 200, 'hi ann'],
    ['GET', '/query?a=1&b=%20', 200, 'a=1&b=%20'],
    ['GET', '/nowhere', 404, 'none ()'],
    ['GET', '/hello/%zz', 404, 'none ()'],
    ['DELETE', '/echo', 405, 'none (PUT)'],
    ['GET', '/bug', 418, 'no'],
    ['GET', '/throws', 418, 'thrown'],
  ] as const) {
    const answer = await call(method, path);
    assert.deepEqual([answer.status, answer.body], [status, body], `${method} ${path}`);
  }
});

test('what is known at once keeps the connection; a body that nobody read ends it', async () => {
  for (const [method, path, body, kept] of [
    ['GET', '/now?1', undefined, 'keep-alive'],
    ['PUT', '/unread', '', 'keep-alive'],
    ['PUT', '/unread', 'abc', 'close'],
  ] as const) {
    const answer = await call(method, path, body === undefined ? {} : { body });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers['connection'], kept, `${path} ${body ?? ''}`);
  }
});

test('the rest of a path is what was sent, to the last slash', async () => {
  for (const [path, key] of [
    ['/keys', ''],
    ['/keys/', ''],
    ['/keys/a/b', 'a/b'],
    ['/keys/a/b/', 'a/b/'],
    ['/keys//a///b', '/a///b'],
    ['/keys/a%2Fb%25%20c', 'a/b% c'],
    ['/keys/a+b;c=d', 'a+b;c=d'],
    ['/keys/%C3%BC?x=1', 'ü'],
    [`/keys/${'k'.repeat(4000)}`, 'k'.repeat(4000)],
  ] as const) {
    const { status, body } = await call('GET', path);
    assert.equal(status, 200, path);
    assert.deepEqual(JSON.parse(body), { key }, path);
  }
  assert.equal((await call('GET', '/keys/%zz')).status, 404);
  assert.equal((await call('GET', '/keys/%ff')).status, 404);
});

test('large answers are compressed for those who take it', async () => {
  const plain = await call('GET', '/large');
  assert.equal(plain.body.length, 30_000);
  assert.equal(plain.headers['content-encoding'], undefined);
  for (const accepted of ['gzip', 'deflate, gzip;q=0.5', 'br , gzip']) {
    const packed = await call('GET', '/large', { headers: { 'Accept-Encoding': accepted } });
    assert.equal(packed.headers['content-encoding'], 'gzip', accepted);
    assert.ok(Number(packed.headers['content-length']) < 1000);
  }
  for (const accepted of ['gzip;q=0', 'identity', 'xgzip']) {
    const other = await call('GET', '/large', { headers: { 'Accept-Encoding': accepted } });
    assert.equal(other.headers['content-encoding'], undefined, accepted);
  }
});

test('H1: bodies are bounded, declared or not', async () => {
  assert.equal((await call('PUT', '/echo', { body: 'abc' })).body, 'abc');
  const declared = await raw(
    `PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY_BYTES_MAX + 1}\r\n\r\nabc`,
  );
  assert.match(declared, /^HTTP\/1.1 418[^]*request body is larger than/);
  const piece = 'z'.repeat(1024 * 1024);
  const body = `${piece.length.toString(16)}\r\n${piece}\r\n`.repeat(
    BODY_BYTES_MAX / piece.length + 1,
  );
  const chunked = await raw(
    `PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
  );
  assert.match(chunked, /^HTTP\/1.1 418[^]*request body is larger than/);
});

test('H1: headers are bounded, and nonsense is answered', async () => {
  const huge = await raw(`GET /query HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`);
  assert.match(huge, /^HTTP\/1.1 431/);
  assert.match(await raw('NONSENSE\r\n\r\n'), /^HTTP\/1.1 400/);
});

test('H2: a parked request hears that its sender went away', async () => {
  const parkedBefore = seen.parked;
  const abortedBefore = seen.aborted;
  const gone = new AbortController();
  const sent = client.send({ method: 'GET', path: '/park?index=1', headers: {} }, gone.signal);
  await until(() => seen.parked > parkedBefore, 'it is parked');
  gone.abort();
  await assert.rejects(
    sent,
    (error: unknown) => error instanceof Failure && error.fault === 'canceled',
  );
  await until(() => seen.aborted > abortedBefore, 'its handler hears of it');
});

test('H2: who asks only after the sender went away hears of it too', async () => {
  const before = { ...seen };
  const gone = new AbortController();
  const sent = client.send({ method: 'GET', path: '/late', headers: {} }, gone.signal);
  await until(() => seen.parked > before.parked, 'it is asked');
  gone.abort();
  await assert.rejects(sent);
  await until(() => seen.aborted > before.aborted, 'its handler hears of it');
});

test('a stream goes only as fast as its reader, and ends with it', async () => {
  const abortedBefore = seen.aborted;
  const socket = connect(listener.port, '127.0.0.1');
  socket.write('GET /flood HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.pause();
  let last = -1;
  await until(() => {
    const stopped = seen.produced > 0 && seen.produced === last;
    last = seen.produced;
    return stopped;
  }, 'it waits for its reader');
  assert.ok(seen.produced < 1000, `produced ${seen.produced}`);
  socket.destroy();
  await until(() => seen.aborted > abortedBefore, 'it ends');
});

test('WebSockets echo, close and refuse', async () => {
  const socket = await client.open({ path: '/socket/yes', headers: {} });
  await socket.send('one');
  await socket.send('two');
  const got: string[] = [];
  for await (const message of socket.messages) {
    got.push(message);
    if (got.length === 2) await socket.send('bye');
  }
  assert.deepEqual(got, ['echo one', 'echo two']);
  await assert.rejects(
    client.open({ path: '/socket/no', headers: {} }),
    (error: unknown) => error instanceof Failure && error.message === 'not here',
  );
  assert.equal((await call('GET', '/socket/yes')).status, 400);
});

test('H3: closing answers parked requests and lets the port go', async () => {
  const own = await nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
  const caller = connectHttp(`127.0.0.1:${own.port}`);
  const parkedBefore = seen.parked;
  const sent = caller.send({ method: 'GET', path: '/park?index=1', headers: {} });
  await until(() => seen.parked > parkedBefore, 'it is parked');
  await own.close(5000);
  assert.equal((await sent).status, 200);
  await caller.close();
  const again = await nodeHttpServer.listen({ host: '127.0.0.1', port: own.port }, app);
  await assert.rejects(
    nodeHttpServer.listen({ host: '127.0.0.1', port: own.port }, app),
    (error: unknown) => error instanceof Failure && error.fault === 'conflict',
  );
  await again.close(100);
});

test('H3: closing lets changes come to their end, and says why it gives questions up', async () => {
  const own = await nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
  const caller = connectHttp(`127.0.0.1:${own.port}`);
  const parkedBefore = seen.parked;
  const sent = [
    caller.send({ method: 'PUT', path: '/change', headers: {} }),
    caller.send({ method: 'GET', path: '/given-up?index=1', headers: {} }),
  ];
  await until(() => seen.parked > parkedBefore + 1, 'both are under way');
  await own.close(5000);
  const bodies = (await Promise.all(sent)).map(async ({ body }) => {
    let told = '';
    for await (const chunk of body) told += Buffer.from(chunk).toString();
    return told;
  });
  assert.deepEqual(await Promise.all(bodies), ['changed', 'the agent stops']);
  await caller.close();
});

test('H3: closing, it answers what comes on open connections, the last of each', async () => {
  const own = await nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
  const answers = async (socket: Socket): Promise<string> => {
    socket.write('GET /now HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  };
  const kept = connect(own.port, '127.0.0.1');
  assert.match(await answers(kept), /Connection: keep-alive/i);
  const closed = own.close(5000);
  const last = await answers(kept);
  assert.match(last, /^HTTP\/1\.1 200 /);
  assert.match(last, /Connection: close/i);
  await closed;
});

test('nobody there is told as unavailable', async () => {
  const caller = connectHttp('http://127.0.0.1:1');
  await assert.rejects(
    caller.send({ method: 'GET', path: '/', headers: {} }),
    (error: unknown) =>
      error instanceof Failure &&
      error.fault === 'unavailable' &&
      error.message.includes('127.0.0.1:1'),
  );
  await caller.close();
  assert.throws(() => connectHttp('http://'), Failure);
});

/** Sends bytes as they are, and answers what comes back until the other side closes or is quiet. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(listener.port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString();
      if (got.includes('\r\n\r\n')) setTimeout(() => socket.destroy(), 50);
    });
    // The server may close before it has read everything.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
    socket.end(bytes);
  });
}
