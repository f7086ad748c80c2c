import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalAddress,
  formatAddress,
  hexOf,
  parseAddress,
  parseHex,
  reverseAddress,
} from './address.ts';

const canonical: [text: string, expected: string][] = [
  ['127.0.0.1', '127.0.0.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['0:0:1:0:0:0:0:0', '0:0:1::'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['Host.Example', 'host.example'],
  ['010.0.0.1', '010.0.0.1'],
];
for (const [text, expected] of canonical) {
  test(`${text} is ${expected}`, () => assert.equal(canonicalAddress(text), expected));
}

const none = ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '1.2.3.04', '1.2.3.', ':', ':::', '1::2::3'];
for (const text of [...none, '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', 'g::', '1.2.3.4::']) {
  test(`"${text}" is no address`, () => assert.equal(parseAddress(text), undefined));
}

test('what is an address, Node finds one too, and the other way round', () => {
  const part = fc.constantFrom(
    '0',
    '1',
    'ff',
    'FFFF',
    '12345',
    '',
    '1.2.3.4',
    '300',
    '::',
    ':',
    '.',
  );
  const texts = fc
    .array(part, { maxLength: 9 })
    .chain((parts) => fc.constantFrom(parts.join(':'), parts.join('.'), parts.join('')));
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = parseAddress(text);
      assert.equal(bytes?.length ?? 0, { 0: 0, 4: 4, 6: 16 }[isIP(text)]);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever was written is read back: as text, as hexadecimal name, as reverse name', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // With runs of zeros.
    fc
      .array(fc.constantFrom(0, 0, 1, 0xabcd), { minLength: 8, maxLength: 8 })
      .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]))),
  );
  fc.assert(
    fc.property(bytes, (address) => {
      const text = formatAddress(address);
      assert.deepEqual(parseAddress(text), address);
      assert.deepEqual(parseHex(hexOf(address)), address);
      const labels =
        address.length === 4
          ? [...[...address].reverse().map(String), 'in-addr', 'arpa']
          : [...Array.from(hexOf(address)).reverse(), 'ip6', 'arpa'];
      assert.equal(reverseAddress(labels), text);
    }),
  );
});

const reverse: [name: string, expected: string | undefined][] = [
  ['4.3.2.1.in-addr.arpa', '1.2.3.4'],
  ['3.2.1.in-addr.arpa', undefined],
  ['5.4.3.2.1.in-addr.arpa', undefined],
  ['04.3.2.1.in-addr.arpa', undefined],
  ['x.3.2.1.in-addr.arpa', undefined],
  ['1.ip6.arpa', undefined],
  ['arpa', undefined],
  ['4.3.2.1.in-addr.example', undefined],
  [`${'g.'.repeat(32)}ip6.arpa`, undefined],
];
for (const [name, expected] of reverse) {
  test(`${name} asks for ${String(expected)}`, () =>
    assert.equal(reverseAddress(name.split('.')), expected));
}

for (const text of ['7f00001', '7f00000g', '7F000001', '']) {
  test(`"${text}" is no hexadecimal address`, () => assert.equal(parseHex(text), undefined));
}
