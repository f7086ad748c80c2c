import assert from 'node:assert/strict';
import { get, type ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { isIssues } from '../../../api/codec/issue.ts';
import { decodeFull } from '../../../api/codec/codec.ts';
import { KV_WATCH_LINE, type KvWatchLine } from '../../../api/consul/kv-codec.ts';
import { readJson } from '../../../base/json.ts';
import { CHANGE_BATCHES_MAX } from '../../../core/limits.ts';
import { ConsulWorld } from '../../../../test/consul-world.ts';
import { until } from '../../../../test/http-world.ts';

let world: ConsulWorld;
before(async () => {
  world = await ConsulWorld.start();
});
after(() => world.stop());

/** One who follows keys, and his copy of them: values by key. */
class Reader {
  readonly lines: KvWatchLine[] = [];
  readonly copy = new Map<string, string>();
  #request: ClientRequest | undefined;

  follow(query: string): void {
    this.#request = get(`http://127.0.0.1:${world.port}/v1/kv-watch?${query}`, (input) => {
      let rest = '';
      input.setEncoding('utf8').on('error', ignore);
      input.on('data', (piece: string) => {
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      });
    });
    this.#request.on('error', ignore);
  }

  get index(): number {
    return this.lines.at(-1)?.index ?? 0;
  }

  stop(): void {
    this.#request?.destroy();
  }

  #take(text: string): void {
    const line = decodeFull(KV_WATCH_LINE, readJson(text));
    assert.ok(!isIssues(line));
    assert.ok(line.index > this.index || line.changes === undefined, 'indexes rise');
    this.lines.push(line);
    if (line.snapshot !== undefined) this.copy.clear();
    for (const { key, value } of line.snapshot ?? []) this.copy.set(key, plain(value));
    for (const { key, pair } of line.changes ?? []) {
      if (pair === undefined) this.copy.delete(key);
      else this.copy.set(key, plain(pair.value));
    }
  }
}

/** Of a connection that `stop` broke off. */
function ignore(): void {
  return undefined;
}

function plain(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

test('W1, W2: each change is told once, in order; who comes back misses nothing', async () => {
  await world.put('/v1/kv/w/there?flags=18446744073709551615', 'before');
  const reader = new Reader();
  reader.follow('key=single&prefix=w/');
  await until(() => reader.lines.length === 1, 'the beginning is told');
  assert.deepEqual([...reader.copy], [['w/there', 'before']]);
  assert.equal(reader.lines[0]?.snapshot?.[0]?.flags, '18446744073709551615');
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) {
    await world.put(`/v1/kv/w/${i % 7}`, String(i));
    await world.put(`/v1/kv/elsewhere/${i}`, 'not followed');
    seen.push(String(i));
  }
  await world.call('DELETE', '/v1/kv/w/3');
  await world.put('/v1/kv/single', 'one');
  await until(() => reader.copy.has('single'), 'the last is told');
  const told = reader.lines.flatMap((line) => line.changes ?? []);
  const values = told.filter(({ key }) => key.startsWith('w/')).map(({ pair }) => pair?.value);
  assert.deepEqual(
    values.map((value) => (value === undefined ? 'gone' : plain(value))),
    [...seen, 'gone'],
  );
  assert.equal(reader.copy.has('w/3'), false);

  reader.stop();
  await world.put('/v1/kv/single', 'two');
  await world.put('/v1/kv/w/3', 'again');
  const again = new Reader();
  again.follow(`key=single&prefix=w/&index=${reader.index}`);
  await until(() => again.lines.length === 2, 'what was missed is told');
  assert.ok(again.lines.every((line) => line.snapshot === undefined));
  assert.deepEqual([...again.copy].sort(), [
    ['single', 'two'],
    ['w/3', 'again'],
  ]);
  again.stop();
});

test('a transaction is one line', async () => {
  const reader = new Reader();
  reader.follow('prefix=t/');
  await until(() => reader.lines.length === 1, 'the beginning is told');
  const set = (Key: string): object => ({ KV: { Verb: 'set', Key, Value: 'eA==' } });
  await world.put('/v1/txn', [set('t/1'), set('t/2'), set('u')]);
  await until(() => reader.lines.length === 2, 'it is told');
  assert.deepEqual(
    reader.lines[1]?.changes?.map(({ key }) => key),
    ['t/1', 't/2'],
  );
  reader.stop();
});

test('what is too long ago, or of another log, begins anew', async () => {
  await world.put('/v1/kv/old/a', '1');
  const { index } = await world.get('/v1/kv/old/a');
  await world.put('/v1/kv/old/b', '2');
  for (let i = 0; i <= CHANGE_BATCHES_MAX; i++) await world.put('/v1/kv/filler', String(i));
  for (const from of [index, 99_999_999]) {
    const reader = new Reader();
    reader.follow(`prefix=old/&index=${from}`);
    await until(() => reader.lines.length === 1, 'all is told');
    assert.deepEqual([...reader.copy.keys()], ['old/a', 'old/b']);
    assert.ok(reader.lines[0]?.snapshot !== undefined);
    reader.stop();
  }
});

test('W3: one who does not read holds up nobody, and is told all anew when he does', async () => {
  const socket = connect(world.port, '127.0.0.1');
  socket.write('GET /v1/kv-watch?prefix=slow/ HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const large = 'x'.repeat(100_000);
  for (let i = 0; i < CHANGE_BATCHES_MAX + 100; i++) {
    await world.put(`/v1/kv/slow/${i % 3}`, `${large}${i}`);
  }
  await world.put('/v1/kv/slow/end', 'end');
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  socket.resume();
  await until(() => text.includes('"slow/end"'), 'the end is told');
  assert.match(text, /"Snapshot"/);
  socket.destroy();
});

test('what makes no sense is refused', async () => {
  for (const [query, says] of [
    ['', 'Missing key or prefix'],
    ['key=', 'Missing key name'],
    ['prefix=a&index=x', 'Invalid index'],
    [`key=${'k'.repeat(5_000)}`, 'at most'],
  ] as const) {
    const { status, text } = await world.get(`/v1/kv-watch?${query}`);
    assert.equal(status, 400, query);
    assert.match(text, new RegExp(says));
  }
});
