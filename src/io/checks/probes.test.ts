import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import {
  createSecureServer,
  createServer as createServer2,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTls } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../test/free-port.ts';
import { isAlive } from '../../../test/processes.ts';
import type { HttpProbe, Probe } from '../../core/model/health-check.ts';
import type { ProbeResult, RunnableProbe } from '../../ports/check-probes.ts';
import { MachineProbes } from './probes.ts';

const TLS = { serverName: '', skipVerify: false };
const LIMITS = { timeoutMs: 60_000, outputMaxBytes: 4_096 };

const DOCKER_SOCKET = process.env['MUSTER_TEST_DOCKER_SOCKET'] ?? '/var/run/docker.sock';

function probes(t: TestContext): MachineProbes {
  const made = new MachineProbes({ userAgent: 'muster-test', dockerSocket: DOCKER_SOCKET });
  t.after(() => made.close());
  return made;
}

function run(
  t: TestContext,
  probe: RunnableProbe,
  limits: Partial<typeof LIMITS> = {},
): Promise<ProbeResult> {
  return probes(t).run(probe, { ...LIMITS, ...limits }, new AbortController().signal);
}

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function httpServer(t: TestContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  const port = await listening(t, server);
  t.after(() => {
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${port}`;
}

function http(url: string, over: Partial<HttpProbe> = {}): HttpProbe {
  return {
    kind: 'http',
    url,
    method: '',
    header: {},
    body: '',
    disableRedirects: false,
    tls: TLS,
    ...over,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

test('http: the status decides, and the answer is told', async (t) => {
  const url = await httpServer(t, (request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end('hello');
  });
  const statuses = [];
  for (const code of [200, 204, 429, 404, 500]) {
    const found = await run(t, http(`${url}/${code}`));
    statuses.push(found.status);
  }
  assert.deepEqual(statuses, ['passing', 'passing', 'warning', 'critical', 'critical']);
  const told = await run(t, http(`${url}/200`));
  assert.equal(told.output, `HTTP GET ${url}/200: 200 OK Output: hello`);
});

test('http: method, headers, host and body are sent as they were given', async (t) => {
  const url = await httpServer(t, (request, response) => {
    const { host, accept } = request.headers;
    bodyOf(request)
      .then((body) => {
        const seen = [request.method, host, request.headers['x-a'], accept, body];
        response.end(JSON.stringify(seen));
      })
      .catch(() => response.destroy());
  });
  const header = { Host: ['web.example'], 'X-A': ['1', '2'] };
  const found = await run(t, http(url, { method: 'POST', header, body: '{"a":1}' }));
  const seen = ['POST', 'web.example', '1, 2', 'text/plain, text/*, */*', '{"a":1}'];
  assert.equal(found.output, `HTTP POST ${url}: 200 OK Output: ${JSON.stringify(seen)}`);
});

test('http: redirects are followed unless they are not to be', async (t) => {
  const url = await httpServer(t, (request, response) => {
    if (request.url === '/loop') response.writeHead(302, { location: '/loop' });
    else if (request.url === '/a') response.writeHead(302, { location: '/b' });
    response.end(request.url);
  });
  const followed = await run(t, http(`${url}/a`));
  assert.deepEqual([followed.status, followed.output.endsWith('Output: /b')], ['passing', true]);
  assert.equal((await run(t, http(`${url}/a`, { disableRedirects: true }))).status, 'critical');
  assert.equal((await run(t, http(`${url}/loop`))).status, 'critical');
});

test('http: who does not answer in time, or not at all, is critical', async (t) => {
  const url = await httpServer(t, () => undefined);
  const startedAt = Date.now();
  const late = await run(t, http(url), { timeoutMs: 100 });
  assert.ok(Date.now() - startedAt < 30_000);
  assert.equal(late.status, 'critical');
  assert.match(late.output, /^Get "http:.*": context deadline exceeded/);
  const port = await freePort();
  const refused = await run(t, http(`http://127.0.0.1:${port}/`));
  assert.equal(
    refused.output,
    `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  );
  assert.equal((await run(t, http('no url'))).status, 'critical');
});

test('http: an endless answer stays bounded', async (t) => {
  const url = await httpServer(t, (_, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  const found = await run(t, http(url), { timeoutMs: 10_000, outputMaxBytes: 100 });
  assert.equal(found.status, 'passing');
  assert.ok(found.output.length < 250);
});

interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** A certificate that signed itself; undefined where there is no openssl. */
function certificate(t: TestContext): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const args = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${key} -out ${cert}`;
  try {
    execFileSync('openssl', args.split(' '), { stdio: 'ignore' });
  } catch {
    t.skip('no openssl');
    return undefined;
  }
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

test('TLS: a certificate that nobody vouches for counts only where it may', async (t) => {
  const own = certificate(t);
  if (own === undefined) return;
  const server = createTls(own, (_, response) => response.end('secret'));
  const port = await listening(t, server);
  t.after(() => {
    server.closeAllConnections();
  });
  const skip = { serverName: 'localhost', skipVerify: true };
  const url = `https://127.0.0.1:${port}/`;
  assert.equal((await run(t, http(url))).status, 'critical');
  assert.equal((await run(t, http(url, { tls: skip }))).status, 'passing');
  const tcp = { kind: 'tcp', address: `127.0.0.1:${port}`, useTls: true } as const;
  const strict = await run(t, { ...tcp, tls: TLS });
  assert.deepEqual(
    [strict.status, /self-signed certificate/.test(strict.output)],
    ['critical', true],
  );
  assert.equal((await run(t, { ...tcp, tls: skip })).status, 'passing');
});

test('tcp: connects or says why not', async (t) => {
  const port = await listening(
    t,
    createTcp((socket) => socket.destroy()),
  );
  const tcp = (at: string): Probe & { kind: 'tcp' } => ({
    kind: 'tcp',
    address: at,
    useTls: false,
    tls: TLS,
  });
  const open = await run(t, tcp(`127.0.0.1:${port}`));
  assert.deepEqual(open, {
    status: 'passing',
    output: `TCP connect 127.0.0.1:${port}: Success`,
  });
  const closed = await freePort();
  const refused = await run(t, tcp(`127.0.0.1:${closed}`));
  assert.deepEqual(refused, {
    status: 'critical',
    output: `dial tcp 127.0.0.1:${closed}: connect: connection refused`,
  });
  assert.equal((await run(t, tcp(`localhost:${port}`))).status, 'passing');
  assert.match((await run(t, tcp('nowhere'))).output, /missing port in address/);
  assert.match((await run(t, tcp('no-such-host.invalid:1'))).output, /lookup no-such-host.invalid/);
});

test('udp: silence is fine, a refusal is not', async (t) => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  const { port } = socket.address();
  const silent = await run(t, { kind: 'udp', address: `127.0.0.1:${port}` }, { timeoutMs: 100 });
  assert.equal(silent.status, 'passing');
  const refused = await run(t, { kind: 'udp', address: `127.0.0.1:${await freePort()}` });
  assert.equal(refused.status, 'critical');
});

async function http2Server(t: TestContext, server: Http2Server): Promise<string> {
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  const port = await listening(t, server);
  t.after(() => {
    for (const session of sessions) session.destroy();
  });
  return `127.0.0.1:${port}`;
}

test('h2ping: a server of HTTP/2 answers, another does not', async (t) => {
  const address = await http2Server(t, createServer2());
  const ping = { kind: 'h2ping', useTls: false, tls: TLS } as const;
  assert.deepEqual(await run(t, { ...ping, address }), {
    status: 'passing',
    output: 'HTTP2 ping was successful',
  });
  const silent = await listening(
    t,
    createTcp((socket) => socket.on('error', () => undefined)),
  );
  const late = await run(t, { ...ping, address: `127.0.0.1:${silent}` }, { timeoutMs: 200 });
  assert.equal(late.status, 'critical');
  assert.equal(
    (await run(t, { ...ping, address: `127.0.0.1:${await freePort()}` })).status,
    'critical',
  );
  const own = certificate(t);
  if (own === undefined) return;
  const secure = await http2Server(t, createSecureServer(own));
  const skip = { serverName: '', skipVerify: true };
  const found = await run(t, { kind: 'h2ping', useTls: true, tls: skip, address: secure });
  assert.equal(found.status, 'passing');
});

/** Serves the health service by hand: `good` serves, `bad` does not, `long` never answers. */
function answerHealth(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.on('data', (request: Buffer) => {
    const service = request.subarray(7).toString();
    if (service === 'long') return;
    if (service === 'unknown') {
      const refusal = { 'grpc-status': '5', 'grpc-message': 'unknown%20service' };
      stream.respond({ ':status': 200, ...refusal }, { endStream: true });
      return;
    }
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => {
      stream.sendTrailers({ 'grpc-status': '0' });
    });
    stream.end(Uint8Array.from([0, 0, 0, 0, 2, 8, service === 'bad' ? 2 : 1]));
  });
}

test('grpc: the health service says how it is', async (t) => {
  const server = createServer2();
  server.on('stream', answerHealth);
  const address = await http2Server(t, server);
  const ask = (service: string, timeoutMs = LIMITS.timeoutMs): Promise<ProbeResult> =>
    run(t, { kind: 'grpc', address, service, useTls: false, tls: TLS }, { timeoutMs });
  assert.deepEqual(await ask(''), { status: 'passing', output: `gRPC check ${address}: success` });
  assert.equal((await ask('good')).status, 'passing');
  assert.match((await ask('bad')).output, /NOT_SERVING$/);
  const unknown = await ask('unknown');
  assert.equal(unknown.output, 'rpc error: code = NotFound desc = unknown service');
  assert.match((await ask('long', 200)).output, /i\/o timeout/);
});

const script = (text: string): RunnableProbe => ({ kind: 'script', args: ['/bin/sh', '-c', text] });

test('script: the exit code decides, and both outputs are told', async (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['echo fine', 'passing', 'fine\n'],
    ['echo so-so; exit 1', 'warning', 'so-so\n'],
    ['echo bad >&2; exit 2', 'critical', 'bad\n'],
  ];
  for (const [text, status, output] of rows) {
    assert.deepEqual(await run(t, script(text)), { status, output });
  }
  const absent = await run(t, { kind: 'script', args: ['/no/such/thing'] });
  assert.deepEqual(absent, {
    status: 'critical',
    output: 'exec: "/no/such/thing": executable file not found in $PATH',
  });
});

async function gone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 60_000;
  while (isAlive(pid) && Date.now() < deadline) await delay(20);
  return !isAlive(pid);
}

