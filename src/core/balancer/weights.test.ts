import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ringOf, weightsOf } from './weights.ts';

const none = { fixed: undefined, share: 1 };
const rows: [
  what: string,
  wishes: { fixed: number | undefined; share: number }[],
  want: number[],
][] = [
  ['nobody', [], []],
  ['evenly', [none, none], [0.5, 0.5]],
  ['a fixed part first', [{ fixed: 0.2, share: 1 }, none, none], [0.2, 0.4, 0.4]],
  [
    'only fixed ones have all',
    [
      { fixed: 0.1, share: 1 },
      { fixed: 0.3, share: 1 },
    ],
    [0.25, 0.75],
  ],
  [
    'more than all is normalised',
    [{ fixed: 1.5, share: 1 }, { fixed: 0.5, share: 1 }, none],
    [0.75, 0.25, 0],
  ],
  ['weight 0 gets nothing', [{ fixed: 0, share: 1 }, none], [0, 1]],
  ['by the weights of the catalog', [{ fixed: undefined, share: 3 }, none], [0.75, 0.25]],
];
for (const [what, wishes, want] of rows) {
  test(what, () => {
    weightsOf(wishes).forEach((weight, i) => {
      assert.ok(Math.abs(weight - (want[i] ?? -1)) < 1e-9, `${weight}`);
    });
  });
}

test('a ring spreads turns evenly', () => {
  assert.deepEqual(ringOf([0.5, 0.5]), [0, 1]);
  assert.deepEqual(ringOf([0.75, 0.25]), [0, 0, 1, 0]);
  assert.deepEqual(ringOf([0, 1]), [1]);
  assert.deepEqual(ringOf([0, 0]), []);
});

test('each position comes as often as its weight says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
      (parts) => {
        const total = parts.reduce((sum, part) => sum + part, 0);
        const ring = ringOf(parts.map((part) => part / total));
        parts.forEach((part, position) => {
          const turns = ring.filter((each) => each === position).length;
          assert.ok(Math.abs(turns / ring.length - part / total) <= 2 / ring.length);
        });
      },
    ),
  );
});
