import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computedClass } from './node-class.ts';

const NODE: Parameters<typeof computedClass>[0] = {
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  attributes: { 'kernel.name': 'linux', 'unique.hostname': 'a', 'cpu.arch': 'amd64' },
  meta: { rack: 'r1', 'unique.tag': 'x' },
  drivers: {},
  hostVolumes: {},
  resources: { devices: [], networks: [] },
};

test('equal for nodes that differ in unique facts only, and in the order of them', () => {
  const other = {
    ...NODE,
    attributes: { 'cpu.arch': 'amd64', 'unique.hostname': 'b', 'kernel.name': 'linux' },
    meta: { rack: 'r1', 'unique.tag': 'y' },
  };
  assert.equal(computedClass(other), computedClass(NODE));
});

test('different for everything else', () => {
  const others = [
    { ...NODE, datacenter: 'dc2' },
    { ...NODE, nodeClass: 'big' },
    { ...NODE, nodePool: 'gpu' },
    { ...NODE, attributes: { ...NODE.attributes, 'cpu.arch': 'arm64' } },
    { ...NODE, meta: { rack: 'r2' } },
    { ...NODE, hostVolumes: { data: { name: 'data', path: '/d', readOnly: true } } },
  ];
  const classes = new Set([NODE, ...others].map(computedClass));
  assert.equal(classes.size, others.length + 1);
});