test('script: one that never ends is killed with its children, those in other sessions too', async (t) => {
  const startedAt = Date.now();
  const text = 'sleep 1000 & echo $!; setsid sleep 1001 & echo $!; sleep 0.1; sleep 1002';
  // Long enough to begin them all on a busy machine.
  const found = await run(t, script(text), { timeoutMs: 3_000 });
  assert.ok(Date.now() - startedAt < 60_000);
  assert.equal(found.status, 'critical');
  assert.match(found.output, /^Timed out \(3s\) running check\n\n/);
  const pids = found.output.trim().split('\n').slice(2).map(Number);
  assert.equal(pids.length, 2);
  for (const pid of pids) assert.ok(await gone(pid), `process ${pid} lives on`);
});

test('script: a flood of output stays bounded', async (t) => {
  const startedAt = Date.now();
  const endless = await run(t, script('yes'), { timeoutMs: 20_000, outputMaxBytes: 100 });
  assert.ok(Date.now() - startedAt < 15_000);
  assert.equal(endless.status, 'critical');
  assert.ok(endless.output.length < 300);
  const long = await run(t, script('seq 1 5000'), { outputMaxBytes: 20 });
  assert.match(long.output, /^Captured 20 of \d+ bytes\n\.\.\.\n/);
  assert.ok(long.output.endsWith('4999\n5000\n'));
});

test('script: a child left behind holds nobody up', async (t) => {
  const found = await run(t, script('sleep 30 & echo $!'));
  assert.equal(found.status, 'passing');
  process.kill(Number(found.output.trim()));
});

test('an abort ends a run with what it began', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-probe-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'pid');
  const stop = new AbortController();
  const running = probes(t).run(script(`echo $$ >${file}; sleep 1000`), LIMITS, stop.signal);
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(5);
  const pid = Number(readFileSync(file, 'utf8'));
  assert.ok(isAlive(pid));
  stop.abort();
  await running;
  assert.ok(await gone(pid));
});

test('docker: no engine is a reason, not an error', async (t) => {
  const made = new MachineProbes({ userAgent: 'x', dockerSocket: '/no/such/socket' });
  t.after(() => made.close());
  const probe = { kind: 'docker', containerId: 'x', shell: '', args: ['true'] } as const;
  const found = await made.run(probe, LIMITS, new AbortController().signal);
  assert.equal(found.status, 'critical');
  assert.match(found.output, /cannot reach the docker engine/);
});
