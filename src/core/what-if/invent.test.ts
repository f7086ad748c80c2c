import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeFacts, nodeId, registerNode, T0, World } from '../../../test/state-world.ts';
import { inventNode } from './invent.ts';

const as = { n: 3, id: nodeId(30), now: T0 };

test('a node that is like another has what it has, but for its name and what was asked for', () => {
  const world = new World();
  world.do(registerNode(1, { nodeClass: 'big', meta: { rack: 'r1', zone: 'a' } }));
  const like = world.state.node(nodeId(1));
  assert.ok(like);
  const kind = { count: 1, datacenter: 'dc9', cpu: 777, meta: { rack: 'r2' } };
  const made = inventNode(kind, like, as);
  const base = nodeFacts(1);
  assert.equal(made.id, as.id);
  assert.equal(made.name, 'new-3');
  assert.equal(made.datacenter, 'dc9');
  assert.equal(made.nodeClass, 'big');
  assert.deepEqual(made.meta, { ...base.meta, rack: 'r2', zone: 'a' });
  assert.deepEqual(made.resources, { ...base.resources, cpu: 777 });
  assert.deepEqual(made.drivers, base.drivers);
  assert.equal(made.attributes['unique.hostname'], 'new-3');
  assert.notEqual(made.computedClass, like.computedClass, 'another datacenter, another class');
  assert.ok(!('status' in made) && !('drain' in made), 'what servers say of it is theirs');
});

test('equal plain machines are of one class', () => {
  const first = inventNode({ count: 2 }, undefined, as);
  const second = inventNode({ count: 2 }, undefined, { ...as, n: 4, id: nodeId(40) });
  assert.equal(first.computedClass, second.computedClass);
  assert.ok(Object.values(first.drivers).every(({ healthy }) => healthy));
  assert.ok(first.resources.cpu > 0 && first.resources.memoryMb > 0);
});
