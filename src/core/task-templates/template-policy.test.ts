import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEMPLATE_POLICY, waitUnder } from './template-policy.ts';

test('what a job asks is held within what the client says', () => {
  const policy = { ...TEMPLATE_POLICY, wait: { minMs: 5, maxMs: 40 } };
  const bounded = { ...policy, waitMsMin: 10, waitMsMax: 20 };
  const rows: readonly (readonly [typeof policy, number[] | undefined, number[]])[] = [
    [policy, undefined, [5, 40]],
    [policy, [1, 2], [1, 2]],
    [bounded, undefined, [10, 20]],
    [bounded, [1, 2], [10, 10]],
    [bounded, [15, 100], [15, 20]],
    [bounded, [50, 100], [20, 20]],
  ];
  for (const [of, [minMs = 0, maxMs = 0] = [], [min, max]] of rows) {
    const asked = maxMs === 0 ? undefined : { minMs, maxMs };
    assert.deepEqual(waitUnder(of, asked), { minMs: min, maxMs: max });
  }
  assert.equal(waitUnder(TEMPLATE_POLICY, undefined), undefined);
});
