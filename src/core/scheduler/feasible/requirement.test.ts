import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group, jobSpec, nodeFacts, task } from '../../../../test/state-world.ts';
import type { JobSpec } from '../../model/job.ts';
import type { NetworkRequest } from '../../model/network.ts';
import type { Node } from '../../model/node.ts';
import type { Constraint } from '../../model/placement.ts';
import { compileRequirement } from './requirement.ts';
import { compileTarget, isUnique } from './target.ts';

function node(more: Partial<Node> = {}): Node {
  const base = nodeFacts(1, {
    attributes: { 'kernel.name': 'linux', 'unique.hostname': 'box' },
    meta: { rack: 'r1' },
    hostVolumes: {
      data: { name: 'data', path: '/srv', readOnly: false },
      certs: { name: 'certs', path: '/certs', readOnly: true },
    },
  });
  return { ...base, ...more } as Node;
}

function refusal(spec: Partial<JobSpec>, on: Node = node()): string | undefined {
  const job = jobSpec('web', spec);
  const [first] = job.groups;
  assert.ok(first);
  const requirement = compileRequirement(job as never, first);
  if (!requirement.inPool(on)) return 'pool';
  if (!requirement.inDatacenter(on)) return 'datacenter';
  return requirement.classRefusal(on) ?? requirement.nodeRefusal(on);
}

function volume(source: string, readOnly: boolean): Partial<JobSpec> {
  const request = { name: 'v', type: 'host' as const, source, readOnly };
  const volumes = { v: { ...request, accessMode: '', attachmentMode: '', perAlloc: false } };
  return { groups: [group({ volumes })] };
}

function network(mode: string, hostNetwork: string): Partial<JobSpec> {
  const request: NetworkRequest = {
    mode,
    device: '',
    cidr: '',
    ip: '',
    hostname: '',
    mbits: 0,
    reservedPorts: [],
    dynamicPorts: [{ label: 'http', value: 0, to: 0, hostNetwork }],
  };
  return { groups: [group({ networks: [request] })] };
}

const constrained = (...constraints: Constraint[]): Partial<JobSpec> => ({ constraints });

test('each demand is refused by its name', () => {
  const rows: readonly (readonly [Partial<JobSpec>, string | undefined])[] = [
    [{}, undefined],
    [{ datacenters: ['dc2', 'd*'] }, undefined],
    [{ datacenters: ['dc2'] }, 'datacenter'],
    [{ nodePool: 'gpu' }, 'pool'],
    [{ nodePool: 'all' }, undefined],
    [
      constrained({ lTarget: '${attr.kernel.name}', operand: '=', rTarget: 'plan9' }),
      '${attr.kernel.name} = plan9',
    ],
    [
      constrained({ lTarget: '${attr.unique.hostname}', operand: '=', rTarget: 'x' }),
      '${attr.unique.hostname} = x',
    ],
    [constrained({ lTarget: '${meta.rack}', operand: 'is_set', rTarget: '' }), undefined],
    [{ groups: [group({ tasks: [task({ driver: 'docker' })] })] }, 'missing drivers'],
    [volume('data', false), undefined],
    [volume('certs', true), undefined],
    [volume('certs', false), 'missing compatible host volumes'],
    [volume('none', true), 'missing compatible host volumes'],
    [network('host', ''), undefined],
    [network('bridge', ''), 'missing network'],
    [network('host', 'public'), 'missing host network "public" for port "http"'],
  ];
  for (const [spec, expected] of rows) assert.equal(refusal(spec), expected, JSON.stringify(spec));
});

test('an unhealthy driver is a missing one', () => {
  const healthy = node().drivers['mock'];
  assert.ok(healthy);
  const sick = node({ drivers: { mock: { ...healthy, healthy: false } } });
  assert.equal(refusal({}, sick), 'missing drivers');
});

test('a bridge and a named host network are found', () => {
  const resources = {
    ...node().resources,
    networks: [
      { mode: 'host', device: 'eth0', ip: '10.0.0.5', cidr: '', mbits: 0 },
      { mode: 'host', device: 'eth1', ip: '192.168.7.5', cidr: '', mbits: 0 },
      { mode: 'bridge', device: '', ip: '', cidr: '', mbits: 0 },
    ],
  };
  const hostNetworks = {
    public: { name: 'public', cidr: '192.168.7.0/24', interface: '', reservedPorts: [] },
  };
  const wide = node({ resources, hostNetworks });
  assert.equal(refusal(network('bridge', ''), wide), undefined);
  assert.equal(refusal(network('host', 'public'), wide), undefined);
});

test('targets read facts of a node, and nothing else', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['${node.unique.name}', 'node-1'],
    ['${node.datacenter}', 'dc1'],
    ['${node.class}', ''],
    ['${node.pool}', 'default'],
    ['${attr.kernel.name}', 'linux'],
    ['${meta.rack}', 'r1'],
    ['${meta.toString}', undefined],
    ['${env.HOME}', undefined],
    ['plain text', 'plain text'],
  ];
  for (const [text, expected] of rows) assert.equal(compileTarget(text)(node()), expected, text);
  assert.ok(isUnique('${node.unique.id}'));
  assert.ok(isUnique('${attr.unique.network.ip-address}'));
  assert.ok(!isUnique('${attr.kernel.name}'));
});
