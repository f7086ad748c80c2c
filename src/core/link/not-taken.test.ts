import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { isNotTaken, notTaken } from './not-taken.ts';

test('a refusal is known by its fact, wherever it was made', () => {
  const cause = new Error('silence');
  const refused = notTaken('nobody leads', { cause, facts: { leader: 'x' } });
  assert.equal(refused.fault, 'unavailable');
  assert.equal(refused.cause, cause);
  assert.deepEqual(refused.facts, { leader: 'x', notTaken: 1 });
  assert.equal(isNotTaken(refused), true);
  assert.equal(isNotTaken(new Failure('unavailable', 'far', { facts: refused.facts })), true);
  assert.equal(isNotTaken(new Failure('unavailable', 'nobody leads')), false);
  assert.equal(isNotTaken(cause), false);
});
