import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import type { HttpClient } from '../../ports/http.ts';
import { connectLight } from './light-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'muster-light-'));
let parked = 0;
let connections = 0;

const server = createServer((request, response) => {
  if (request.url === '/park') {
    parked += 1;
    return;
  }
  if (request.url === '/half') {
    response.writeHead(200, { 'Content-Length': 100 });
    response.write('begun', () => response.destroy());
    return;
  }
  response.writeHead(request.url === '/none' ? 404 : 200, { 'X-Index': '7' });
  response.write(`${request.method ?? ''} ${request.url ?? ''} `);
  request.pipe(response);
});
server.on('connection', () => (connections += 1));
const local = createServer((_, response) => response.end('through a file'));
let client: HttpClient;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => local.listen(join(directory, 'socket'), resolve));
  client = connectLight(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
after(async () => {
  await client.close();
  for (const one of [server, local]) {
    one.closeAllConnections();
    await new Promise((resolve) => one.close(resolve));
  }
  rmSync(directory, { recursive: true });
});

async function bodyOf(of: HttpClient, path: string, body?: string): Promise<string> {
  const method = body === undefined ? 'GET' : 'PUT';
  const headers = { 'X-A': 'b' };
  const answer = await of.send({ method, path, headers, ...(body === undefined ? {} : { body }) });
  let text = '';
  for await (const piece of answer.body) text += Buffer.from(piece).toString();
  return text;
}

const isFault = (fault: string) => (error: unknown) =>
  error instanceof Failure && error.fault === fault;

test('a request carries method, path, headers and body, and brings an answer', async () => {
  assert.equal(await bodyOf(client, '/a?b=c'), 'GET /a?b=c ');
  assert.equal(await bodyOf(client, '/a', '{"ä":1}'), 'PUT /a {"ä":1}');
  const { status, headers } = await client.send({ method: 'GET', path: '/none', headers: {} });
  assert.equal(status, 404);
  assert.equal(headers['x-index'], '7');
});

test('a connection is kept for the next request', async () => {
  await bodyOf(client, '/a');
  const before = connections;
  for (let i = 0; i < 5; i++) await bodyOf(client, '/a');
  assert.equal(connections, before);
});

test('a unix socket is an address', async () => {
  const unix = connectLight(`unix://${join(directory, 'socket')}`);
  assert.equal(await bodyOf(unix, '/'), 'through a file');
  await unix.close();
});

test('nobody there, an answer broken off, a bad address: each is told', async () => {
  const nobody = connectLight('http://127.0.0.1:1');
  await assert.rejects(bodyOf(nobody, '/'), (error) => {
    assert.ok(isFault('unavailable')(error));
    assert.match((error as Failure).message, /http:\/\/127\.0\.0\.1:1/);
    return true;
  });
  await assert.rejects(bodyOf(client, '/half'), isFault('unavailable'));
  await assert.rejects(bodyOf(connectLight('http://'), '/'), isFault('invalid'));
  await assert.rejects(bodyOf(connectLight('ftp://host'), '/'), isFault('invalid'));
});

test('a request is given up when its signal says so', async () => {
  const stop = new AbortController();
  const waiting = client.send({ method: 'GET', path: '/park', headers: {} }, stop.signal);
  const deadline = Date.now() + 60_000;
  while (parked === 0 && Date.now() < deadline) await new Promise(setImmediate);
  stop.abort();
  await assert.rejects(waiting, isFault('canceled'));
});
