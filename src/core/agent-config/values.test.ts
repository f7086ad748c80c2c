import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../base/json.ts';
import type { Setting } from './setting.ts';
import { KINDS } from './values.ts';

const CASES: Readonly<Record<Setting['kind'], readonly [written: Json, read: Json | undefined][]>> =
  {
    text: [
      ['a', 'a'],
      [1, '1'],
      [true, 'true'],
      [null, undefined],
      [['a'], undefined],
    ],
    flag: [
      [true, true],
      ['true', true],
      ['false', false],
      [false, false],
      ['yes', undefined],
      [1, undefined],
    ],
    count: [
      [4646, 4646],
      ['4646', 4646],
      [-1, -1],
      ['', undefined],
      [1.5, undefined],
      ['1.5', undefined],
      ['many', undefined],
      [2 ** 60, undefined],
      [true, undefined],
    ],
    texts: [
      [
        ['a', 1],
        ['a', '1'],
      ],
      ['a', ['a']],
      [[], []],
      [[['a']], undefined],
      [{}, undefined],
    ],
    duration: [
      ['90s', 90_000],
      ['1h30m', 5_400_000],
      [30, undefined],
      ['soon', undefined],
    ],
    size: [
      ['1M', 1_000_000],
      ['1KiB', 1024],
      [10, 10],
      [1.5, undefined],
      ['big', undefined],
    ],
    record: [
      [
        { a: 1, b: 'x' },
        { a: '1', b: 'x' },
      ],
      [{}, {}],
      [{ a: [] }, undefined],
      ['a', undefined],
      [[], undefined],
    ],
    block: [[{}, undefined]],
    named: [[{}, undefined]],
    blocks: [
      [{ a: 1 }, [{ a: 1 }]],
      [
        [{ a: 1 }, {}],
        [{ a: 1 }, {}],
      ],
      [[1], undefined],
      ['a', undefined],
    ],
    free: [
      [{ a: [null] }, { a: [null] }],
      [7, 7],
    ],
  };

for (const [kind, cases] of Object.entries(CASES)) {
  test(`${kind}: what is read of what is written`, () => {
    for (const [written, read] of cases) {
      const seen = KINDS[kind as Setting['kind']].decode(written);
      assert.deepEqual(seen, read, JSON.stringify(written));
    }
  });
}

test('a mistake can be told of each kind', () => {
  for (const [kind, { wanted }] of Object.entries(KINDS)) {
    assert.match(
      `${wanted} is required here.`,
      /^(A |true )[\w -]+("(30s|1M)" )?is required here\.$/,
      kind,
    );
  }
});
