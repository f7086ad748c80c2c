import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, request, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { BalancerWorld, raw, until } from '../../test/balancer-world.ts';
import { freePort } from '../../test/free-port.ts';

test('healthy instances have turns; others get nothing', async () => {
  await using world = await BalancerWorld.start();
  world.offer('a', await world.named('a'), ['urlprefix-/web']);
  world.offer('b', await world.named('b'), ['urlprefix-/web']);
  world.offer('c', await world.named('c'), ['urlprefix-/web'], 'critical');
  await world.answers('/web', 'a');
  const answers = await Promise.all(Array.from({ length: 20 }, () => world.text('/web')));
  assert.deepEqual(
    ['a', 'b', 'c'].map((n) => answers.filter((each) => each === n).length),
    [10, 10, 0],
  );
  assert.equal((await fetch(world.url('/other'))).status, 404);
  world.offer('a', 1, ['urlprefix-/web'], 'warning');
  await until(
    'a is out',
    async () => (await world.text('/web')) === 'b' && (await world.text('/web')) === 'b',
  );
});

test('a tag that cannot be read is told once; the others count', async () => {
  await using world = await BalancerWorld.start();
  const port = await world.named('a');
  world.offer('a', port, ['urlprefix-/ok', 'urlprefix-/bad strp=/x', 'v1']);
  await world.answers('/ok', 'a');
  world.offer('b', port, ['urlprefix-/more']);
  await world.answers('/more', 'a');
  assert.equal(world.notes.filter((line) => line.includes('no option "strp"')).length, 1);
});

test('routes by hand come after those of the catalog, and bad lines change nothing', async () => {
  await using world = await BalancerWorld.start();
  const [one, two] = [await world.named('one'), await world.named('two')];
  world.offer('one', one, ['urlprefix-/x']);
  world.put(
    'balancer/routes',
    `route del web /x\nnonsense\nroute add by-hand /x http://127.0.0.1:${two}`,
  );
  await world.answers('/x', 'two');
  assert.ok(world.notes.some((line) => /routes by hand, line 2/.test(line)));
  world.put('balancer/routes', '');
  await world.answers('/x', 'one');
  world.put('fabio/config', `route add by-hand /y http://127.0.0.1:${two}`);
  await world.answers('/y', 'two');
});

