import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { ARTIFACT_ENTRIES_MAX, ARTIFACT_FREE_BYTES } from '../../core/limits.ts';
import { ARTIFACT_LIMITS } from '../../core/artifact/artifact-limits.ts';
import { Budget } from './budget.ts';

function exhausted(error: unknown): boolean {
  return error instanceof Failure && error.fault === 'exhausted';
}

test('U2: an archive of too many entries is broken off', () => {
  const budget = new Budget('a.zip', 100);
  for (let n = 0; n < ARTIFACT_ENTRIES_MAX; n++) budget.admit({ path: 'd', kind: 'directory' });
  assert.throws(() => budget.admit({ path: 'd', kind: 'directory' }), exhausted);
});

test('U2: an archive may grow to so many times its size beyond what is free', async () => {
  const piece = Buffer.alloc(1024 * 1024);
  for (const [packed, mebibytes, fails] of [
    [0, ARTIFACT_FREE_BYTES / piece.length, false],
    [0, ARTIFACT_FREE_BYTES / piece.length + 1, true],
    [piece.length, 100, false],
  ] as const) {
    const counting = new Budget('a.zip', packed).counting();
    counting.resume();
    const ended = new Promise<unknown>((resolve) => {
      counting.once('error', resolve);
      counting.once('end', () => resolve(undefined));
    });
    for (let n = 0; n < mebibytes; n++) counting.write(piece);
    counting.end();
    assert.equal(exhausted(await ended), fails, `${packed} ${mebibytes}`);
  }
});

test('U1: the entry is named, and not at any length', () => {
  const budget = new Budget('a.zip', 100);
  assert.throws(
    () => budget.admit({ path: `../${'x'.repeat(5000)}`, kind: 'file' }),
    (error) => error instanceof Failure && error.message.length < 400,
  );
});

test('U2: the bounds are those that the operator says', () => {
  const limits = { ...ARTIFACT_LIMITS, entriesMax: 1, unpackedBytesMax: 10 };
  const budget = new Budget('a.zip', 100, limits);
  budget.admit({ path: 'one', kind: 'directory' });
  assert.throws(() => budget.admit({ path: 'two', kind: 'directory' }), {
    message: 'a.zip has more than 1 entries',
  });
});
