import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CoordinationHttp } from '../../../../test/coordination-http.ts';
import { readTar, writeTar } from '../../../core/archive/tar.ts';

async function save(world: CoordinationHttp): Promise<Uint8Array> {
  const response = await fetch(`http://127.0.0.1:${world.port}/v1/snapshot`);
  assert.equal(response.status, 200);
  return new Uint8Array(await response.arrayBuffer());
}

/** The same archive with another `state.bin`, and sums that are right. */
function forged(archive: Uint8Array, change: (rows: string) => string): Uint8Array {
  const files = readTar(gunzipSync(archive));
  assert.ok(!('problem' in files));
  const changed = files.map(({ name, bytes }) => ({
    name,
    bytes: name === 'state.bin' ? Buffer.from(change(Buffer.from(bytes).toString())) : bytes,
  }));
  const sums = changed
    .filter(({ name }) => name !== 'SHA256SUMS')
    .map(({ name, bytes }) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`);
  const rest = changed.filter(({ name }) => name !== 'SHA256SUMS');
  return gzipSync(writeTar([...rest, { name: 'SHA256SUMS', bytes: Buffer.from(sums.join('')) }]));
}

test('what was saved is put back, indexes rise and watchers wake', async () => {
  await using world = await CoordinationHttp.start();
  const session = await world.newSession({ LockDelay: 0 });
  await world.put('kv/a', 'one');
  await world.put(`kv/lock?acquire=${session}`, 'x');
  const archive = await save(world);
  await world.put('kv/a', 'two');
  await world.put('kv/b', 'new');
  await world.put(`session/destroy/${session}`);
  const before = await world.get('kv/b');
  const index = Number(before.headers.get('x-consul-index'));
  const watching = world.get(`kv/b?index=${index}&wait=20s`);
  assert.equal(await world.put('snapshot', archive), '');
  const after = await watching;
  assert.equal(after.status, 404);
  assert.ok(Number(after.headers.get('x-consul-index')) > index);
  assert.equal((await world.get('kv/a?raw')).text, 'one');
  assert.match((await world.get('kv/lock')).text, new RegExp(session));
  const again = await save(world);
  assert.deepEqual(await world.put('snapshot', again), '');
});

test('what is no snapshot is refused, and changes nothing', async () => {
  await using world = await CoordinationHttp.start();
  await world.put('kv/a', 'one');
  const archive = await save(world);
  await world.put('kv/a', 'two');
  const flipped = Uint8Array.from(gunzipSync(archive));
  flipped[520] = (flipped[520] ?? 0) ^ 1;
  const orphan = forged(archive, (rows) =>
    rows.replace('"flags":"0"', '"flags":"0","session":"nobody"'),
  );
  const rows: readonly [what: string, body: Uint8Array, text: RegExp][] = [
    ['nothing', new Uint8Array(), /not gzipped/],
    ['noise', new Uint8Array(1_000).fill(9), /not gzipped/],
    ['cut off', archive.subarray(0, archive.length - 20), /not gzipped/],
    ['no archive', gzipSync('hello'), /the archive has no end/],
    ['damaged', gzipSync(flipped), /not what was written/],
    ['no JSON', forged(archive, (text) => `${text}{\n`), /line \d+: not JSON/],
    ['no row', forged(archive, (text) => `${text}[1,2]\n`), /expected a table, a key and a row/],
    ['no table', forged(archive, (text) => `${text}["x","k",{}]\n`), /no sound state/],
    ['another key', forged(archive, (text) => text.replace('["kv","a"', '["kv","b"')), /its own/],
    ['no holder', orphan, /no session nobody/],
  ];
  for (const [what, body, text] of rows) {
    const answer = await world.ask('PUT', 'snapshot', body);
    assert.equal(answer.status, 400, `${what}: ${answer.text}`);
    assert.match(answer.text, text, what);
  }
  assert.equal((await world.get('kv/a?raw')).text, 'two');
});