test('headers, path, status and body pass; where it comes from is added', async () => {
  await using world = await BalancerWorld.start();
  const seen: IncomingMessage[] = [];
  const port = await world.backend((incoming, response) => {
    seen.push(incoming);
    response.writeHead(201, 'Made', { 'x-a': ['1', '2'], connection: 'x-hop', 'x-hop': 'h' });
    incoming.pipe(response);
  });
  world.offer('a', port, ['urlprefix-/api strip=/api']);
  await until('routed', async () => (await fetch(world.url('/api'))).status === 201);
  const response = await fetch(world.url('/api/x?q=1'), {
    ...{ method: 'POST', body: 'hello', headers: { 'x-b': 'b', te: 'trailers' } },
  });
  assert.deepEqual(
    [response.status, response.statusText, await response.text()],
    [201, 'Made', 'hello'],
  );
  assert.deepEqual([response.headers.get('x-a'), response.headers.get('x-hop')], ['1, 2', null]);
  const got = seen.at(-1);
  assert.equal(got?.url, '/x?q=1');
  assert.equal(got.headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(got.headers['x-forwarded-port'], String(world.ports.http));
  assert.equal(got.headers.host, `127.0.0.1:${world.ports.http}`);
  assert.deepEqual([got.headers['x-b'], got.headers['te']], ['b', undefined]);
});

test('B1: a large body passes in both directions, at its reader’s pace', async () => {
  await using world = await BalancerWorld.start();
  const size = 64 * 1024 * 1024;
  let sent = 0;
  const port = await world.backend((incoming, response) => {
    if (incoming.method === 'POST') {
      let received = 0;
      incoming.on('data', (piece: Buffer) => (received += piece.length));
      incoming.on('end', () => response.end(String(received)));
      return;
    }
    const piece = Buffer.alloc(64 * 1024);
    Readable.from(
      (function* pieces() {
        for (; sent < size; sent += piece.length) yield piece;
      })(),
    ).pipe(response);
  });
  world.offer('a', port, ['urlprefix-/big']);
  await until(
    'routed',
    async () => (await fetch(world.url('/big'), { method: 'HEAD' })).status === 200,
  );
  sent = 0;
  const [reply] = (await once(get(world.url('/big')), 'response')) as [IncomingMessage];
  await delay(300);
  assert.ok(sent < size / 2, `${sent} bytes went ahead of a reader that reads nothing`);
  let received = 0;
  for await (const piece of reply) received += (piece as Buffer).length;
  assert.equal(received, size);
  const body = Readable.from(
    (function* pieces() {
      for (let i = 0; i < 256; i++) yield Buffer.alloc(64 * 1024);
    })(),
  );
  const upload = request(world.url('/big'), { method: 'POST' });
  body.pipe(upload);
  const [answer] = (await once(upload, 'response')) as [IncomingMessage];
  assert.equal(String(await answer.toArray()), String(256 * 64 * 1024));
});

test('events come as they are sent, the head before the first', async () => {
  await using world = await BalancerWorld.start();
  let say: (text: string) => void = () => undefined;
  const port = await world.backend((_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    say = (text) => response.write(text);
  });
  world.offer('a', port, ['urlprefix-/events']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  const [reply] = (await once(get(world.url('/events')), 'response')) as [IncomingMessage];
  assert.equal(reply.headers['content-type'], 'text/event-stream');
  for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
    say(text);
    const [piece] = (await once(reply, 'data')) as [Buffer];
    assert.equal(piece.toString(), text);
  }
  reply.destroy();
});

test('WebSockets pass in both directions, and refusals too', async () => {
  await using world = await BalancerWorld.start();
  const { createServer: createHttp } = await import('node:http');
  const server = createHttp((_incoming, response) => response.writeHead(403).end('no'));
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (incoming, stream, head) => {
    if (incoming.url !== '/ws/yes') {
      stream.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      return;
    }
    sockets.handleUpgrade(incoming, stream, head, (socket) => {
      socket.on('message', (data) => socket.send(`echo ${(data as Buffer).toString()}`));
    });
  });
  world.offer('a', await world.backend(server), ['urlprefix-/ws']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  const socket = new WebSocket(world.url('/ws/yes').replace('http', 'ws'));
  await once(socket, 'open');
  socket.send('hi');
  const [data] = (await once(socket, 'message')) as [Buffer];
  assert.equal(data.toString(), 'echo hi');
  socket.close();
  await once(socket, 'close');
  const refused = new WebSocket(world.url('/ws/no').replace('http', 'ws'));
  const [error] = (await once(refused, 'error')) as [Error];
  assert.match(error.message, /403/);
  const nowhere = new WebSocket(world.url('/none').replace('http', 'ws'));
  const [missing] = (await once(nowhere, 'error')) as [Error];
  assert.match(missing.message, /404/);
  // An upgrade to something else is an ordinary request.
  const h2c = await raw(
    world.ports.http,
    'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
      'HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
  );
  assert.match(h2c, /^HTTP\/1.1 403 /);
});

test('TCP goes by port, listened on as rules come and go', async () => {
  await using world = await BalancerWorld.start();
  const echo = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const to = echo.address();
  assert.ok(to !== null && typeof to === 'object');
  world.offer('dead', 1, [`urlprefix-:${port} proto=tcp`]);
  world.offer('live', to.port, [`urlprefix-:${port} proto=tcp`]);
  await until('it listens', () => world.notes.some((line) => line.includes(`:${port}`)));
  for (let i = 0; i < 4; i++) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(`hello ${i}`);
    assert.equal(String(await socket.toArray()), `hello ${i}`);
  }
  world.withdraw('dead');
  world.withdraw('live');
  await until('it does not listen', async () => {
    const socket = connect(port, '127.0.0.1');
    return Promise.race([
      once(socket, 'error').then(() => true),
      once(socket, 'connect').then(() => (socket.destroy(), false)),
    ]).catch(() => true);
  });
  echo.close();
});

test('what cannot be reached is passed over; what breaks is tried elsewhere if that is safe', async () => {
  await using world = await BalancerWorld.start({ responseTimeoutMs: 2_000 });
  let broken = 0;
  const breaks = await world.backend((incoming) => {
    broken += 1;
    incoming.socket.destroy();
  });
  world.offer('refuses', 1, ['urlprefix-/r']);
  world.offer('works', await world.named('works'), ['urlprefix-/r', 'urlprefix-/b']);
  world.offer('breaks', breaks, ['urlprefix-/b', 'urlprefix-/only']);
  world.offer('silent', await world.backend(() => undefined), ['urlprefix-/silent']);
  world.offer('gone', 1, ['urlprefix-/gone']);
  await until('routed', () => world.balancer.table.rules.length === 5);
  for (let i = 0; i < 6; i++) {
    assert.equal(await world.text('/r', { method: 'POST', body: 'x' }), 'works');
    assert.equal(await world.text('/b'), 'works');
  }
  assert.ok(broken > 0);
  const status = async (path: string, method = 'GET'): Promise<number> =>
    (await fetch(world.url(path), { method })).status;
  assert.deepEqual(
    [await status('/only', 'POST'), await status('/gone'), await status('/silent')],
    [502, 502, 504],
  );
});

