import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseByteSize } from './byte-size.ts';

test('sizes are bytes, thousands of them or multiples of 1024', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['100', 100],
    ['100b', 100],
    ['1k', 1000],
    ['1KB', 1000],
    ['1.5 M', 1_500_000],
    ['1MiB', 1024 * 1024],
    ['2Gi', 2 * 1024 ** 3],
    ['1t', 1e12],
    ['', undefined],
    ['M', undefined],
    ['-1', undefined],
    ['1 2', undefined],
    ['1x', undefined],
    ['1i', undefined],
    ['107374182400', 100 * 1024 ** 3],
    ['9999999999999999', undefined],
  ];
  for (const [text, bytes] of rows) assert.equal(parseByteSize(text), bytes, text);
});
