import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alloc } from '../model/alloc.ts';
import { STOP_UNKNOWN } from './descriptions.ts';
import {
  byAge,
  loserOf,
  silentOf,
  standInOf,
  wasSilent,
  withoutDoubles,
  youngestOfEach,
} from './stand-ins.ts';

type Facts = Partial<Omit<Alloc, 'createIndex'>> & { readonly born: number };

function alloc(id: string, { born, ...facts }: Facts): Alloc {
  const life = { clientStatus: 'running', desiredStatus: 'run', createIndex: born };
  return { id, nodeId: `on-${id}`, name: 'j.g[0]', ...life, ...facts } as unknown as Alloc;
}

const ids = (allocs: readonly Alloc[]): string => allocs.map(({ id }) => id).join();
const old = alloc('old', { born: 1 });
const over = { clientStatus: 'complete' } as const;
const canary = { deploymentStatus: { canary: true } } as unknown as Partial<Alloc>;

for (const [what, others, expected] of [
  ['nobody', [], undefined],
  ['not itself', [old], undefined],
  ['a younger one', [alloc('a', { born: 2 })], 'a'],
  ['the last of several', [alloc('a', { born: 2 }), alloc('b', { born: 3 })], 'b'],
  ['not an older one', [alloc('a', { born: 0 })], undefined],
  ['not one of another name', [alloc('a', { born: 2, name: 'j.g[1]' })], undefined],
  ['not a canary', [alloc('a', { born: 2, ...canary })], undefined],
  ['not one that is over', [alloc('a', { born: 2, ...over })], undefined],
] as const) {
  test(`who stands in: ${what}`, () => {
    assert.equal(standInOf(old, others)?.id, expected);
  });
}

const scored = (id: string, normScore: number, createdAt: number): Alloc => {
  const scores = [
    { nodeId: 'elsewhere', scores: {}, normScore: 1 },
    { nodeId: `on-${id}`, scores: {}, normScore },
  ];
  return alloc(id, { born: 1, metrics: { scores }, createdAt } as unknown as Facts);
};

for (const [reconcile, original, replacement, expected] of [
  ['keep_original', scored('a', 0.1, 1), scored('b', 0.9, 2), 'b'],
  ['keep_replacement', scored('a', 0.9, 1), scored('b', 0.1, 2), 'a'],
  ['longest_running', scored('a', 0.1, 1), scored('b', 0.9, 2), 'b'],
  ['longest_running', scored('a', 0.9, 5), scored('b', 0.1, 2), 'a'],
  ['best_score', scored('a', 0.1, 1), scored('b', 0.9, 2), 'a'],
  ['best_score', scored('a', 0.5, 1), scored('b', 0.5, 2), 'b'],
  [undefined, scored('a', 0.1, 1), scored('b', 0.9, 2), 'a'],
] as const) {
  test(`${reconcile ?? 'by default'}: ${expected} goes`, () => {
    assert.equal(loserOf(original, replacement, reconcile).id, expected);
  });
}

test('a name that is free belongs to the youngest silent instance that had it', () => {
  const old = alloc('a', { born: 1, nextAllocId: 'b' } as unknown as Facts);
  const young = alloc('c', { born: 2 });
  assert.equal(silentOf([young, old], 'j.g[0]')?.id, 'c');
  assert.equal(silentOf([old], 'j.g[0]')?.id, 'a');
  assert.equal(silentOf([young], 'j.g[1]'), undefined);
});

test('work that was done twice counts once: what runs before what ended, then the youngest', () => {
  const ended = [alloc('a', { born: 1, ...over }), alloc('b', { born: 2, ...over })];
  assert.equal(ids(withoutDoubles(ended)), 'b');
  assert.equal(ids(withoutDoubles([old, ...ended])), 'old');
  const other = alloc('c', { born: 1, name: 'j.g[1]', ...over });
  assert.equal(ids(withoutDoubles([...ended, other])), 'b,c');
});

test('what runs is never left out, even twice', () => {
  const both = [alloc('a', { born: 1 }), alloc('b', { born: 2 })];
  assert.equal(ids(withoutDoubles(both)), 'a,b');
});

test('age is the order in which they came to be, and then that of the ids', () => {
  const some = [alloc('c', { born: 2 }), alloc('b', { born: 1 }), alloc('a', { born: 2 })];
  assert.equal(ids(byAge(some)), 'b,a,c');
});

test('a chain of instances that are gone gets one successor: that of its youngest', () => {
  const first = alloc('a', { born: 1 });
  const second = alloc('b', { born: 2 });
  assert.deepEqual(
    youngestOfEach([second, first]).map(({ id }) => id),
    ['b'],
  );
});

test('work that is done keeps no place beside the one that does it again and is to move', () => {
  const done = alloc('a', { born: 1, ...over });
  assert.deepEqual(withoutDoubles([done], [alloc('b', { born: 2 })]), []);
});

test('one that was out of touch, or was replaced, may have somebody stand in for it', () => {
  const replaced = alloc('a', { born: 1, nextAllocId: 'b' } as unknown as Facts);
  const silent = alloc('a', { born: 1, desiredDescription: STOP_UNKNOWN });
  assert.deepEqual([replaced, silent, alloc('a', { born: 1 })].map(wasSilent), [true, true, false]);
});
