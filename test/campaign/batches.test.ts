import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlapping } from './batches.ts';

const line = (job: string, what: string, at: number): Parameters<typeof overlapping>[0][number] => {
  return { job, what, at, name: `${job}.g[0]`, alloc: 'a' };
};

test('BA3: what begins before the one before it has ended overlaps', () => {
  const apart = [line('p/1', 'start', 1), line('p/1', 'end', 2), line('p/4', 'start', 4)];
  assert.deepEqual(overlapping(apart), []);
  assert.deepEqual(overlapping([...apart, line('p/4', 'end', 6), line('p/5', 'start', 5)]), [
    'p/5 began at 5, p/4 ended at 6',
  ]);
});
