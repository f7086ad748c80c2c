import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinationHttp } from '../../../../test/coordination-http.ts';
import { DEFAULT_COORDINATION_LIMITS } from './coordination-limits.ts';

interface Pair {
  readonly Key: string;
  readonly Value: string | null;
  readonly LockIndex: number;
  readonly ModifyIndex: number;
  readonly Session?: string;
}

function pairs(text: string): readonly Pair[] {
  return JSON.parse(text) as readonly Pair[];
}

test('what each request for keys is answered', async () => {
  await using world = await CoordinationHttp.start();
  await world.put('kv/app/a', 'x');
  await world.put('kv/app/b/c', 'y');
  await world.put('kv/app/flag?flags=18446744073709551615', 'f');
  await world.put('kv/empty', '');
  await world.put('kv/dir/', 'slash');
  const rows: readonly [method: string, path: string, status: number, body: string | RegExp][] = [
    ['GET', 'kv/app/a?raw', 200, 'x'],
    ['GET', 'kv/app/flag', 200, /"Flags":18446744073709551615,/],
    ['GET', 'kv/app/flag?pretty', 200, /"Flags": 18446744073709551615,\n/],
    ['GET', 'kv/empty', 200, /"Value":null/],
    ['GET', 'kv/none', 404, ''],
    ['GET', 'kv/none?raw', 404, ''],
    ['GET', 'kv/dir', 404, ''],
    ['GET', 'kv/dir/?raw', 200, 'slash'],
    ['GET', 'kv/app?recurse', 200, /^\[\{.*"app\/a".*"app\/b\/c".*"app\/flag".*\}\]$/],
    ['GET', 'kv/none?recurse', 404, ''],
    ['GET', 'kv/app/?keys&separator=/', 200, '["app/a","app/b/","app/flag"]'],
    ['GET', 'kv/?keys', 200, '["app/a","app/b/c","app/flag","dir/","empty"]'],
    ['GET', 'kv?keys&separator=%2F', 200, '["app/","dir/","empty"]'],
    ['GET', 'kv/none?keys', 404, ''],
    ['GET', 'kv/', 400, 'Missing key name'],
    ['PUT', 'kv/', 400, 'Missing key name'],
    ['DELETE', 'kv/', 400, 'Missing key name'],
    ['PUT', 'kv/a?flags=-1', 400, /\?flags: expected a number of 64 bits/],
    ['PUT', 'kv/a?cas=x', 400, /\?cas: expected a whole number/],
    ['PUT', 'kv/a?ttl=0s', 400, /\?ttl/],
    ['PUT', 'kv/a?cas=0&acquire=s', 400, 'Conflicting flags: acquire=s&cas=0'],
    ['DELETE', 'kv/a?cas=1&recurse', 400, 'Conflicting flags: cas=1&recurse='],
    ['PUT', 'kv/a?acquire=no-such', 500, 'invalid session "no-such"'],
    ['PUT', 'kv/a?release=no-such', 200, 'false'],
    ['PUT', 'kv/app/a?cas=1', 200, 'false'],
    ['PUT', 'kv/new?cas=0', 200, 'true'],
    ['DELETE', 'kv/new?cas=1', 200, 'false'],
    ['DELETE', 'kv/new', 200, 'true'],
    ['DELETE', 'kv/new', 200, 'true'],
    ['GET', 'kv/new', 404, ''],
    ['DELETE', 'kv/app?recurse', 200, 'true'],
    ['GET', 'kv/?keys', 200, '["dir/","empty"]'],
    ['DELETE', 'kv/?recurse', 200, 'true'],
    ['GET', 'kv/?keys', 200, '[]'],
    ['GET', 'kv/?recurse', 404, ''],
  ];
  for (const [method, path, status, body] of rows) {
    const answer = await world.ask(method, path);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    if (typeof body === 'string') assert.equal(answer.text, body, `${method} ${path}`);
    else assert.match(answer.text, body, `${method} ${path}`);
    if (method === 'GET' && status !== 400) {
      assert.match(answer.headers.get('x-consul-index') ?? '', /^[1-9]/, path);
    }
  }
});

