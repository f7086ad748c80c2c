import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, mebibytes } from './size.ts';

const sizes: [size: number, want: string][] = [
  [0, '0 B'],
  [9, '9 B'],
  [512, '512 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [16 * 1024, '16 KiB'],
  [70 * 1024 * 1024, '70 MiB'],
  [1.3 * 1024 * 1024, '1.3 MiB'],
  [24 * 1024 ** 3, '24 GiB'],
];
for (const [size, want] of sizes) {
  test(`${size} bytes is ${want}`, () => {
    assert.equal(bytes(size), want);
  });
}

test('MiB of a job file are printed in the unit that reads best', () => {
  assert.equal(mebibytes(64), '64 MiB');
  assert.equal(mebibytes(2048), '2.0 GiB');
});
