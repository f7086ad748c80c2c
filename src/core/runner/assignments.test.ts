import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alloc, ClientStatus } from '../model/alloc.ts';
import type { AllocId } from '../model/ids.ts';
import { completeList, sortAssignments } from './assignments.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e') as fc.Arbitrary<AllocId>;
const index = fc.integer({ min: 1, max: 9 });
const status = fc.constantFrom<ClientStatus>('pending', 'running', 'complete', 'lost');

test('S1: each allocation in exactly one bucket; S2: nothing moves backwards', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ id, allocModifyIndex: index }), { selector: (h) => h.id }),
      fc.uniqueArray(fc.record({ id, allocModifyIndex: index, clientStatus: status }), {
        selector: (a) => a.id,
      }),
      (held, allocs) => {
        const listed = allocs.map((alloc) => ({ alloc: alloc as unknown as Alloc }));
        const buckets = sortAssignments(held, listed);
        const { added, updated, ignored, removed } = buckets;
        const all = [...added, ...updated, ...ignored].map((one) => one.alloc.id);
        assert.deepEqual(all.sort(), allocs.map((one) => one.id).sort(), 'S1');
        for (const { alloc } of updated) {
          const before = held.find((one) => one.id === alloc.id);
          assert.ok(before !== undefined && before.allocModifyIndex < alloc.allocModifyIndex, 'S2');
        }
        for (const gone of removed) assert.ok(!allocs.some((one) => one.id === gone));
        for (const { alloc } of added) {
          assert.ok(alloc.clientStatus === 'pending' || alloc.clientStatus === 'running');
        }
      },
    ),
  );
});

test('a list is made complete by what was held, or is none', () => {
  const one = (id: string, jobVersion: number) => ({
    alloc: { id: id as AllocId },
    jobVersion,
  });
  const held = [one('a', 1), one('b', 1), one('c', 1)];
  const kept = ['a' as AllocId];
  const allocs = [one('b', 2), one('d', 1)];
  assert.deepEqual(completeList(held, { allocs, kept }), [one('a', 1), ...allocs]);
  assert.deepEqual(completeList(held, { allocs }), allocs, 'everything was sent');
  assert.equal(completeList([], { allocs, kept }), undefined, 'something is missing');
  const removed = ['a' as AllocId];
  const changed = [...allocs.slice(0, 1), one('c', 1), ...allocs.slice(1)];
  assert.deepEqual(completeList(held, { allocs, removed, count: 3 }), changed);
  assert.deepEqual(completeList(held, { allocs: [], removed: [], count: 3 }), held);
  assert.equal(completeList(held, { allocs, removed, count: 4 }), undefined, 'one is missing');
});
