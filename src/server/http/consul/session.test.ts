import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinationHttp, NODE, serfHealth } from '../../../../test/coordination-http.ts';
import { DEFAULT_COORDINATION_LIMITS } from './coordination-limits.ts';

test('a session from its making to its end', async () => {
  await using world = await CoordinationHttp.start();
  const id = await world.newSession({ Name: 'mine', TTL: '90s', LockDelay: '5s' });
  const [made] = JSON.parse((await world.get(`session/info/${id}`)).text) as object[];
  assert.deepEqual(made, {
    ID: id,
    Name: 'mine',
    Node: NODE,
    LockDelay: 5_000_000_000,
    Behavior: 'release',
    TTL: '90s',
    NodeChecks: ['serfHealth'],
    ServiceChecks: null,
    CreateIndex: 2,
    ModifyIndex: 2,
  });
  assert.deepEqual(JSON.parse(await world.put(`session/renew/${id}`)), [made]);
  assert.deepEqual(JSON.parse((await world.get('session/list')).text), [made]);
  assert.deepEqual(JSON.parse((await world.get(`session/node/${NODE}`)).text), [made]);
  assert.equal((await world.get('session/node/other')).text, '[]');
  assert.equal(await world.put(`session/destroy/${id}`), 'true');
  assert.equal(await world.put(`session/destroy/${id}`), 'true');
  const gone = await world.get(`session/info/${id}`);
  assert.deepEqual([gone.status, gone.text], [200, '[]']);
  const renewed = await world.ask('PUT', `session/renew/${id}`);
  assert.deepEqual([renewed.status, renewed.text], [404, `Session id '${id}' not found`]);
});

test('what cannot be a session', async () => {
  await using world = await CoordinationHttp.start();
  const rows: readonly [body: string, status: number, text: RegExp][] = [
    ['', 200, /"ID"/],
    ['{}', 200, /"ID"/],
    ['{"TTL":"9s"}', 400, /Invalid Session TTL '9s', must be between \[10s=24h0m0s\]/],
    ['{"TTL":"25h"}', 400, /Invalid Session TTL/],
    ['{"TTL":"soon"}', 400, /TTL: expected a duration/],
    ['{"Behavior":"explode"}', 400, /Invalid Behavior setting 'explode'/],
    ['{"LockDelay":"x"}', 400, /LockDelay/],
    ['{"Node":"nowhere"}', 500, /Missing node registration/],
    ['{"NodeChecks":["none"]}', 500, /Missing check 'none' registration/],
    ['{"Name":7}', 400, /Name/],
    ['{', 400, /not JSON/],
    ['[]', 400, /expected an object/],
  ];
  for (const [body, status, text] of rows) {
    const answer = await world.ask('PUT', 'session/create', body);
    assert.equal(answer.status, status, body);
    assert.match(answer.text, text, body);
  }
});

test('a session that is not renewed ends after twice its time, and lets go', async () => {
  const limits = { ...DEFAULT_COORDINATION_LIMITS, sessionTtlMsMin: 10 };
  await using world = await CoordinationHttp.start({ limits });
  const kept = await world.newSession({ TTL: '200ms', LockDelay: 0 });
  const began = performance.now();
  const lost = await world.newSession({ TTL: '200ms', LockDelay: 0 });
  await world.put(`kv/lost?acquire=${lost}`);
  await world.put(`kv/kept?acquire=${kept}`);
  const index = (await world.get('kv/lost')).headers.get('x-consul-index') ?? '';
  const renewing = setInterval(() => {
    world.put(`session/renew/${kept}`).catch(() => undefined);
  }, 50);
  const freed = await world.get(`kv/lost?index=${index}&wait=20s`);
  clearInterval(renewing);
  assert.ok(performance.now() - began >= 390, 'T1: not before twice its time');
  assert.doesNotMatch(freed.text, /Session/);
  assert.match((await world.get('kv/kept')).text, new RegExp(kept));
});

test('a check that fails ends the sessions that live by it', async () => {
  await using world = await CoordinationHttp.start();
  const bound = await world.newSession({ LockDelay: 0 });
  const free = await world.newSession({ LockDelay: 0, NodeChecks: [] });
  await world.put(`kv/k?acquire=${bound}`);
  const node = { Node: NODE, Check: { CheckID: 'serfHealth', Name: 'x', Status: 'critical' } };
  const op = [{ Check: { Verb: 'set', Check: { ...node.Check, Node: NODE } } }];
  await world.put('txn', JSON.stringify(op));
  assert.equal((await world.get(`session/info/${bound}`)).text, '[]');
  assert.match((await world.get(`session/info/${free}`)).text, new RegExp(free));
  assert.doesNotMatch((await world.get('kv/k')).text, /Session/);
  const refused = await world.ask('PUT', 'session/create', '{}');
  assert.match(refused.text, /Check 'serfHealth' is in critical state/);
  assert.equal(serfHealth('passing').status, 'passing');
});
