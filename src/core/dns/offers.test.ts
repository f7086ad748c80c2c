import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { directoryNode, instance } from './directory.fixture.ts';
import type { Instance, InstanceStatus } from './directory.ts';
import { parseName } from './name.ts';
import { addressOffers, eligible, srvOffers, type OfferTerms } from './offers.ts';
import { TYPE } from './record.ts';
import { zoneOf } from './zone.ts';

const node = directoryNode('n1', '10.0.0.1');

function terms(type: number): OfferTerms {
  const zone = zoneOf('consul');
  const name = parseName('web.service.consul');
  assert.ok(zone !== undefined && name !== undefined);
  return { type, name, zone, datacenter: 'dc1', ttl: 0, nodeMetaTxt: true };
}

const counts: [status: InstanceStatus, onlyPassing: boolean, counts: boolean][] = [
  ['passing', false, true],
  ['passing', true, true],
  ['warning', false, true],
  ['warning', true, false],
  ['critical', false, false],
  ['critical', true, false],
];
for (const [status, onlyPassing, is] of counts) {
  test(`V1: ${status} ${is ? 'counts' : 'does not count'}, only passing: ${onlyPassing}`, () => {
    assert.equal(eligible([instance(node, { status })], '', onlyPassing).length, is ? 1 : 0);
  });
}

test('a tag is found in any spelling', () => {
  const tagged = [instance(node, { tags: ['A', 'V2'] }), instance(node, { tags: ['v3'] })];
  assert.deepEqual(eligible(tagged, 'v2', false), tagged.slice(0, 1));
  assert.deepEqual(eligible(tagged, '', false), tagged);
  assert.deepEqual(eligible(tagged, 'v', false), []);
});

test('weights, ports and what does not fit into a record', () => {
  const offers = srvOffers(
    [
      instance(node, { port: 1, weights: { passing: 70_000, warning: 1 } }),
      instance(node, { port: 2, weights: { passing: -3, warning: 1 } }),
      instance(node, { port: 3, status: 'warning', weights: { passing: 9, warning: 4 } }),
    ],
    terms(TYPE.SRV),
  );
  assert.deepEqual(
    offers.map(({ record }) => record.type === TYPE.SRV && [record.port, record.weight]),
    [
      [1, 65_535],
      [2, 0],
      [3, 4],
    ],
  );
});

test('a host name that DNS cannot carry is not offered', () => {
  const lost = [instance(node, { address: 'a..b' })];
  assert.deepEqual(addressOffers(lost, terms(TYPE.A)), []);
  assert.deepEqual(srvOffers(lost, terms(TYPE.SRV)), []);
});

const some: fc.Arbitrary<readonly Instance[]> = fc.array(
  fc
    .record({
      node: fc.integer({ min: 1, max: 4 }).map((n) => directoryNode(`n${n}`, `10.0.0.${n}`)),
      address: fc.constantFrom('', '', '10.0.0.1', '10.0.0.9', '2001:db8::1', 'host.example'),
      port: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ node: on, ...more }) => instance(on, more)),
  { maxLength: 20 },
);

test('V2: nothing is offered twice', () => {
  fc.assert(
    fc.property(some, (instances) => {
      const addresses = addressOffers(instances, terms(TYPE.ANY)).map(({ record }) =>
        record.type === TYPE.A || record.type === TYPE.AAAA ? record.address.join('.') : 'host',
      );
      assert.equal(new Set(addresses).size, addresses.length);
      const wanted = new Set(
        instances.map((one) => `${one.node.name} ${one.address || one.node.address} ${one.port}`),
      );
      assert.equal(srvOffers(instances, terms(TYPE.SRV)).length, wanted.size);
    }),
  );
});

test('V3: the target of an SRV record has its address as glue, or is somebody else’s', () => {
  fc.assert(
    fc.property(some, (instances) => {
      for (const { record, host } of srvOffers(instances, terms(TYPE.SRV))) {
        assert.ok(record.type === TYPE.SRV);
        const { target, glue = [] } = record;
        const owners = glue
          .filter(({ type }) => type === TYPE.A || type === TYPE.AAAA)
          .map(({ name }) => name?.text);
        assert.deepEqual(owners, host === undefined ? [target.text] : []);
        assert.equal(host?.text, host === undefined ? undefined : 'host.example');
      }
    }),
  );
});
