import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { TOMBSTONES_MAX } from '../limits.ts';
import { MarksEdit, markedAt, noMarks, restoreMarks } from './marks.ts';
import type { Marks } from './marks.ts';

function add(marks: Marks, index: number, ...names: string[]): Marks {
  const edit = new MarksEdit(marks, index as Index);
  for (const name of names) edit.add(name);
  return edit.finish();
}

test('M1: what is known of a name never falls, however much is forgotten', () => {
  let marks = noMarks();
  let highest = 1;
  for (let i = 2; i < TOMBSTONES_MAX * 2; i++) {
    marks = add(marks, i, `n${i}`);
    const known = markedAt(marks, 'n2');
    assert.ok(known >= highest);
    highest = known;
  }
  assert.equal(marks.byName.size, TOMBSTONES_MAX);
  assert.equal(marks.byOrder.size, TOMBSTONES_MAX);
  assert.equal(marks.floor, TOMBSTONES_MAX - 1);
});

test('a name marked again is remembered by its last mark', () => {
  const marks = add(add(noMarks(), 5, 'a', 'b'), 9, 'a');
  assert.equal(markedAt(marks, 'a'), 9);
  assert.equal(markedAt(marks, 'b'), 5);
  assert.equal(markedAt(marks, 'c'), 1);
  assert.equal(marks.byOrder.size, 2);
});

test('M2: restored marks answer and forget as before', () => {
  const marks = add(add(noMarks(), 5, 'a', 'b'), 9, 'c');
  const kept = [...marks.byName.entries()];
  const restored = restoreMarks(kept, marks.floor, marks.next);
  assert.deepEqual(
    [...add(restored, 12, 'd').byOrder.entries()],
    [...add(marks, 12, 'd').byOrder.entries()],
  );
});
