import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, jobSpec, register } from '../../../test/state-world.ts';
import { specOf } from './job-spec.ts';

test('the author gets back what was registered, and nothing of the servers', () => {
  const world = new World();
  const spec = jobSpec('web', { meta: { a: 'b' }, priority: 70 });
  world.do(register(spec, 1));
  const job = world.state.job(spec.namespace, spec.id);
  assert.ok(job !== undefined);
  assert.deepEqual(specOf(job), spec);
  assert.deepEqual(specOf(spec), spec);
});
