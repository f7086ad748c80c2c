import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import type { AllocId } from '../model/ids.ts';
import { collect, type Collectable, type CollectPolicy } from './collect.ts';

const POLICY: CollectPolicy = { allocsMax: 3, diskUsedPercentMax: 80, inodesUsedPercentMax: 70 };
const EMPTY = { usedPercent: 10, inodesUsedPercent: 10 };

/** `a@5` ended at 5, `b` runs. */
function allocs(...texts: string[]): Collectable[] {
  return texts.map((text) => {
    const [id = '', at] = text.split('@');
    return { id: id as AllocId, ...(at === undefined ? {} : { endedAt: Number(at) as Millis }) };
  });
}

test('who goes', () => {
  const at = 100 as Millis;
  const rows = [
    [collect(allocs('a@1', 'b@2'), EMPTY, POLICY, at), []],
    [collect(allocs('a', 'b', 'c', 'd'), EMPTY, POLICY, at), []],
    [collect(allocs('a@9', 'b', 'c@3', 'd', 'e@5'), EMPTY, POLICY, at), ['c', 'e']],
    [collect(allocs('a@9', 'b@2'), { ...EMPTY, usedPercent: 81 }, POLICY, at), ['b']],
    [collect(allocs('a@9', 'b@2'), { ...EMPTY, inodesUsedPercent: 71 }, POLICY, at), ['b']],
    [collect(allocs('a@9', 'b@2'), EMPTY, { ...POLICY, ageMsMax: 95 }, at), ['b']],
  ] as const;
  for (const [got, want] of rows) assert.deepEqual(got, want);
});
