import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crowded, packed, spreadOut } from './score.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

test('a full node is packed best, an empty one worst, and the other way round when spread', () => {
  assert.equal(packed(0, 0), 1);
  assert.equal(packed(1, 1), 0);
  assert.equal(spreadOut(0, 0), 0);
  assert.equal(spreadOut(1, 1), 1);
  assert.ok(packed(0.4, 0.4) > packed(0.8, 0.8));
});

test('the fit is between 0 and 1, and never better with more left over', () => {
  fc.assert(
    fc.property(share, share, share, (a, b, memory) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      assert.ok(packed(low, memory) >= packed(high, memory));
      assert.ok(spreadOut(low, memory) <= spreadOut(high, memory));
      assert.ok(packed(a, memory) >= 0 && packed(a, memory) <= 1);
    }),
  );
});

test('each instance that is there already costs', () => {
  assert.equal(crowded(1, 10), -0.2);
  assert.equal(crowded(4, 10), -0.5);
  assert.equal(crowded(1, 0), -2);
});
