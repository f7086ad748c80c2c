import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import * as num from './number.ts';
import type { Num } from './number.ts';

function parsed(text: string): Num {
  return num.parseNumber(text) ?? assert.fail(`${text} is a number`);
}

test('numbers are read and written in decimal', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['0', '0'],
    ['-0', '0'],
    ['007', '7'],
    ['1e3', '1000'],
    ['1.50', '1.5'],
    ['.5', '0.5'],
    ['-2.25e-1', '-0.225'],
    ['9007199254740993', '9007199254740993'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['0.1', '0.1'],
    ['1e-20', '0.00000000000000000001'],
    ['', undefined],
    ['.', undefined],
    ['1e', undefined],
    ['0x10', undefined],
    ['NaN', undefined],
    ['1e999999', undefined],
    ['9'.repeat(5000), undefined],
  ];
  for (const [text, expected] of rows) {
    const made = num.parseNumber(text);
    assert.equal(made === undefined ? undefined : num.formatNumber(made), expected, text);
  }
});

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: -60, max: 60 }))
  .map(([digits, exponent]) => `${digits}e${exponent}`);

test('M1, M2: what is written is read back as the same number', () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const made = parsed(text);
      assert.equal(num.compare(parsed(num.formatNumber(made)), made), 0);
      if (typeof made === 'number') assert.ok(Number.isSafeInteger(made));
    }),
  );
});

test('arithmetic of integers is exact', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.bigInt(1n, 10n ** 20n),
      (a, b) => {
        const [x, y] = [parsed(String(a)), parsed(String(b))];
        const shown = (result: Num | undefined) => result && num.formatNumber(result);
        assert.equal(shown(num.add(x, y)) ?? '', String(a + b) === '0' ? 0 : String(a + b));
        assert.equal(num.toBigInt(num.multiply(x, y) ?? 1), a * b);
        assert.equal(num.toBigInt(num.subtract(x, y) ?? 1), a - b);
        assert.equal(num.toBigInt(num.remainder(x, y) ?? 1), a % b);
        assert.equal(num.toBigInt(num.truncate(num.divide(x, y) ?? 1)), a / b);
      },
    ),
  );
});

test('fractions round as people expect', () => {
  const [x, y] = [parsed('-1.5'), parsed('2.25')];
  assert.deepEqual([num.floor(x), num.ceil(x), num.truncate(x)], [-2, -1, -1]);
  assert.deepEqual([num.floor(y), num.ceil(y), num.truncate(y)], [2, 3, 2]);
  assert.equal(num.toNumber(parsed('0.1')), 0.1);
  assert.equal(num.fromNumber(Infinity), undefined);
  assert.equal(num.formatNumber(num.fromNumber(0.5) ?? 0), '0.5');
});

test('M3: what is too large is no number', () => {
  const big = parsed('1e1000');
  assert.equal(num.multiply(big, big), undefined);
  const small = num.divide(parsed('1e-1000'), big) ?? 1;
  assert.equal(num.divide(small, big), 0);
});
