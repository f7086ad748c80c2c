import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLookup } from './lookup.ts';
import { TYPE } from './record.ts';

const service = (name: string, tag = '', datacenter?: string) => ({
  kind: 'service',
  service: name,
  tag,
  datacenter,
});
const none = { kind: 'none' };
const branch = (datacenter?: string) => ({ kind: 'branch', datacenter });

const rows: [name: string, type: keyof typeof TYPE, lookup: object][] = [
  ['web.service', 'A', service('web')],
  ['web.service.dc2', 'A', service('web', '', 'dc2')],
  ['web.service.dc2.dc', 'A', service('web', '', 'dc2')],
  ['v2.web.service', 'A', service('web', 'v2')],
  ['1.2.web.service', 'A', service('web', '1.2')],
  ['_web._tcp.service', 'SRV', service('web')],
  ['_web._udp.service', 'SRV', service('web')],
  ['_web._v2.service', 'SRV', service('web', 'v2')],
  ['_web._v2.service.dc2', 'SRV', service('web', 'v2', 'dc2')],
  ['_web._v2.service', 'A', service('web', 'v2')],
  ['_web._tcp', 'SRV', service('web')],
  ['_web._tcp.dc2', 'SRV', service('web', '', 'dc2')],
  ['_web._tcp', 'A', none],
  ['_tcp.service', 'A', service('_tcp')],
  ['node.service', 'A', service('node')],
  ['n1.node', 'A', { kind: 'node', node: 'n1', datacenter: undefined }],
  ['n1.example.node.dc2', 'A', { kind: 'node', node: 'n1.example', datacenter: 'dc2' }],
  ['q.query', 'A', { kind: 'query', query: 'q', datacenter: undefined }],
  ['a.b.query.dc1', 'SRV', { kind: 'query', query: 'a.b', datacenter: 'dc1' }],
  ['_a.b._tcp.query', 'SRV', { kind: 'query', query: 'a.b', datacenter: undefined }],
  ['7f000001.addr.dc1', 'A', { kind: 'address', address: Uint8Array.of(127, 0, 0, 1) }],
  ['7f0001.addr', 'A', none],
  ['x.7f000001.addr', 'A', none],
  ['web.connect', 'A', none],
  ['web.ingress', 'A', none],
  ['web.virtual', 'A', { kind: 'virtual' }],
  ['ns', 'A', { kind: 'name servers' }],
  ['', 'A', branch()],
  ['service', 'A', branch()],
  ['node.dc2', 'A', branch('dc2')],
  ['dc2', 'A', branch('dc2')],
  ['web', 'A', branch('web')],
  ['web.dc1', 'A', none],
  ['web.service.a.b', 'A', none],
  ['web.service.a.dc.b', 'A', none],
];
for (const [name, type, lookup] of rows) {
  test(`${type} ${name} asks for ${JSON.stringify(lookup)}`, () => {
    assert.deepEqual(parseLookup(name === '' ? [] : name.split('.'), TYPE[type]), lookup);
  });
}
