import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ARTIFACT_LIMITS } from './artifact-limits.ts';

test('unless an operator says otherwise, there are bounds to everything', () => {
  for (const bound of Object.values(ARTIFACT_LIMITS)) {
    assert.ok(Number.isSafeInteger(bound) && bound > 0);
  }
});