test('check-and-set, locks and their tokens', async () => {
  await using world = await CoordinationHttp.start();
  const read = async (): Promise<Pair> => {
    const [pair] = pairs((await world.get('kv/k')).text);
    assert.ok(pair);
    return pair;
  };
  await world.put('kv/k', 'one');
  const { ModifyIndex } = await read();
  assert.equal(await world.put(`kv/k?cas=${ModifyIndex}`, 'two'), 'true');
  assert.equal(await world.put(`kv/k?cas=${ModifyIndex}`, 'three'), 'false');
  const a = await world.newSession({ TTL: '10s', LockDelay: 0 });
  const b = await world.newSession({ LockDelay: '1s' });
  assert.equal(await world.put(`kv/k?acquire=${a}`, 'a'), 'true');
  assert.equal(await world.put(`kv/k?acquire=${b}`, 'b'), 'false');
  const held = await read();
  assert.equal(held.Session, a);
  assert.equal(held.LockIndex, held.ModifyIndex);
  assert.equal(await world.put(`kv/k?acquire=${a}`, 'again'), 'true');
  assert.equal((await read()).LockIndex, held.LockIndex);
  assert.equal(await world.put(`kv/k?release=${a}`, 'free'), 'true');
  assert.equal(await world.put(`kv/k?acquire=${b}`, 'b'), 'true');
  assert.ok((await read()).LockIndex > held.LockIndex);
  await world.put(`session/destroy/${b}`);
  assert.equal((await read()).Session, undefined);
  assert.equal(await world.put(`kv/k?acquire=${a}`, 'a'), 'false', 'in the lock-delay');
});

test('a watch wakes on its key or prefix and on nothing else', async () => {
  await using world = await CoordinationHttp.start();
  await world.put('kv/a/1', 'x');
  const index = Number((await world.get('kv/a/1')).headers.get('x-consul-index'));
  let isAwake = false;
  const parked = world.get(`kv/a/1?index=${index}&wait=20s`).finally(() => (isAwake = true));
  const missing = world.get(`kv/none?index=${index}&wait=20s`);
  const prefix = world.get(`kv/b/?recurse&index=${index}&wait=20s`);
  await world.put('kv/a/2', 'y');
  await world.put('kv/a/1', 'x');
  assert.equal(isAwake, false, 'an equal put is no change');
  await world.put('kv/a/1', 'z');
  assert.match((await parked).text, /"Value":"eg=="/);
  await world.put('kv/none', 'now');
  assert.equal((await missing).status, 200);
  await world.put('kv/b/deep', 'now');
  assert.equal((await prefix).status, 200);
  const quick = await world.get(`kv/a/1?index=${index}&wait=20s`);
  assert.ok(Number(quick.headers.get('x-consul-index')) > index);
});

test('bounds: values, keys, bytes that make no text', async () => {
  const limits = { ...DEFAULT_COORDINATION_LIMITS, kvValueMaxBytes: 1_000 };
  await using world = await CoordinationHttp.start({ limits });
  assert.equal(await world.put('kv/k', 'x'.repeat(1_000)), 'true');
  const rows: readonly [path: string, body: string, status: number, text: RegExp][] = [
    ['kv/k', 'x'.repeat(1_001), 413, /1001 bytes\) too large, max size: 1000 bytes/],
    ['kv/k?flags=1', 'x'.repeat(1_001), 413, /too large/],
    [`kv/${'k'.repeat(1_024)}`, '', 200, /true/],
    [`kv/${'k'.repeat(1_025)}`, '', 400, /at most 1024 bytes/],
    [`kv/${'%C3%A9'.repeat(513)}`, '', 400, /at most 1024 bytes/],
    ['kv/a%00b', '', 400, /NUL/],
  ];
  for (const [path, body, status, text] of rows) {
    const answer = await world.ask('PUT', path, body);
    assert.equal(answer.status, status, path.slice(0, 40));
    assert.match(answer.text, text);
  }
  const broken = await world.ask('PUT', 'kv/a%ff', 'x');
  assert.ok(broken.status === 400 || broken.status === 404, String(broken.status));
});

test('keys and values of any bytes come back as they went in', async () => {
  await using world = await CoordinationHttp.start();
  const keys = [
    'a b',
    'a+b',
    'a/../b',
    './x',
    'a%2Fb',
    'ü/ñ/日本',
    'a?b=c&d',
    'a//b',
    '"q"\\',
    '🙂',
  ];
  const value = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const key of keys) {
    // `fetch` resolves dots and folds what it takes for paths: ask as a client that does not.
    const path = `kv/${encodeURIComponent(key)}`;
    await world.put(path, value);
    const [pair] = pairs((await world.get(path)).text);
    assert.equal(pair?.Key, key);
    assert.deepEqual(Buffer.from(pair.Value ?? '', 'base64'), Buffer.from(value));
  }
  assert.deepEqual(JSON.parse((await world.get('kv/?keys')).text), [...keys].sort());
});

test('a key with a time to live goes by itself', async () => {
  await using world = await CoordinationHttp.start();
  await world.put('kv/short?ttl=60ms', 'x');
  const held = await world.get('kv/short');
  assert.match(held.text, /"ExpiresAt":"/);
  const index = held.headers.get('x-consul-index') ?? '';
  const gone = await world.get(`kv/short?index=${index}&wait=20s`);
  assert.equal(gone.status, 404);
});
