/**
 * Numbers as the language has them: exact integers and binary fractions of 512 bits, so that what a
 * file says comes out again digit for digit.
 *
 * M1: what fits is a plain JavaScript number: a `Num` of type `number` is always a safe integer.
 * M2: a `BigFloat` is normal: odd mantissa of at most 512 bits, never a safe integer.
 * M3: no number has an exponent beyond `EXPONENT_MAX`: such a result is undefined ("too large").
 */

/** mantissa * 2^exponent. */
export type BigFloat = Readonly<{ mantissa: bigint; exponent: number }>;
export type Num = number | BigFloat;

const PRECISION = 512;
/** In bits: numbers to 10^1200 are more than any configuration means, and stay cheap to print. */
const EXPONENT_MAX = 4096;
const DECIMAL = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?$/;
/** Digits beyond these cannot change 512 bits in a way that anybody means. */
const DIGITS_MAX = 2_000;

/** The number that decimal digits say, or undefined if they say none, or one too large. */
export function parseNumber(text: string): Num | undefined {
  if (/^-?[0-9]{1,15}$/.test(text)) return Number(text) + 0;
  const match = DECIMAL.exec(text);
  if (match === null || text.length > DIGITS_MAX) return undefined;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  if (whole + fraction === '') return undefined;
  const exponent = Number(exponentText) - fraction.length;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  if (digits === 0n) return 0;
  if (Math.abs(exponent) > EXPONENT_MAX) return undefined;
  if (exponent >= 0) return make(digits * 10n ** BigInt(exponent), 0);
  return quotient(digits, 10n ** BigInt(-exponent), 0);
}

/** A JavaScript number as ours, exactly. Undefined for NaN and infinities. */
export function fromNumber(value: number): Num | undefined {
  if (Number.isSafeInteger(value)) return value + 0;
  if (!Number.isFinite(value)) return undefined;
  let scaled = value;
  let exponent = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent--;
  }
  return make(BigInt(scaled), exponent);
}

/** A big integer as a number, or undefined if it is too large. */
export function fromBigInt(value: bigint): Num | undefined {
  return make(value, 0);
}

export function isInteger(num: Num): boolean {
  return typeof num === 'number' || num.exponent >= 0;
}

/** The nearest JavaScript number. */
export function toNumber(num: Num): number {
  return typeof num === 'number' ? num : Number(formatNumber(num));
}

/** An integer as a big integer, or undefined for a fraction. */
export function toBigInt(num: Num): bigint | undefined {
  if (typeof num === 'number') return BigInt(num);
  return num.exponent >= 0 ? num.mantissa << BigInt(num.exponent) : undefined;
}

export function add(a: Num, b: Num): Num | undefined {
  if (typeof a === 'number' && typeof b === 'number') return fromExact(a + b, () => sum(a, b));
  return sum(a, b);
}

export function subtract(a: Num, b: Num): Num | undefined {
  return add(a, negate(b));
}

export function multiply(a: Num, b: Num): Num | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b + 0;
    if (Number.isSafeInteger(product)) return product;
  }
  const [x, y] = [big(a), big(b)];
  return make(x.mantissa * y.mantissa, x.exponent + y.exponent);
}

/** `b` must not be zero. */
export function divide(a: Num, b: Num): Num | undefined {
  if (typeof a === 'number' && typeof b === 'number' && a % b === 0) return a / b + 0;
  const [x, y] = [big(a), big(b)];
  return quotient(x.mantissa, y.mantissa, x.exponent - y.exponent);
}

/** What is left after dividing and dropping the fraction: has the sign of `a`. `b` is not zero. */
export function remainder(a: Num, b: Num): Num | undefined {
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  const ratio = divide(a, b);
  if (ratio === undefined) return undefined;
  const whole = multiply(truncate(ratio), b);
  return whole === undefined ? undefined : subtract(a, whole);
}

export function negate(num: Num): Num {
  if (typeof num === 'number') return 0 - num;
  return { mantissa: -num.mantissa, exponent: num.exponent };
}

/** Below zero if a < b, zero if equal, above if a > b. */
export function compare(a: Num, b: Num): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = align(big(a), big(b));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Without its fraction: towards zero. */
export function truncate(num: Num): Num {
  if (typeof num === 'number' || num.exponent >= 0) return num;
  return make(num.mantissa / (1n << BigInt(-num.exponent)), 0) ?? 0;
}

/** The greatest integer not above. */
export function floor(num: Num): Num {
  const whole = truncate(num);
  return compare(whole, num) <= 0 ? whole : (subtract(whole, 1) ?? whole);
}

/** The least integer not below. */
export function ceil(num: Num): Num {
  return negate(floor(negate(num)));
}

