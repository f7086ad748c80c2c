/**
 * Requests as real programs sent them, recorded: what they ask is understood, and nobody who waits
 * for a change is answered without one.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ConsulWorld, type Got } from '../../../test/consul-world.ts';
import { until } from '../../../test/http-world.ts';

const RECORDED = '../shared/reference/consul-api-requests-by-';
const WATCHES = `${RECORDED}fabio-and-consul-template.txt`;
const LOCKS = `${RECORDED}terraform-backend.txt`;
const skipUnless = (file: string): string | false =>
  existsSync(file) ? false : `there is no ${file}: the recorded requests are not at hand`;

let world: ConsulWorld;
before(async () => {
  world = await ConsulWorld.start();
});
after(async () => {
  await world.stop();
});

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  /** Undefined where the recording was cut. */
  readonly status: number | undefined;
}

function recorded(file: string): readonly Recorded[] {
  const request =
    /^\s*(?:\d+ )?(GET|PUT|DELETE|POST) (\S+) ua=\S+ (?:body=([^]*?))?(?: -> (\d+))?$/;
  const text = readFileSync(file, 'utf8').replaceAll('\n -> ', ' -> ');
  return text.split('\n').flatMap((line) => {
    const [, method, path, body, status] = request.exec(line) ?? [];
    if (method === undefined || path === undefined) return [];
    return [{ method, path, body, status: status === undefined ? undefined : Number(status) }];
  });
}

const parked = (): number => world.server.operations.stats().parkedQueries;

/** Changes that concern none of the recorded watches. */
async function unrelated(n: number): Promise<void> {
  await world.put(`/v1/kv/elsewhere/${n}`, String(n));
  await world.put('/v1/catalog/register', {
    Node: `other-${n % 3}`,
    Address: '10.0.0.2',
    Check: { Name: 'up', Status: n % 2 === 0 ? 'passing' : 'warning' },
  });
  await world.put('/v1/session/create', { Node: 'agent-1', Checks: [], TTL: '60s' });
}

test('watches wait for their own changes', { skip: skipUnless(WATCHES) }, async () => {
  const watches = recorded(WATCHES).filter(({ path }) => path.includes('index=N'));
  assert.ok(watches.length >= 6);
  await world.put('/v1/kv/a/b', 'hello');
  const web = { Node: 'w', Address: '10.0.0.1', Service: { Service: 'web', Port: 1 } };
  await world.put('/v1/catalog/register', web);
  const answers: Promise<Got>[] = [];
  const indexes: number[] = [];
  let answered = 0;
  for (const { path, status } of watches) {
    const first = await world.get(path.replace(/index=N&?/, ''));
    assert.equal(first.status, status, path);
    assert.ok(first.index >= 1, path);
    indexes.push(first.index);
    const waiting = world.get(path.replace('index=N', `index=${first.index}`));
    answers.push(waiting.finally(() => (answered += 1)));
  }
  await until(() => parked() === watches.length, 'all wait');
  for (let n = 0; n < 20; n++) await unrelated(n);
  assert.equal(answered, 0, 'nobody is answered early');
  await world.put('/v1/kv/a/b', 'changed');
  await world.put('/v1/kv/cfg/x', '1');
  await world.put('/v1/kv/fabio/config', '1');
  await world.put('/v1/kv/fabio/noroute.html', '1');
  await world.put('/v1/catalog/register', { ...web, Service: { Service: 'web', Port: 2 } });
  for (const [i, got] of (await Promise.all(answers)).entries()) {
    assert.ok(got.index > (indexes[i] ?? 0), watches[i]?.path);
  }
});

test('a lock is taken, watched and let go', { skip: skipUnless(LOCKS) }, async () => {
  const sessions = new Map<string, string>();
  const steps = recorded(LOCKS);
  assert.ok(steps.length > 40);
  const named = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
  for (const [i, { method, path, body, status }] of steps.entries()) {
    if (path.includes('index=')) {
      await staysParked(path);
      continue;
    }
    if (path === '/v1/txn') continue; // Its body was cut by the recorder.
    const mine = (text: string): string => text.replace(named, (id) => sessions.get(id) ?? id);
    const sent = path === '/v1/session/create' ? { ...parsed(body), Node: 'agent-1' } : body;
    const got = await world.call(method, mine(path), sent);
    // Where no key is, Consul says 404, and its clients take that for an empty list.
    const isEmptyList = path.includes('?keys') && got.status === 404;
    if (!isEmptyList) assert.equal(got.status, status, `${method} ${path}: ${got.text}`);
    if (path !== '/v1/session/create') continue;
    // What it was called when it was recorded is told by what follows.
    const later = steps.slice(i).flatMap((step) => step.path.match(named) ?? []);
    const id = later.find((each) => !sessions.has(each));
    if (id !== undefined) sessions.set(id, (got.json as { readonly ID: string }).ID);
  }
  assert.ok(sessions.size >= 2);
});

function parsed(body: string | undefined): object {
  return JSON.parse(body ?? '{}') as object;
}

/** Waits as the recorded client did, for a short while: no answer may come before its time. */
async function staysParked(path: string): Promise<void> {
  const { index } = await world.get(path.replace(/&?index=\d+/, ''));
  const waitMs = 30;
  const begun = performance.now();
  const got = await world.get(`${path.replace(/index=\d+/, `index=${index}`)}&wait=${waitMs}ms`);
  assert.ok(performance.now() - begun >= waitMs - 2, `${path} was answered early`);
  assert.equal(got.index, index);
}
