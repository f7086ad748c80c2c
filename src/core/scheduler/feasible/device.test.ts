import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group, nodeFacts, task } from '../../../../test/state-world.ts';
import type { Node } from '../../model/node.ts';
import type { DeviceRequest } from '../../model/resources.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import { assignDevices, missingDevice } from './device.ts';

function node(): Node {
  const gpu = (name: string, memory: string, ...ids: string[]) => ({
    vendor: 'nvidia',
    type: 'gpu',
    name,
    instances: ids.map((id) => ({ id, healthy: id !== 'sick' })),
    attributes: { memory },
  });
  const { resources } = nodeFacts(1);
  const devices = [gpu('1080ti', '11', 'a', 'b', 'sick'), gpu('2080ti', '12', 'c')];
  return nodeFacts(1, { resources: { ...resources, devices } }) as unknown as Node;
}

function asks(...requests: Partial<DeviceRequest>[]): TaskGroup {
  const devices = requests.map((request) => ({
    name: 'gpu',
    count: 1,
    constraints: [],
    affinities: [],
    ...request,
  }));
  return group({ tasks: [task({ resources: { ...task().resources, devices } })] });
}

const nobody = (): number => 0;

test('devices are found by type, vendor and name', () => {
  const ids = (request: Partial<DeviceRequest>): readonly string[] | undefined =>
    assignDevices(node(), asks(request), nobody)?.[0]?.ids;
  assert.deepEqual(ids({}), ['a']);
  assert.deepEqual(ids({ count: 2 }), ['a', 'b']);
  assert.equal(ids({ count: 3 }), undefined);
  assert.deepEqual(ids({ name: 'nvidia/gpu' }), ['a']);
  assert.deepEqual(ids({ name: 'nvidia/gpu/2080ti' }), ['c']);
  assert.equal(ids({ name: 'amd/gpu' }), undefined);
  const large = { lTarget: '${device.attr.memory}', operand: '>=', rTarget: '12' } as const;
  assert.deepEqual(ids({ constraints: [large] }), ['c']);
  assert.deepEqual(ids({ affinities: [{ ...large, weight: 50 }] }), ['c']);
});

test('two requests do not share an instance, and held ones are not given', () => {
  const both = asks({ name: 'nvidia/gpu/1080ti' }, { name: 'nvidia/gpu/1080ti' });
  assert.deepEqual(
    assignDevices(node(), both, nobody)?.map((device) => device.ids),
    [['a'], ['b']],
  );
  const held = (unit: string): number => (unit === 'nvidia/gpu/1080ti/a' ? 1 : 0);
  assert.equal(assignDevices(node(), both, held), undefined);
});

test('a node that could never give them is told apart', () => {
  assert.equal(missingDevice(node(), asks({ name: 'fpga' })), 'missing devices');
  assert.equal(missingDevice(node(), asks({})), undefined);
  assert.equal(missingDevice(node(), group()), undefined);
});