/** The shortest decimal that is read back as the same number; never with an exponent. */
export function formatNumber(num: Num): string {
  if (typeof num === 'number') return String(num);
  if (num.mantissa < 0n) return `-${formatNumber(negate(num))}`;
  if (num.exponent >= 0) {
    const whole = (num.mantissa << BigInt(num.exponent)).toString();
    if (bitLength(num.mantissa) + num.exponent <= PRECISION) return whole;
  }
  return shortest(num);
}

/** A value between its neighbours: cut its decimals as soon as only it is meant. */
function shortest(num: BigFloat): string {
  const shift = PRECISION + 1 - bitLength(num.mantissa);
  const middle = num.mantissa << BigInt(shift);
  const exponent = num.exponent - shift;
  // 2^-n is 5^n / 10^n: as integers of the same number of decimals all three are exact.
  const scale = exponent < 0 ? 5n ** BigInt(-exponent) : 1n << BigInt(exponent);
  const texts = [middle - 1n, middle, middle + 1n].map((m) => (m * scale).toString());
  const width = Math.max(...texts.map((text) => text.length));
  const [low = '', mid = '', high = ''] = texts.map((text) => text.padStart(width, '0'));
  const point = width - Math.max(0, -exponent);
  return place(cut(low, mid, high), point);
}

/** The fewest leading digits of `mid` that, followed by zeros, lie between `low` and `high`. */
function cut(low: string, mid: string, high: string): string {
  for (let i = 1; i < mid.length; i++) {
    const down = mid.slice(0, i);
    const up = (BigInt(down) + 1n).toString().padStart(i, '0');
    const pad = '0'.repeat(mid.length - i);
    const downFits = down + pad > low;
    const upFits = up.length === i && up + pad < high;
    if (downFits && (!upFits || mid.slice(i) < `5${pad.slice(1)}`)) return down;
    if (upFits) return up;
  }
  return mid;
}

/** Digits with the decimal point after `point` of them; zeros added or dropped as needed. */
function place(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`.replace(/0+$/, '');
  const padded = digits.padEnd(point, '0');
  const whole = padded.slice(0, point).replace(/^0+(?=[0-9])/, '');
  const fraction = padded.slice(point).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function fromExact(value: number, otherwise: () => Num | undefined): Num | undefined {
  return Number.isSafeInteger(value) ? value + 0 : otherwise();
}

function big(num: Num): BigFloat {
  return typeof num === 'number' ? { mantissa: BigInt(num), exponent: 0 } : num;
}

/** Both mantissas for the smaller of the two exponents, and that exponent. */
function align(a: BigFloat, b: BigFloat): readonly [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [
    a.mantissa << BigInt(a.exponent - exponent),
    b.mantissa << BigInt(b.exponent - exponent),
    exponent,
  ];
}

function sum(a: Num, b: Num): Num | undefined {
  const [x, y, exponent] = align(big(a), big(b));
  return make(x + y, exponent);
}

/** a / b * 2^exponent, rounded to the precision. */
function quotient(a: bigint, b: bigint, exponent: number): Num | undefined {
  const shift = Math.max(0, PRECISION + 2 + bitLength(b) - bitLength(a));
  const scaled = a << BigInt(shift);
  const whole = scaled / b;
  // A sticky bit below the last: rounding sees that there was a rest.
  const rest = scaled % b === 0n ? 0n : a < 0n !== b < 0n ? -1n : 1n;
  return make(whole * 2n + rest, exponent - shift - 1);
}

/** The normal form (M1, M2) of mantissa * 2^exponent, rounded half to even. */
function make(mantissa: bigint, exponent: number): Num | undefined {
  if (mantissa === 0n) return 0;
  const excess = bitLength(mantissa) - PRECISION;
  let [m, e] =
    excess > 0 ? [roundShift(mantissa, excess), exponent + excess] : [mantissa, exponent];
  const zeros = trailingZeros(m);
  m >>= BigInt(zeros);
  e += zeros;
  if (e > EXPONENT_MAX) return undefined;
  if (e < -EXPONENT_MAX * 2) return 0;
  if (e >= 0 && bitLength(m) + e <= 53) {
    const whole = m << BigInt(e);
    if (whole >= -9007199254740991n && whole <= 9007199254740991n) return Number(whole);
  }
  return { mantissa: m, exponent: e };
}

function roundShift(mantissa: bigint, bits: number): bigint {
  const negative = mantissa < 0n;
  const magnitude = negative ? -mantissa : mantissa;
  const shift = BigInt(bits);
  const floored = magnitude >> shift;
  const rest = magnitude - (floored << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (floored & 1n) === 1n);
  const rounded = up ? floored + 1n : floored;
  return negative ? -rounded : rounded;
}

function bitLength(value: bigint): number {
  const hex = (value < 0n ? -value : value).toString(16);
  return hex.length * 4 - Math.clz32(parseInt(hex.slice(0, 1), 16)) + 28;
}

function trailingZeros(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  return bitLength(magnitude & -magnitude) - 1;
}
