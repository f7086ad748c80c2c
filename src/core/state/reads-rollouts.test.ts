import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import { readTemplateRollouts } from './reads-rollouts.ts';
import { watch } from './watch.ts';

test('the read names the rows of the job', () => {
  const job = 'shop' as JobId;
  const { value, keys } = readTemplateRollouts(DEFAULT_NAMESPACE, job)(new World().state);
  assert.deepEqual([value, keys], [[], [watch.templateRollouts(DEFAULT_NAMESPACE, job)]]);
});
