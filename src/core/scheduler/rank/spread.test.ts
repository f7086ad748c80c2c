import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group, jobSpec, nodeFacts } from '../../../../test/state-world.ts';
import type { Job } from '../../model/job.ts';
import type { Node } from '../../model/node.ts';
import type { Spread } from '../../model/placement.ts';
import { compilePartition, countSpreads } from './spread.ts';

const inRack = (rack?: string): Node =>
  nodeFacts(1, { meta: rack === undefined ? {} : { rack } }) as unknown as Node;

function spread(...targets: [value: string, percent: number][]): Spread {
  return {
    attribute: '${meta.rack}',
    weight: 50,
    targets: targets.map(([value, percent]) => ({ value, percent })),
  };
}

function boosts(
  one: Spread,
  placed: readonly string[],
  asked: readonly (string | undefined)[],
): number[] {
  const job = jobSpec('j', { spreads: [one] }) as Job;
  const count = countSpreads(job, group({ count: 10 }));
  assert.ok(count);
  for (const rack of placed) count.add(inRack(rack), 1);
  return asked.map((rack) => count.boost(count.partition(inRack(rack))));
}

test('evenly: the emptiest value is wanted most', () => {
  assert.deepEqual(boosts(spread(), [], ['a', 'b']), [0, 0]);
  assert.deepEqual(boosts(spread(), ['a'], ['a', 'b']), [-1, 1]);
  assert.deepEqual(boosts(spread(), ['a', 'a', 'b'], ['a', 'b', 'c']), [-1, 1, 1]);
  assert.deepEqual(boosts(spread(), ['a', 'b'], ['a', 'b', undefined]), [-1, -1, -1]);
});

test('by targets: what is missing to a value counts', () => {
  const wish = spread(['a', 70], ['b', 20]);
  const [a, b, rest, unset] = boosts(wish, ['a', 'a', 'b'], ['a', 'b', 'c', undefined]);
  assert.equal(a, (7 - 3) / 7);
  assert.equal(b, 0);
  assert.equal(rest, 0);
  assert.equal(unset, -1);
  assert.deepEqual(boosts(spread(['a', 100]), [], ['b']), [-1]);
  assert.deepEqual(boosts(spread(['a', 0], ['b', 100]), [], ['a']), [-1]);
});

test('instances that leave are counted out again', () => {
  const job = jobSpec('j', { spreads: [spread()] }) as Job;
  const count = countSpreads(job, group());
  assert.ok(count);
  count.add(inRack('a'), 1);
  count.add(inRack('a'), -1);
  assert.equal(count.boost(count.partition(inRack('a'))), 0);
});

test('without spreads there is one partition and no count', () => {
  assert.equal(countSpreads(jobSpec('j') as Job, group()), undefined);
  assert.equal(compilePartition([])(inRack('a')), '');
});