test('an answer that breaks off is not taken for whole', async () => {
  await using world = await BalancerWorld.start();
  const port = await world.backend((incoming, response) => {
    response.write('half');
    setImmediate(() => incoming.socket.destroy());
  });
  world.offer('a', port, ['urlprefix-/']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  await assert.rejects(world.text('/'));
});

test('B2: what two programs could read differently reaches nobody', async () => {
  await using world = await BalancerWorld.start();
  let reached = 0;
  const port = await world.backend((_incoming, response) => {
    reached += 1;
    response.end();
  });
  world.offer('a', port, ['urlprefix-/']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
  const refused = [
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: +5\r\n\r\nhello`,
    `${head}X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
    'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
    'GET /a/../b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`,
    'CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n',
  ];
  for (const text of refused) {
    const answer = await raw(world.ports.http, text);
    assert.match(answer, /^HTTP\/1.1 4\d\d /, JSON.stringify(text.slice(0, 120)));
  }
  assert.ok(reached <= 1, `${reached}`);
});

test('who may pass: networks, names and passwords, redirects, sticky callers', async () => {
  const auth = { ops: { realm: 'ops', users: { ann: 'secret' } } };
  await using world = await BalancerWorld.start({ auth });
  const [a, b] = [await world.named('a'), await world.named('b')];
  const tags = [
    'urlprefix-/in allow=ip:127.0.0.0/8',
    'urlprefix-/out deny=ip:127.0.0.1',
    'urlprefix-/auth auth=ops',
    'urlprefix-/nobody auth=constructor',
    'urlprefix-/to redirect=302,https://x.com$path',
    'urlprefix-/stay sticky=lb',
  ];
  world.offer('a', a, tags);
  world.offer('b', b, ['urlprefix-/stay sticky=lb']);
  await until('routed', () => world.balancer.table.rules.length === 6);
  assert.equal((await fetch(world.url('/nobody'))).status, 403);
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(world.url(path), { headers, redirect: 'manual' });
  const statuses = await Promise.all(['/in', '/out', '/auth', '/to/y'].map((path) => ask(path)));
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [200, 403, 401, 302],
  );
  assert.equal(statuses[3]?.headers.get('location'), 'https://x.com/to/y');
  assert.equal((await ask('/auth', { authorization: `Basic ${btoa('ann:secret')}` })).status, 200);
  const first = await ask('/stay');
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  const name = await first.text();
  for (let i = 0; i < 4; i++) assert.equal(await (await ask('/stay', { cookie })).text(), name);
});

test('the page shows routes, their history, health and figures', async () => {
  const auth = { ops: { realm: 'o', users: { a: 'secret' } } };
  await using world = await BalancerWorld.start({ auth });
  world.offer('a', await world.named('a'), ['urlprefix-/b', '<b>']);
  await world.answers('/b', 'a');
  const html = await (await world.page('/')).text();
  assert.match(html, /^<!doctype html>/);
  assert.ok(html.includes('&lt;b&gt;') && !html.includes('<b>'));
  const routes = (await (await world.page('/api/routes')).json()) as Record<string, unknown>[];
  assert.deepEqual(
    [routes[0]?.['service'], routes[0]?.['src'], routes[0]?.['tags']],
    ['web', '/b', ['<b>']],
  );
  const history = (await (await world.page('/api/history')).json()) as { added: string[] }[];
  assert.match(history[0]?.added[0] ?? '', /^route add web \/b http:\/\/127/);
  assert.equal((await world.page('/health')).status, 200);
  const config = (await (await world.page('/api/config')).json()) as Record<string, unknown>;
  assert.deepEqual(
    [config['strategy'], config['auth']],
    ['rr', { ops: { realm: 'o', users: ['a'] } }],
  );
  const metrics = await (await world.page('/metrics')).text();
  assert.match(metrics, /muster_balancer_requests_total\{service="web",code="200"\} \d+/);
});

test('what is under way when the agent stops is answered', async () => {
  await using world = await BalancerWorld.start();
  let answer: (() => void) | undefined;
  const port = await world.backend((_incoming, response) => {
    answer = () => {
      response.end('late');
    };
  });
  world.offer('a', port, ['urlprefix-/']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  const late = world.text('/');
  await until('it is under way', async () => {
    const metrics = await (await world.page('/metrics')).text();
    return answer !== undefined && metrics.includes('muster_balancer_active 1');
  });
  const stopped = world.stop();
  answer?.();
  await stopped;
  assert.equal(await late, 'late');
});
