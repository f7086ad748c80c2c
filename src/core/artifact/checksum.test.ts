import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumIn } from './checksum.ts';

const HEX = '0123456789abcdef0123456789abcdef';

test('a checksum is found in the lists that people publish', () => {
  const other = HEX.replace('0', 'f');
  const rows: readonly (readonly [string, string | undefined])[] = [
    [`${other}  b.zip\n${HEX}  a.zip\n`, HEX],
    [`${HEX} *a.zip\n`, HEX],
    [`${HEX}  dist/a.zip\n`, HEX],
    [`MD5 (a.zip) = ${HEX.toUpperCase()}\n`, HEX],
    [`${HEX}\n`, HEX],
    [`${other}  b.zip\n`, undefined],
    [`${HEX}\n${other}\n`, undefined],
    ['', undefined],
  ];
  for (const [list, hex] of rows) assert.equal(checksumIn(list, 'a.zip')?.hex, hex, list);
});
