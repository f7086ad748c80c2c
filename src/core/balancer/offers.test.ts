import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer } from '../../../test/catalog-world.ts';
import { toBase64 } from '../../base/base64.ts';
import { viewOf } from './catalog-view.ts';
import { offersOf, overrideText, type Offered } from './offers.ts';
import { OVERRIDE_KEYS } from './settings.ts';

function offered(world: CatalogWorld): Offered {
  return offersOf(viewOf(world.state), 'urlprefix-', new Map());
}
const tags = ['urlprefix-/x', 'green'];

test('an instance without an address is reached at its node, one without a port not at all', () => {
  const world = new CatalogWorld();
  world.register(machine('a', { address: '10.9.9.9' }), [
    offer('one', { tags }),
    offer('two', { tags, address: '10.1.1.1', port: 81 }),
    offer('three', { tags, port: 0 }),
    offer('proxy', { tags, kind: 'connect-proxy' }),
    offer('other', { tags: ['v1'] }),
  ]);
  const { offers, problems } = offered(world);
  const shown = offers.map(({ destination: { host, port }, tags: left }) => [host, port, left]);
  assert.deepEqual(shown, [
    ['10.9.9.9', 80, ['green']],
    ['10.1.1.1', 81, ['green']],
  ]);
  assert.deepEqual(problems, ['service "three" (three) has no address and port to route to']);
});

test('C1: a tag that cannot be read is told, and the others count', () => {
  const world = new CatalogWorld();
  world.register('a', [offer('web', { tags: ['urlprefix-nope', 'urlprefix-/ok'] })]);
  const { offers, problems } = offered(world);
  assert.deepEqual([offers.length, problems.length], [1, 1]);
  assert.match(problems[0] ?? '', /"web": tag "urlprefix-nope": "nope" has no slash/);
});

test('routes by hand are read from a key and those below it, ours first', () => {
  const world = new CatalogWorld();
  for (const key of ['fabio/config', 'balancer/routes/b', 'balancer/routes', 'balancer/routesx']) {
    const value = toBase64(new TextEncoder().encode(key));
    world.do({ type: 'kv.write', at: world.at, op: { verb: 'set', key, value, flags: '0' } });
  }
  assert.equal(
    overrideText(viewOf(world.state), OVERRIDE_KEYS),
    'balancer/routes\nbalancer/routes/b\nfabio/config',
  );
});
