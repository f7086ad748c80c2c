/** The tests of the npm client that concern keys, sessions, transactions, events and watches. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  isAbsent,
  isNull,
  isNumber,
  like,
  listOf,
  member,
  textOf,
  type Likeness,
} from './consul-clients-like.ts';
import { agent, call, consul, fresh, NODE, refused, until } from './consul-clients-stand.ts';

const SESSION = {
  ID: /^[0-9a-f-]{36}$/,
  Name: '',
  Node: NODE,
  NodeChecks: ['serfHealth'],
  LockDelay: 15e9,
  Behavior: 'release',
  TTL: '',
  CreateIndex: isNumber,
};
const PAIR = { CreateIndex: isNumber, ModifyIndex: isNumber, LockIndex: 0, Flags: 0 };

describe('keys', () => {
  const KEYS = ['a/x/1', 'a/y/2', 'a/z/3'];
  before(async () => {
    await call('kv.del', { recurse: true });
    await call('kv.set', 'hello', 'world');
  });

  test('are read', async () => {
    const pair = { ...PAIR, Key: 'hello', Value: 'world', Session: isAbsent };
    like(await call('kv.get', 'hello'), pair);
    like(await call('kv.get', { recurse: true }), [pair]);
    assert.deepEqual(await call('kv.get', { key: 'hello', raw: true }), Buffer.from('world'));
    assert.equal(await call('kv.get', 'none'), undefined);
    assert.equal(await call('kv.get', { key: 'none/', recurse: true }), undefined);
  });

  test('are waited for, and nobody hears of others', async () => {
    const index = member(await call('kv.get', 'hello'), 'ModifyIndex');
    let heard = 0;
    const waits = call('kv.get', { key: 'hello', index, wait: '60s' }).finally(() => heard++);
    for (let at = 0; at < 20; at++) await call('kv.set', 'hello-not', String(at));
    assert.equal(heard, 0);
    await call('kv.set', 'hello', 'new');
    like(await waits, { Value: 'new' });
    await call('kv.del', 'hello-not');
    await call('kv.set', 'hello', 'world');
  });

  test('are listed', async () => {
    for (const key of KEYS) await call('kv.set', key, 'value');
    assert.deepEqual(await call('kv.keys', 'a'), KEYS);
    assert.deepEqual(await call('kv.keys', { key: 'a/', separator: '/' }), [
      'a/x/',
      'a/y/',
      'a/z/',
    ]);
    assert.deepEqual(await call('kv.keys'), [...KEYS, 'hello']);
    await call('kv.del', { key: 'a/', recurse: true });
    await refused(call('kv.keys', 'a'), /./, 404);
  });

  test('are written, empty ones too, and with conditions', async () => {
    assert.equal(await call('kv.set', 'one', 'two', { flags: 7 }), true);
    like(await call('kv.get', 'one'), { ...PAIR, Flags: 7, Value: 'two' });
    assert.equal(await call('kv.set', 'one', null), true);
    like(await call('kv.get', 'one'), { Value: (value) => value === null || value === '' });
    // Where the answer is `false`, this client has nothing to say.
    assert.ok(!(await call('kv.set', { key: 'one', value: 'x', cas: '0' })));
    const index = String(member(await call('kv.get', 'one'), 'ModifyIndex'));
    assert.equal(await call('kv.set', { key: 'one', value: 'x', cas: index }), true);
    assert.ok(!(await call('kv.del', { key: 'one', cas: index })));
    assert.equal(await call('kv.set', 'b', Buffer.from([0, 255])), true);
    assert.deepEqual(await call('kv.get', { key: 'b', raw: true }), Buffer.from([0, 255]));
    assert.equal(await call('kv.delete', 'b'), true);
    assert.equal(await call('kv.del', 'one'), true);
    assert.equal(await call('kv.get', 'one'), undefined);
  });
});

describe('sessions', () => {
  test('are made, told of, renewed and ended', async () => {
    const id = textOf(member(await call('session.create'), 'ID'));
    const session = { ...SESSION, ID: id };
    like(await call('session.info', id), session);
    like(await call('session.get', id), session);
    like(await call('session.node', NODE), [session]);
    assert.deepEqual(await call('session.node', 'elsewhere'), []);
    like(await call('session.list'), [session]);
    like(await call('session.renew', id), [session]);
    await call('session.destroy', id);
    assert.equal(await call('session.get', id), undefined);
    await refused(call('session.renew', id), /./, 404);
  });

  test('hold locks', async () => {
    const ask = { name: 'holder', ttl: '15s', behavior: 'delete', lockdelay: '1ms' };
    const id = textOf(member(await call('session.create', { ...ask, node: NODE }), 'ID'));
    like(await call('session.info', id), { Name: 'holder', TTL: '15s', Behavior: 'delete' });
    const other = textOf(member(await call('session.create'), 'ID'));
    assert.equal(await call('kv.set', { key: 'l', value: 'a', acquire: id }), true);
    assert.ok(!(await call('kv.set', { key: 'l', value: 'b', acquire: other })));
    like(await call('kv.get', 'l'), { Session: id, LockIndex: isNumber, Value: 'a' });
    assert.ok(!(await call('kv.set', { key: 'l', value: 'c', release: other })));
    assert.equal(await call('kv.set', { key: 'l', value: 'c', release: id }), true);
    assert.equal(await call('kv.set', { key: 'l', value: 'd', acquire: id }), true);
    await call('session.destroy', id);
    assert.equal(await call('kv.get', 'l'), undefined);
    await call('session.destroy', other);
    await refused(call('kv.set', { key: 'l', value: 'a', acquire: id }), /invalid session/, 500);
  });
});

describe('transactions', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const set = (Key: string, value: string): object => ({
    KV: { Verb: 'set', Key, Value: base64(value) },
  });

  test('do all', async () => {
    const answer = await call('transaction.create', [set('key1', 'value1'), set('key2', 'value2')]);
    const pair = (Key: string): Likeness => ({ KV: { ...PAIR, Key, Value: isNull } });
    like(answer, { Results: [pair('key1'), pair('key2')] });
    like(await call('kv.get', 'key1'), { Value: 'value1' });
    like(await call('kv.get', 'key2'), { Value: 'value2' });
  });

  test('or nothing', async () => {
    const check = { KV: { Verb: 'check-not-exists', Key: 'key1' } };
    const answer = call('transaction.create', [set('key1', 'other'), check], {});
    await refused(answer, /./, 409);
    like(await call('kv.get', 'key1'), { Value: 'value1' });
    await call('kv.del', { key: 'key', recurse: true });
  });

  test('touch the catalog as well', async () => {
    const Node = { Node: 'txn', Address: '192.0.2.7' };
    const Service = { ID: 's', Service: 'of-txn', Port: 1 };
    const Check = { Node: 'txn', CheckID: 'c', Name: 'c', ServiceID: 's', Status: 'passing' };
    await call('transaction.create', [
      { Node: { Verb: 'set', Node } },
      { Service: { Verb: 'set', Node: 'txn', Service } },
      { Check: { Verb: 'set', Check } },
    ]);
    like(await call('health.service', 'of-txn'), [{ Node, Checks: [{ CheckID: 'c' }] }]);
    await call('transaction.create', [{ Node: { Verb: 'delete', Node } }]);
    like(await call('health.service', 'of-txn'), []);
  });
});

describe('events', () => {
  test('are fired and listed', async () => {
    const name = fresh('event');
    const payload = JSON.stringify({ hello: 'world' });
    const filters = { NodeFilter: '', ServiceFilter: '', TagFilter: '' };
    const fired = await call('event.fire', name, payload);
    like(fired, { Name: name, Payload: payload, ...filters, Version: 1, LTime: isNumber });
    like(await call('event.fire', 'test'), { Name: 'test', Payload: null });
    assert.ok(listOf(await call('event.list')).length >= 2);
    like(await call('event.list', name), [{ ID: textOf(member(fired, 'ID')), Payload: payload }]);
    const raw = await call('event.list', { name, buffer: true });
    assert.deepEqual(member(raw, 0, 'Payload'), Buffer.from(payload));
    const some = { name, payload, node: NODE, service: 's', tag: 't' };
    like(await call('event.fire', some), { NodeFilter: NODE, ServiceFilter: 's', TagFilter: 't' });
  });
});

describe('prepared queries', () => {
  test('are made, changed, carried out, explained and ended', async () => {
    const service = fresh('queried');
    await call('agent.service.register', { name: service, tags: ['v2'], port: 80 });
    const made = await call('query.create', {
      name: 'web',
      service: { service },
      dns: { ttl: '9s' },
    });
    const id = textOf(member(made, 'ID'));
    like(await call('query.list'), [{ ID: id, Name: 'web', Service: { Service: service } }]);
    like(await call('query.get', id), { ID: id, DNS: { TTL: '9s' } });
    await until('it finds', 'query.execute', { Service: service, Nodes: [{}] }, 'web');
    const tags = ['v1'];
    await call('query.update', { query: id, name: 'web', service: { service, tags } });
    like(await call('query.get', id), { Service: { Tags: tags } });
    like(await call('query.execute', { query: id }), { Nodes: [], Datacenter: 'dc1' });
    await refused(call('query.explain', 'none'), /./, 404);
    await call('query.explain', 'web');
    await call('query.destroy', id);
    like(await call('query.list'), []);
    await call('agent.service.deregister', service);
    await refused(call('query.create', {}), /service required/);
  });
});

describe('status', () => {
  test('of the servers', async () => {
    like(await call('status.leader'), /^127\.0\.0\.1:\d+$/);
    like(await call('status.peers'), [/^127\.0\.0\.1:\d+$/]);
  });
});

describe('watches', () => {
  test('tell of each change, once', async () => {
    const key = fresh('watched');
    const seen: unknown[] = [];
    const times: number[] = [];
    const watch = consul.watch('kv.get', { key, wait: '30s' });
    watch.on('error', (error) => seen.push(error));
    watch.on('change', (pair) => {
      times.push(watch.updateTime());
      seen.push(pair === undefined ? undefined : member(pair, 'Value'));
    });
    const sees = (count: number): Promise<void> =>
      agent.until(`${count} changes are seen`, () => Promise.resolve(seen.length >= count));
    await sees(1);
    for (const [at, value] of ['1', '2', '3'].entries()) {
      await call('kv.set', key, value);
      await sees(at + 2);
    }
    await call('kv.del', key);
    await sees(5);
    assert.deepEqual(seen, [undefined, '1', '2', '3', undefined]);
    assert.ok(watch.isRunning());
    watch.end();
    assert.ok(!watch.isRunning());
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  test('of services hear of what came', async () => {
    const service = fresh('awaited');
    const watch = consul.watch('health.service', { service, passing: true });
    const found: unknown[] = [];
    watch.on('change', (entries) => found.push(listOf(entries).length));
    await agent.until('nothing is seen', () => Promise.resolve(found.length === 1));
    await call('agent.service.register', service);
    await agent.until('it is seen', () => Promise.resolve(found.length === 2));
    await call('agent.service.deregister', service);
    await agent.until('its end is seen', () => Promise.resolve(found.length === 3));
    watch.end();
    assert.deepEqual(found, [0, 1, 0]);
  });

  test('give up what cannot be', async () => {
    const watch = consul.watch('kv.get', { key: 'x', index: 'none', wait: 'soon' });
    const errors: unknown[] = [];
    watch.on('error', (error) => errors.push(member(error, 'statusCode')));
    await agent.until('it ended', () => Promise.resolve(!watch.isRunning()));
    assert.deepEqual(errors, [400]);
  });
});
