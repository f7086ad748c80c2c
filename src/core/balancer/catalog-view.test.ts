import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, probe } from '../../../test/catalog-world.ts';
import { toBase64 } from '../../base/base64.ts';
import { hasTag, viewOf } from './catalog-view.ts';

const tags = ['urlprefix-/x', 'green'];

test('V1: what does not pass, itself or its node, is no candidate', () => {
  const world = new CatalogWorld();
  const count = (): number => [...viewOf(world.state).candidates('urlprefix-')].length;
  world.register('a', [offer('web', { tags })], [probe('c', { serviceId: 'web' })]);
  assert.equal(count(), 1);
  for (const status of ['warning', 'critical'] as const) {
    world.register('a', [], [probe('c', { serviceId: 'web', status })]);
    assert.equal(count(), 0, status);
  }
  world.register('a', [], [probe('c', { serviceId: 'web' })]);
  world.register('a', [], [probe('_node_maintenance', { status: 'critical' })]);
  assert.equal(count(), 0);
});

test('a candidate has its own address, or that of its node; proxies of a mesh are none', () => {
  const world = new CatalogWorld();
  world.register(machine('a', { address: '10.9.9.9' }), [
    offer('one', { tags, port: 81 }),
    offer('two', { tags, address: '10.1.1.1', port: 82 }),
    offer('proxy', { tags, kind: 'connect-proxy' }),
    offer('other', { tags: ['v1'] }),
  ]);
  const found = [...viewOf(world.state).candidates('urlprefix-')];
  assert.deepEqual(
    found.map(({ service, id, host, port, share }) => [service, id, host, port, share]),
    [
      ['one', 'one', '10.9.9.9', 81, 1],
      ['two', 'two', '10.1.1.1', 82, 1],
    ],
  );
});

test('keys come in their order, with their text', () => {
  const world = new CatalogWorld();
  for (const key of ['b/2', 'b/1', 'c']) {
    const value = toBase64(new TextEncoder().encode(`text of ${key}`));
    world.do({ type: 'kv.write', at: world.at, op: { verb: 'set', key, value, flags: '0' } });
  }
  assert.deepEqual(
    [...viewOf(world.state).texts('b/')],
    [
      { key: 'b/1', text: 'text of b/1' },
      { key: 'b/2', text: 'text of b/2' },
    ],
  );
});

test('a tag may have blanks before it', () => {
  assert.ok(hasTag(['v1', '  urlprefix-/x'], 'urlprefix-'));
  assert.ok(!hasTag(['xurlprefix-/x'], 'urlprefix-'));
});
