import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alloc, ClientStatus } from '../model/alloc.ts';
import { NameIndex } from './name-index.ts';
import { noteOn, oneForEach, pickSurplus, stopOf } from './reconcile-stops.ts';

function alloc(id: string, index: number, clientStatus: ClientStatus = 'running'): Alloc {
  const name = `j.g[${index}]`;
  return { id, nodeId: 'n', name, clientStatus, desiredStatus: 'run' } as unknown as Alloc;
}

interface Shape {
  readonly count: number;
  readonly keep: readonly Alloc[];
  readonly migrate?: readonly Alloc[];
}

function picked({ count, keep, migrate = [] }: Shape): readonly string[] {
  const naming = { job: 'j', group: 'g' };
  const names = new NameIndex({ ...naming, count }, [...keep, ...migrate]);
  return [...pickSurplus({ count, keep, migrate, names, naming })].map((one) => one.id);
}

const three = [alloc('a', 0), alloc('b', 1), alloc('c', 2)];

test('nothing goes while there is not too much', () => {
  assert.deepEqual(picked({ count: 3, keep: three }), []);
  assert.deepEqual(picked({ count: 5, keep: three }), []);
});

test('the highest numbers go first', () => {
  assert.deepEqual(picked({ count: 1, keep: three }), ['b', 'c']);
  const twelve = [...three, alloc('d', 10), alloc('e', 11)];
  assert.deepEqual(picked({ count: 3, keep: twelve }), ['d', 'e']);
});

test('what failed for good goes before what runs', () => {
  const keep = [alloc('a', 0, 'failed'), alloc('b', 1), alloc('c', 2)];
  assert.deepEqual(picked({ count: 2, keep }), ['a']);
});

test('what would move anyway goes before what could stay', () => {
  assert.deepEqual(
    picked({ count: 2, keep: [alloc('b', 1), alloc('c', 2)], migrate: [alloc('a', 0)] }),
    ['a'],
  );
});

test('finished batch instances are not stopped again', () => {
  const keep = [alloc('a', 0, 'complete'), alloc('b', 1), alloc('c', 2)];
  assert.deepEqual(picked({ count: 2, keep }), ['c']);
});

test('a stop ends an allocation, a note leaves it running', () => {
  const one = alloc('a', 0);
  assert.deepEqual(stopOf(one, 'why', { clientStatus: 'lost' }), {
    allocId: 'a',
    nodeId: 'n',
    desiredStatus: 'stop',
    description: 'why',
    clientStatus: 'lost',
  });
  assert.equal(noteOn(one, 'why', {}).desiredStatus, 'run');
});

test('what is noted on an allocation and its stop are one row', () => {
  const rows = [
    noteOn(alloc('a', 0), 'silent', { clientStatus: 'unknown' }),
    stopOf(alloc('b', 1), 'why'),
    stopOf(alloc('a', 0), 'not needed'),
  ];
  assert.deepEqual(oneForEach(rows), [
    stopOf(alloc('a', 0), 'not needed', { clientStatus: 'unknown' }),
    stopOf(alloc('b', 1), 'why'),
  ]);
});
