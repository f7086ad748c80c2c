import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryNode } from './directory.fixture.ts';
import { TYPE } from './record.ts';
import { addressRecord, nameServerRecords, nodeName, soaRecord, zoneOf } from './zone.ts';

const zone = zoneOf('Consul.');
assert.ok(zone !== undefined);

const domains: [domain: string, is: boolean][] = [
  ['consul', true],
  ['a.b.example.', true],
  ['', false],
  ['.', false],
  ['a..b', false],
  // There must be room for a name under it.
  ['abc.'.repeat(62), false],
];
for (const [domain, is] of domains) {
  test(`"${domain.slice(0, 20)}" is ${is ? 'a' : 'no'} domain`, () =>
    assert.equal(zoneOf(domain) !== undefined, is));
}

test('a start of authority may be kept no longer than what it denies', () => {
  const soa = soaRecord(zone, { refresh: 1, retry: 2, expire: 3, minTtl: 4 }, 2 ** 32 + 5);
  assert.ok(soa.type === TYPE.SOA);
  const { name, ttl, primary, mailbox, serial } = soa;
  const names = [name, primary, mailbox].map((one) => one?.text);
  assert.deepEqual(names, ['consul', 'ns.consul', 'hostmaster.consul']);
  assert.deepEqual([ttl, serial], [4, 5]);
});

const names: [node: string, name: string | undefined][] = [
  ['n1', 'n1.node.dc1.consul'],
  ['a.b', 'a.b.node.dc1.consul'],
  ['x'.repeat(64), undefined],
  ['', undefined],
  ['a\\b', undefined],
];
for (const [node, name] of names) {
  test(`node "${node.slice(0, 20)}" is called ${String(name)}`, () =>
    assert.equal(nodeName(zone, node, 'dc1')?.text, name));
}

test('an address has a record of its family, a host name none', () => {
  const types = ['10.0.0.1', '2001:db8::1', 'example.com', ''].map(
    (address) => addressRecord(address, undefined, 1)?.type,
  );
  assert.deepEqual(types, [TYPE.A, TYPE.AAAA, undefined, undefined]);
});

test('a name server has a name that a host may have, and its address as glue', () => {
  const servers = [
    directoryNode('n1', '10.0.0.1'),
    directoryNode('n_2', '10.0.0.2'),
    directoryNode('n3', 'n3.example.com'),
  ];
  const records = nameServerRecords(zone, 'dc1', servers, 9);
  assert.deepEqual(
    records.map(({ glue }) => glue?.map((record) => [record.name?.text, record.type, record.ttl])),
    [[['n1.node.dc1.consul', TYPE.A, 9]], undefined],
  );
});
