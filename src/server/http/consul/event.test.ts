import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinationHttp } from '../../../../test/coordination-http.ts';

interface Event {
  readonly ID: string;
  readonly Name: string;
  readonly Payload: string | null;
  readonly LTime: number;
}

test('events are fired, listed, and waited for', async () => {
  await using world = await CoordinationHttp.start();
  const none = await world.get('event/list');
  assert.deepEqual([none.text, none.headers.get('x-consul-index')], ['[]', '1']);
  const fired = JSON.parse(await world.put('event/fire/deploy', 'v1')) as Event;
  assert.equal(fired.Payload, 'djE=');
  const listed = await world.get('event/list?name=deploy');
  assert.deepEqual(JSON.parse(listed.text), [fired]);
  const index = listed.headers.get('x-consul-index') ?? '';
  const waiting = world.get(`event/list?name=deploy&index=${index}&wait=20s`);
  await world.put('event/fire/other');
  const second = JSON.parse(await world.put('event/fire/deploy')) as Event;
  assert.equal(second.LTime, 3);
  const after = await waiting;
  assert.deepEqual(JSON.parse(after.text), [fired, second]);
  assert.notEqual(after.headers.get('x-consul-index'), index);
});

test('the index of an answer is its last event, as clients compute it', async () => {
  await using world = await CoordinationHttp.start();
  const { ID } = JSON.parse(await world.put('event/fire/x')) as Event;
  const [a = '', b = '', c = '', d = '', e = ''] = ID.split('-');
  const wanted = BigInt(`0x${a}${b}${c}`) ^ BigInt(`0x${d}${e}`);
  assert.equal((await world.get('event/list')).headers.get('x-consul-index'), String(wanted));
});

test('who hears an event, and what cannot be one', async () => {
  await using world = await CoordinationHttp.start();
  await world.put('event/fire/here?node=^mach');
  await world.put('event/fire/there?node=elsewhere');
  await world.put('event/fire/served?service=web');
  const names = JSON.parse((await world.get('event/list')).text) as readonly Event[];
  assert.deepEqual(
    names.map(({ Name }) => Name),
    ['here'],
  );
  const rows: readonly [path: string, body: string, status: number, text: RegExp][] = [
    ['event/fire/x?node=(', '', 400, /\?node: error parsing regexp/],
    ['event/fire/x?tag=a', '', 400, /Cannot provide tag filter without service filter/],
    ['event/fire/x', 'x'.repeat(513), 413, /at most 512 bytes/],
  ];
  for (const [path, body, status, text] of rows) {
    const answer = await world.ask('PUT', path, body);
    assert.equal(answer.status, status);
    assert.match(answer.text, text);
  }
  assert.equal((await world.get('event/list?index=x')).status, 400);
});
