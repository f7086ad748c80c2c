import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { decision, earlier } from './controller.ts';

test('the earlier of two instants, where undefined is never', () => {
  const [five, nine] = [5 as Millis, 9 as Millis];
  assert.equal(earlier(five, nine), five);
  assert.equal(earlier(nine, five), five);
  assert.equal(earlier(undefined, five), five);
  assert.equal(earlier(five, undefined), five);
  assert.equal(earlier(undefined, undefined), undefined);
});

test('a decision without a time to wake at has no such field', () => {
  assert.deepEqual(decision([], undefined), { propose: [] });
  assert.deepEqual(decision([], 5 as Millis), { propose: [], wakeAt: 5 });
});
