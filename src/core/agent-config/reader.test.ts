import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader } from './reader.ts';

const reader = new Reader(
  {
    name: 'a',
    on: false,
    port: 0,
    list: ['x', 'y'],
    meta: { rack: 'r1' },
    client: { reserved: { cpu: 5 } },
    host_volume: { one: { path: '/1' }, two: { path: '/2', read_only: true } },
  },
  '',
);

test('what is there is read as it is, also where it is false or zero', () => {
  assert.equal(reader.text('name', 'b'), 'a');
  assert.equal(reader.flag('on', true), false);
  assert.equal(reader.count('port', 4646), 0);
  assert.deepEqual(reader.texts('list'), ['x', 'y']);
  assert.deepEqual(reader.record('meta'), { rack: 'r1' });
  assert.equal(reader.has('on'), true);
});

test('what is not there is the fallback, or nothing', () => {
  assert.equal(reader.text('no', 'b'), 'b');
  assert.equal(reader.text('no'), undefined);
  assert.equal(reader.flag('no', true), true);
  assert.equal(reader.flag('no'), undefined);
  assert.equal(reader.count('no', 1), 1);
  assert.equal(reader.count('no'), undefined);
  assert.deepEqual(reader.texts('no'), []);
  assert.deepEqual(reader.object('list'), {});
  assert.equal(reader.has('no'), false);
});

test('blocks inside blocks know their path', () => {
  const reserved = reader.block('client').block('reserved');
  assert.equal(reserved.path, 'client.reserved');
  assert.equal(reserved.count('cpu'), 5);
  assert.equal(reader.block('no').block('cpu').count('x'), undefined);
});

test('labelled blocks are read one by one', () => {
  const volumes = reader.named('host_volume', (block, label) => [
    block.path,
    label,
    block.text('path'),
    block.flag('read_only', false),
  ]);
  assert.deepEqual(volumes, {
    one: ['host_volume.one', 'one', '/1', false],
    two: ['host_volume.two', 'two', '/2', true],
  });
});
