/** Settings that change while it runs. */
import assert from 'node:assert/strict';
import { Agent, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { BalancerWorld, until } from '../../test/balancer-world.ts';
import { SteadyLoad } from '../../test/steady-load.ts';
import { freePort } from '../../test/free-port.ts';

const host = '127.0.0.1';

test('B4: settings count for what begins after them; nothing is cut off', async () => {
  await using world = await BalancerWorld.start();
  world.offer('a', await world.named('a'), ['urlprefix-/', 'route-/other']);
  let finish = (): void => undefined;
  const late = await world.backend((_incoming, response) => {
    response.write('first');
    finish = () => response.end(' last');
  });
  world.offer('late', late, ['urlprefix-/late']);
  await until('routed', () => world.balancer.table.rules.length === 2);
  const [slow] = (await once(get(world.url('/late')), 'response')) as [IncomingMessage];
  await using load = new SteadyLoad(world.url('/'), { callers: 4 });
  world.configure({ noRouteStatus: 410, accessLog: true, responseTimeoutMs: 5_000 });
  await until('lines of access', () =>
    world.notes.some((line) => line.includes('"GET / HTTP/1.1"')),
  );
  finish();
  assert.equal((await slow.toArray()).join(''), 'first last');
  const counts = await load.stop();
  assert.deepEqual([...counts.bad], []);
  world.configure({ noRouteStatus: 410, tagPrefix: 'route-' });
  await world.answers('/other', 'a');
  assert.equal((await fetch(world.url('/'))).status, 410);
});

test('routes of a file come after the tags, and are read again', async () => {
  await using world = await BalancerWorld.start({ routesFile: '/routes' });
  const [one, two] = [await world.named('one'), await world.named('two')];
  world.offer('one', one, ['urlprefix-/x']);
  await world.answers('/x', 'one');
  world.fileRoutes = `route del web /x\nroute add filed /x http://${host}:${two}\nnonsense`;
  world.configure({ routesFile: '/routes' });
  await world.answers('/x', 'two');
  assert.ok(world.notes.some((line) => line.includes('routes of "/routes", line 3')));
  // Keys come after files.
  world.put('balancer/routes', `route del filed\nroute add keyed /x http://${host}:${one}`);
  await world.answers('/x', 'one');
});

test('a listener moves, and what it had open ends in its own time', async () => {
  await using world = await BalancerWorld.start();
  world.offer('a', await world.named('a'), ['urlprefix-/']);
  await world.answers('/', 'a');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const from = world.ports.http;
  const ask = async (): Promise<string> => {
    const [reply] = (await once(get({ host, port: from, agent }), 'response')) as [IncomingMessage];
    return `${String(await reply.toArray())} ${reply.headers.connection ?? ''}`;
  };
  assert.equal(await ask(), 'a keep-alive');
  const to = await freePort();
  world.configure({}, { http: { host, port: to } });
  await until('it has moved', () => world.ports.http === to);
  assert.equal(await (await fetch(world.url('/'))).text(), 'a');
  // A connection of its own: `fetch` may still have one that the old listener lets end.
  await assert.rejects(once(connect(from, host), 'connect'), { code: 'ECONNREFUSED' });
  agent.destroy();
});

test('L2: an address that is taken leaves the one before it', async () => {
  await using world = await BalancerWorld.start();
  world.offer('a', await world.named('a'), ['urlprefix-/']);
  await world.answers('/', 'a');
  const taken = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, host, resolve));
  world.configure({}, { http: { host, port } });
  await until('it is told', () => world.notes.some((line) => line.includes('stays as it is')));
  assert.equal(await world.text('/'), 'a');
  taken.close();
});
