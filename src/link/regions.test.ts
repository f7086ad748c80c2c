import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explain, Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { RegionServer } from '../core/federation/region-server.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import { systemClock } from '../io/clock.ts';
import { linkKey } from '../io/link/key.ts';
import { systemLinkSockets } from '../io/link/sockets.ts';
import type { LinkSockets } from '../ports/link.ts';
import type { HttpMount, HttpReply, HttpRequest } from '../ports/http.ts';
import { httpAnswers } from './http-answers.ts';
import { LinkServer } from './link-server.ts';
import { RegionHttp } from './region-http.ts';
import { Regions } from './regions.ts';
import type { Answers } from './session.ts';

const never = new AbortController().signal;
const stop = new AbortController();
const running: Promise<unknown>[] = [];
after(async () => {
  stop.abort();
  await Promise.all(running);
});

function factsOf(name: string, region: string): AgentFacts {
  return {
    ...{ protocol: 1, protocolMin: 1, version: '0.1.0', role: 'server', region, address: '' },
    ...{ datacenter: `dc-of-${region}`, name, instance: `instance of ${name}` },
  };
}

const KEY = linkKey('a key of all regions');

interface Serving {
  readonly server: RegionServer;
  readonly end: () => Promise<void>;
}

/** A server of a region that answers this. */
async function serve(name: string, region: string, answers: Answers): Promise<Serving> {
  let tell: (port: number) => void;
  const told = new Promise<number>((resolve) => (tell = resolve));
  const listen: LinkSockets['listen'] = async (at, accept) => {
    const listener = await systemLinkSockets.listen(at, accept);
    tell(listener.port);
    return listener;
  };
  const own = new AbortController();
  const link = new LinkServer(
    { host: '127.0.0.1', port: 0 },
    {
      ...{ sockets: { ...systemLinkSockets, listen }, clock: systemClock, key: KEY },
      ...{ facts: factsOf(name, region), answersFor: () => answers, note: () => undefined },
    },
  );
  const ended = link.run(AbortSignal.any([stop.signal, own.signal]));
  running.push(ended);
  const at = `127.0.0.1:${await told}`;
  return {
    server: {
      ...{ name: `${name}.${region}`, node: name, region, datacenter: `dc-of-${region}` },
      ...{ link: at, status: 'alive' },
    },
    end: async () => {
      own.abort();
      await ended;
    },
  };
}

interface Looking {
  readonly regions: Regions;
  readonly notes: string[];
  readonly see: (...servers: readonly RegionServer[]) => void;
}

/** What a server of the region `eu` with two datacenters makes of the servers that it sees. */
function look(
  dial: LinkSockets['dial'] = (at, signal) => systemLinkSockets.dial(at, signal),
): Looking {
  let servers: readonly RegionServer[] = [];
  let changed: () => void = () => undefined;
  const notes: string[] = [];
  const regions = new Regions({
    ...{ facts: factsOf('self', 'eu'), key: KEY, clock: systemClock },
    sockets: { ...systemLinkSockets, dial },
    ...{ random: seeded('regions'), note: (line: string) => notes.push(line) },
    servers: () => servers,
    follow: (tell) => {
      changed = tell;
      return () => undefined;
    },
    datacenters: () => ['berlin', 'paris'],
  });
  running.push(regions.run(stop.signal));
  return {
    ...{ regions, notes },
    see: (...now) => {
      servers = now;
      changed();
    },
  };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await systemClock.sleep(10, never);
  }
}

test('RG1: a region is known while it has servers, with the datacenters that it tells of', async () => {
  const answers: Answers = {
    'region.tell': () => Promise.resolve({ datacenters: ['Ohio', 'texas'] }),
    echo: ({ body, session }) => Promise.resolve([body, session.peer.region]),
  };
  const us = await serve('s1', 'us', answers);
  const { regions, see } = look();
  assert.equal(regions.isAny(), false);
  const own: RegionServer = { ...us.server, region: 'eu', name: 'self.eu' };
  see(own, us.server);
  await until('the region is known', () => regions.isAny());
  assert.equal(regions.regionWith('dc-of-us'), 'us');
  await until('its datacenters are', () => regions.regionWith('ohio') === 'us');
  assert.equal(regions.regionWith('berlin'), undefined);
  const names = regions.datacenters().map(({ datacenter }) => datacenter);
  assert.deepEqual(names, ['dc-of-us', 'Ohio', 'texas']);
  const caller = regions.caller('us');
  assert.deepEqual(await caller?.call('echo', 7, { signal: never }), [7, 'eu']);
  assert.equal(regions.caller('mars'), undefined);
  see(own, { ...us.server, status: 'left' });
  await until('it is forgotten', () => !regions.isAny());
  await us.end();
});

