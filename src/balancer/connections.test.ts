/** Connections to targets: kept, counted, and what happens when they end at the wrong moment. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { BalancerWorld, until } from '../../test/balancer-world.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A target that is told each request's number on its connection, and does as it likes. */
async function target(
  world: BalancerWorld,
  take: (socket: Socket, request: number, text: string) => void,
): Promise<void> {
  const server = createServer((socket) => {
    let request = 0;
    socket.on('error', () => undefined);
    socket.on('data', (piece) => take(socket, ++request, piece.toString('latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world.offer('raw', (server.address() as AddressInfo).port, ['urlprefix-/']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  world.atEnd(() => server.close());
}

async function statusOf(world: BalancerWorld, method: string): Promise<number> {
  const response = await fetch(world.url('/'), { method });
  await response.arrayBuffer();
  return response.status;
}

test('a kept connection that ends under a request: sent again only what may be', async () => {
  await using world = await BalancerWorld.start();
  await target(world, (socket, request) => {
    if (request === 1) socket.write(OK);
    else socket.destroy();
  });
  const statuses: number[] = [];
  for (const method of ['GET', 'GET', 'PUT', 'GET', 'POST']) {
    statuses.push(await statusOf(world, method));
  }
  // Each second request on a connection breaks it; a new one is opened for what may be sent again.
  assert.deepEqual(statuses, [200, 200, 200, 200, 502]);
});

test('a kept connection that was closed carries nothing, so that a POST loses nothing', async () => {
  await using world = await BalancerWorld.start();
  let closed = 0;
  await target(world, (socket) => {
    socket.on('close', () => (closed += 1));
    socket.end(OK);
  });
  for (let i = 1; i <= 5; i++) {
    assert.equal(await statusOf(world, 'POST'), 200);
    await until('it is closed', () => closed === i);
  }
});

test('an answer that nobody asked for is given to nobody', async () => {
  await using world = await BalancerWorld.start();
  let connections = 0;
  await target(world, (socket, request) => {
    if (request === 1) connections += 1;
    socket.write(OK + 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother');
  });
  for (let i = 0; i < 3; i++) assert.equal(await world.text('/'), 'ok');
  assert.equal(connections, 3);
});

test('connections to one target are counted; who finds none free has its turn later', async () => {
  await using world = await BalancerWorld.start({ connectionsMax: 2 });
  const open = new Set<Socket>();
  let most = 0;
  await target(world, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    most = Math.max(most, open.size);
    setTimeout(() => socket.write(OK), 5);
  });
  const answers = await Promise.all(Array.from({ length: 20 }, () => world.text('/')));
  assert.deepEqual(new Set(answers), new Set(['ok']));
  assert.ok(most <= 2, `${most}`);
});

test('who waits for a connection in vain is told in time', async () => {
  await using world = await BalancerWorld.start({ connectionsMax: 1, responseTimeoutMs: 300 });
  await target(world, () => undefined);
  const statuses = await Promise.all(Array.from({ length: 3 }, () => statusOf(world, 'GET')));
  assert.deepEqual(new Set(statuses), new Set([504]));
});

test('what a target that left does not answer in time is asked of another one', async () => {
  await using world = await BalancerWorld.start({ drainTimeoutMs: 100 });
  let requests = 0;
  // One answer, and it is as a machine whose cable was pulled.
  await target(world, (socket) => {
    if (++requests === 1) socket.write(OK);
  });
  assert.equal(await statusOf(world, 'GET'), 200);
  const waiting = ['GET', 'POST'].map((method) => statusOf(world, method));
  await until('both wait', () => requests === 3);
  world.offer('other', await world.named('other'), ['urlprefix-/']);
  await until('both are known', () => world.balancer.table.rules[0]?.targets.length === 2);
  world.withdraw('raw');
  assert.deepEqual(await Promise.all(waiting), [200, 504]);
});

test('what is no HTTP is no answer', async () => {
  await using world = await BalancerWorld.start();
  await target(world, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'));
  assert.equal(await statusOf(world, 'GET'), 502);
});
