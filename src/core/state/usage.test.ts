import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssignedPort } from '../model/network.ts';
import { RESOURCES, nodeFacts } from '../../../test/state-world.ts';
import { NO_USAGE, UsageEdit } from './usage.ts';

const port = (value: number, hostIp = '10.0.0.1'): AssignedPort => ({
  label: 'p',
  value,
  to: 0,
  hostIp,
  dynamic: false,
});
const claim = (more: object = {}, ...ports: AssignedPort[]): Parameters<UsageEdit['add']>[0] => ({
  resources: { ...RESOURCES, ...more },
  ports,
});
const node = nodeFacts(1, {
  resources: { ...nodeFacts(1).resources, cpu: 1_000, memoryMb: 1_024, diskMb: 1_000 },
  reserved: { cpu: 100, memoryMb: 24, diskMb: 0, ports: [22] },
});

test('what a node can bear', () => {
  const rows: readonly (readonly [Parameters<UsageEdit['add']>[0][], string | undefined])[] = [
    [[claim({ cpu: 900 })], undefined],
    [[claim({ cpu: 901 })], 'cpu exhausted'],
    [[claim({ memoryMb: 1_001 })], 'memory exhausted'],
    [[claim({ diskMb: 600 }), claim({ diskMb: 600 })], 'disk exhausted'],
    [[claim({}, port(80)), claim({}, port(81))], undefined],
    [[claim({}, port(80)), claim({}, port(80))], 'port 80 taken'],
    [[claim({}, port(80)), claim({}, port(80, '10.0.0.2'))], undefined],
    [[claim({}, port(22))], 'port 22 reserved by the node'],
    [[claim({ cores: [1, 2] }), claim({ cores: [3] })], undefined],
    [[claim({ cores: [1, 2] }), claim({ cores: [2] })], 'device or core taken'],
  ];
  for (const [claims, expected] of rows) {
    const usage = new UsageEdit(NO_USAGE);
    for (const each of claims) usage.add(each);
    assert.equal(usage.excess(node), expected);
    const [last, ...first] = [...claims].reverse();
    const before = new UsageEdit(NO_USAGE);
    for (const each of first) before.add(each);
    assert.equal(before.refusal(last === undefined ? [] : [last], node), expected);
  }
});

test('U1: what is taken away leaves nothing behind', () => {
  const usage = new UsageEdit(NO_USAGE);
  const one = claim({ cores: [1] }, port(80), port(81));
  const two = claim({ cpu: 7 }, port(80, '10.0.0.2'));
  usage.add(one);
  usage.add(two);
  usage.remove(one);
  usage.remove(two);
  assert.deepEqual({ ...usage.finish(), addresses: [] }, NO_USAGE);
});

test('an edit leaves what it began with as it was', () => {
  const first = new UsageEdit(NO_USAGE);
  first.add(claim({}, port(80)));
  const kept = first.finish();
  const second = new UsageEdit(kept);
  second.add(claim({}, port(79)));
  assert.equal(kept.ports.length, 1);
  assert.equal(second.finish().ports.length, 2);
});
