import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resume, rotate, type Place } from './rotation.ts';

/** Runs the steps on files in memory. */
function write(chunks: readonly string[], bounds: { maxFiles: number; maxFileSize: number }) {
  const files = new Map<number, string>([[0, '']]);
  let place: Place = { index: 0, size: 0 };
  let most = 1;
  const removed: string[] = [];
  for (const text of chunks) {
    const chunk = Buffer.from(text, 'latin1');
    let current = place.index;
    const turn = rotate(place, bounds, chunk);
    for (const step of turn.steps) {
      if (step.do === 'write') {
        const bytes = chunk.toString('latin1', step.from, step.to);
        files.set(current, (files.get(current) ?? '') + bytes);
        continue;
      }
      current = step.index;
      files.set(current, '');
      const old = [...files.keys()].filter((index) => index <= step.removeUpTo);
      removed.push(...old.sort((a, b) => a - b).map((index) => files.get(index) ?? ''));
      old.forEach((index) => files.delete(index));
      most = Math.max(most, files.size);
    }
    place = turn.place;
    assert.equal(place.index, current);
    assert.equal(place.size, files.get(current)?.length);
  }
  return { files: [...files.values()], all: [...removed, ...files.values()], most };
}

const chunks = fc.array(fc.stringMatching(/^[ab\n]{0,30}$/), { maxLength: 20 });
const bounds = fc.record({
  maxFiles: fc.integer({ min: 1, max: 5 }),
  maxFileSize: fc.integer({ min: 1, max: 25 }),
});

test('R1: the files in order are the output', () => {
  fc.assert(
    fc.property(chunks, bounds, (texts, limits) => {
      assert.equal(write(texts, limits).all.join(''), texts.join(''));
    }),
  );
});

test('R2, R3: no file is too large, and there are never too many', () => {
  fc.assert(
    fc.property(chunks, bounds, (texts, limits) => {
      const { all, most } = write(texts, limits);
      assert(all.every((file) => file.length <= limits.maxFileSize));
      assert(most <= limits.maxFiles);
    }),
  );
});

test('R2: lines that fit stay whole', () => {
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}\n`);
  const { all } = write(lines, { maxFiles: 3, maxFileSize: 40 });
  assert(all.every((file) => file.endsWith('\n')));
});

test('writing goes on in the newest file', () => {
  assert.deepEqual(resume([]), { index: 0, size: 0 });
  const files = [
    { index: 9, size: 1 },
    { index: 10, size: 7 },
  ];
  assert.deepEqual(resume(files), { index: 10, size: 7 });
});
