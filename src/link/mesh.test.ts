import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { seeded } from '../base/random.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import { systemClock } from '../io/clock.ts';
import { linkKey } from '../io/link/key.ts';
import { systemLinkSockets } from '../io/link/sockets.ts';
import type { LogProgress } from '../ports/log-peers.ts';
import type { LinkListener, LinkSockets } from '../ports/link.ts';
import { greetAccepted } from './greet.ts';
import { Mesh } from './mesh.ts';

const never = new AbortController().signal;
const KEY = linkKey('a key of all servers');

interface Server {
  readonly mesh: Mesh;
  /** When it last dialled which port. */
  readonly dialledMs: ReadonlyMap<number, number>;
  readonly address: string;
  readonly notes: readonly string[];
  readonly kill: () => Promise<void>;
}
const started: Server[] = [];
after(() => Promise.all(started.map(({ kill }) => kill())));

/** A server that is configured with these addresses. */
async function start(name: string, addresses: readonly string[], region = 'eu'): Promise<Server> {
  const stop = new AbortController();
  const notes: string[] = [];
  let accept: Parameters<LinkSockets['listen']>[1] = () => undefined;
  const at = { host: '127.0.0.1', port: 0 };
  const listener: LinkListener = await systemLinkSockets.listen(at, (socket) => accept(socket));
  const address = `127.0.0.1:${listener.port}`;
  const facts: AgentFacts = {
    ...{ protocol: 1, protocolMin: 1, version: '0.1.0', role: 'server', region, name },
    ...{ datacenter: 'dc1', instance: `instance of ${name}`, address },
  };
  const greeting = {
    ...{ facts, key: KEY, clock: systemClock, note: (line: string) => notes.push(line) },
    answersFor: () => mesh.answers,
  };
  const own = {
    ...{ id: `id of ${name}`, name, host: '127.0.0.1', expect: 3 },
    ...{ clientPort: 2379, peerPort: 2380 },
  };
  const dialledMs = new Map<number, number>();
  const sockets: LinkSockets = {
    ...systemLinkSockets,
    dial: (to, signal) => {
      dialledMs.set(to.port, systemClock.elapsedMs());
      return systemLinkSockets.dial(to, signal);
    },
  };
  const kept = (): Index => name.length as Index;
  const mesh: Mesh = new Mesh(
    { addresses, port: 4647, own },
    { ...greeting, sockets, random: seeded(name), kept, progress: () => progress(name) },
  );
  const sessions: Promise<unknown>[] = [];
  accept = (socket) => {
    sessions.push(greetAccepted(socket, greeting, stop.signal).catch(() => undefined));
  };
  const running = mesh.run(stop.signal);
  const kill = async (): Promise<void> => {
    stop.abort();
    await running;
    await listener.close();
    await Promise.all(sessions);
  };
  const server = { mesh, address, dialledMs, notes, kill };
  started.push(server);
  return server;
}

/** One of an older build does not say. */
function progress(name: string): LogProgress | undefined {
  return name === 'old' ? undefined : { applied: (10 * name.length) as Index, staleMs: 7 };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await systemClock.sleep(10, never);
  }
}

const statuses = ({ mesh }: Server): string =>
  mesh
    .known()
    .map(({ name, status }) => `${name} ${status}`)
    .sort()
    .join(', ');

test('ME3: a server that only it was told of the others is met by all of them', async () => {
  const one = await start('s1', []);
  const two = await start('s2', [one.address]);
  await until('two know each other', () => [one, two].every((each) => statuses(each) !== ''));
  const three = await start('s3', [two.address]);
  await until('all know all', () => {
    const told = [one, two, three].map(statuses).join('; ');
    const all = ['s2 alive, s3 alive', 's1 alive, s3 alive', 's1 alive, s2 alive'];
    return told === all.join('; ');
  });
  for (const each of [one, two, three]) {
    assert.deepEqual(
      each.mesh
        .met()
        .map(({ name }) => name)
        .sort(),
      ['s1', 's2', 's3'],
    );
    const others = [one, two, three].filter((other) => other !== each);
    assert.ok(others.every(({ address }) => each.mesh.sessionWith(address)?.isOpen === true));
  }
  await three.kill();
  await until('ME2: its end is noticed', () => statuses(one) === 's2 alive, s3 failed');
  assert.equal(one.mesh.addresses()[0], one.address);
  assert.deepEqual(
    [...one.mesh.addresses()].sort(),
    [one, two, three].map((s) => s.address).sort(),
  );
});

test('how far the others are is known, and that one is silent', async () => {
  const one = await start('s1', []);
  const [two, old] = [await start('ahead', [one.address]), await start('old', [one.address])];
  await until('all are known', () => statuses(one) === 'ahead alive, old alive');
  const told = (): Readonly<Record<string, LogProgress | undefined>> =>
    Object.fromEntries(one.mesh.met().map((each) => [each.name, each.progress]));
  const heard = told();
  assert.deepEqual([heard['s1'], heard['old']], [{ applied: 20, staleMs: 7 }, undefined]);
  assert.equal(heard['ahead']?.applied, 50);
  await Promise.all([two.kill(), old.kill()]);
  await until('its silence is told', () => (told()['ahead']?.staleMs ?? 0) > 100);
  assert.equal(told()['ahead']?.applied, 50);
  assert.deepEqual(
    one.mesh
      .met()
      .map(({ name, answers }) => `${name} ${answers}`)
      .sort(),
    ['ahead false', 'old false', 's1 true'],
  );
});

test('ME1: one that will not come back is neither listed nor dialled, unless it does', async () => {
  const one = await start('s1', []);
  const two = await start('s2', [one.address]);
  const [asked, gone] = [[one, two], await start('gone', [one.address])];
  const known = (what: string): boolean => asked.map(statuses).join('; ') === what;
  await until('all know all', () => known('gone alive, s2 alive; gone alive, s1 alive'));
  assert.deepEqual(Object.fromEntries(one.mesh.kept()), { 'id of s2': 2, 'id of gone': 4 });
  one.mesh.forget(['id of gone']);
  assert.ok(known('gone alive, s2 alive; gone alive, s1 alive'), 'it is there');
  await gone.kill();
  await until('its end is noticed', () => known('gone failed, s2 alive; gone failed, s1 alive'));
  assert.deepEqual([...one.mesh.kept().keys()], ['id of s2']);
  for (const { mesh } of asked) mesh.forget(['id of gone']);
  assert.ok(known('s2 alive; s1 alive'));
  assert.deepEqual(
    asked.map(({ mesh }) => mesh.addresses().length),
    [2, 2],
  );
  const port = Number(gone.address.split(':')[1]);
  const lastMs = (): number => Math.max(...asked.map(({ dialledMs }) => dialledMs.get(port) ?? 0));
  await until('nobody dials it', () => systemClock.elapsedMs() - lastMs() > 4_000);
  const back = await start('gone', [two.address]);
  await until('it is back', () => known('gone alive, s2 alive; gone alive, s1 alive'));
  assert.ok(one.mesh.addresses().includes(back.address));
});

test('a server of another region is told of, and is none of theirs', async () => {
  const here = await start('here', []);
  const stray = await start('stray', [here.address], 'us');
  const told = `server "here" at ${here.address} is of region "eu", this one of "us"`;
  await until('it is told', () => stray.notes.some((line) => line.includes(told)));
  assert.equal(statuses(here) + statuses(stray), '');
});