test('RG1: another server of the region stands in; without any there is no path', async () => {
  const answers: Answers = {
    'region.tell': () => Promise.resolve({ datacenters: [] }),
    who: ({ session }) => Promise.resolve(session.remote !== ''),
  };
  const [one, two] = [await serve('s1', 'us', answers), await serve('s2', 'us', answers)];
  const { regions, see, notes } = look();
  see(one.server, two.server);
  await until('connected', () => notes.some((line) => line.includes('connected')));
  const first = /server "(s\d)"/.exec(notes.join(' '))?.[1];
  await (first === 's1' ? one : two).end();
  await until('the first is lost', () => notes.some((line) => line.includes('lost server')));
  const caller = regions.caller('us');
  assert.equal(await caller?.call('who', null, { signal: never }), true);
  await (first === 's1' ? two : one).end();
  await until('both are lost', () => notes.filter((line) => /lost server/.test(line)).length > 1);
  await assert.rejects(async () => caller?.call('who', null, { signal: never }), {
    message: 'No path to region',
    facts: { status: 500, region: 'us' },
  });
});

test('RG3: who has failed is dialled last, and waited for only while somebody has not', async () => {
  const answers: Answers = {
    'region.tell': () => Promise.resolve({ datacenters: ['ohio'] }),
    who: () => Promise.resolve('answered'),
  };
  const there = await serve('there', 'us', answers);
  const back = await serve('back', 'us', answers);
  const failed: RegionServer = { ...back.server, status: 'failed' };
  const dialled: string[] = [];
  const { regions, see } = look((at, signal) => {
    dialled.push(`${at.host}:${at.port}`);
    return systemLinkSockets.dial(at, signal);
  });
  see(failed, there.server);
  await until('its datacenters are known', () => regions.regionWith('ohio') === 'us');
  assert.deepEqual(dialled, [there.server.link]);
  await there.end();
  await until('the other one is tried', () => dialled.includes(failed.link));
  const caller = regions.caller('us');
  await until('it is in touch again', () => dialled.at(-1) === failed.link);
  assert.equal(await caller?.call('who', null, { signal: never }), 'answered');
  // It was there, after all; now it is gone, and so are all.
  await back.end();
  see(failed, { ...there.server, status: 'failed' });
  const asked = async (): Promise<unknown> => caller?.call('who', null, { signal: never });
  await until('that is noticed', async () => {
    const error = await asked().catch((why: unknown) => why);
    return error instanceof Failure && /all of its servers have failed/.test(explain(error));
  });
});

test('what a region tells that is no answer is not taken over', async () => {
  const answers: Answers = { 'region.tell': () => Promise.resolve({ datacenters: [7] }) };
  const us = await serve('s1', 'us', answers);
  const { regions, see } = look();
  see(us.server);
  await until('connected', () => regions.isAny());
  const said = await regions.answers['region.tell']?.({} as never);
  assert.deepEqual(said, { datacenters: ['berlin', 'paris'] });
  assert.deepEqual(regions.datacenters(), [{ region: 'us', datacenter: 'dc-of-us' }]);
  await us.end();
});

test('RH1: a read whose server is lost is asked of the next one, a change is not', async () => {
  const asked: string[] = [];
  const answering = (name: string, isDying: boolean): HttpMount => ({
    ...{ method: 'GET', path: '/v1/x' },
    handle: async (request): Promise<HttpReply> => {
      asked.push(`${name} ${request.method}`);
      if (isDying) await dying.end();
      return { status: 200, headers: {}, body: name };
    },
  });
  const appOf = (mount: HttpMount): Answers => {
    const app = {
      mounts: [mount, { ...mount, method: 'PUT' }],
      rewrite: (path: string) => path,
      missing: () => ({ status: 404, headers: {}, body: '' }),
      failed: () => ({ status: 500, headers: {}, body: '' }),
    };
    return httpAnswers({ apps: { http: app, discovery: app }, admit: () => undefined });
  };
  const request = (method: string): HttpRequest => ({
    ...{ method, path: '/v1/x', query: '', params: {}, headers: {}, remoteAddress: '' },
    ...{ signal: never, body: () => Promise.resolve(new Uint8Array()) },
  });
  let dying: Serving = { server: {} as RegionServer, end: () => Promise.resolve() };
  const ask = async (method: string): Promise<unknown> => {
    const { regions, see } = look();
    dying = await serve('dying', 'us', appOf(answering('dying', true)));
    see(dying.server);
    await until('the region is known', () => regions.isAny());
    const mount: HttpMount = { ...answering('', false), method };
    const caller = regions.caller('us');
    assert.ok(caller);
    const answer = new RegionHttp(caller, 'http').handle(mount, request(method));
    // Awaited below; it may fail before.
    answer.catch(() => undefined);
    await until('it was asked', () => asked.includes(`dying ${method}`));
    const next = await serve(`next for ${method}`, 'us', appOf(answering('next', false)));
    see(next.server);
    return answer.then(({ body }) => body).finally(() => next.end());
  };
  assert.equal(await ask('GET'), 'next');
  await assert.rejects(ask('PUT'), { fault: 'unavailable' });
  assert.deepEqual(asked, ['dying GET', 'next GET', 'dying PUT']);
});
