/** Floating numbers as Go prints them. Source: https://pkg.go.dev/strconv#FormatFloat */

/** Exponents from which the shortest form is written with `e`; smaller ones below -4 too. */
const SHORTEST_EXPONENT = 21;
/** Of `%v` and `print`: what has more digits before the point is written with `e`. */
const PRINTED_EXPONENT = 6;
/** Digits after the point that JavaScript can give. */
const DIGITS_MAX = 100;

/** As `%v` and `print` write it: the fewest digits that tell it from others. */
export function formatFloat(value: number): string {
  return special(value) ?? shortest(value, PRINTED_EXPONENT);
}

/** As `encoding/json` writes it. */
export function formatJsonFloat(value: number): string {
  return shortest(value, SHORTEST_EXPONENT);
}

/** With a verb of `printf`. @param precision digits; the shortest form if absent */
export function formatFloatAs(
  value: number,
  verb: 'e' | 'f' | 'g',
  precision: number | undefined,
): string {
  const word = special(value);
  if (word !== undefined) return word;
  const digits = precision === undefined ? undefined : Math.min(precision, DIGITS_MAX);
  if (verb === 'f') return plain(value, digits ?? 6);
  if (verb === 'e') return twoDigits(value.toExponential(digits ?? 6));
  if (digits === undefined) return formatFloat(value);
  return general(value, Math.max(1, digits));
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : undefined;
}

/** `toFixed` turns to exponents at 1e21. */
function plain(value: number, digits: number): string {
  if (Math.abs(value) < 1e21) return toFixedEven(value, digits);
  const whole = BigInt(value).toString();
  return digits > 0 ? `${whole}.${'0'.repeat(digits)}` : whole;
}

/** Digits looked at behind the last one; what lies exactly in the middle has no more. */
const TIE_DIGITS = 40;

/** As `toFixed`, but what lies exactly in the middle goes to the even digit, as in Go. */
function toFixedEven(value: number, digits: number): string {
  const rounded = value.toFixed(digits);
  const exact = value.toFixed(Math.min(DIGITS_MAX, digits + TIE_DIGITS));
  const cut = exact.length - Math.min(DIGITS_MAX - digits, TIE_DIGITS);
  if (!/^50*$/.test(exact.slice(cut))) return rounded;
  const kept = exact.slice(0, cut).replace(/\.$/, '');
  return /[02468]$/.test(kept) ? kept : rounded;
}

function shortest(value: number, exponentMax: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exponential = value.toExponential();
  const exponent = Number(exponential.slice(exponential.indexOf('e') + 1));
  const digits = exponential.replace('-', '').indexOf('e') - 1;
  const exponentMin = exponentMax === PRINTED_EXPONENT ? -4 : -6;
  if (exponent < exponentMin || exponent >= exponentMax) return twoDigits(exponential);
  return value.toFixed(Math.max(0, Math.max(0, digits - 1) - exponent));
}

function general(value: number, precision: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exponential = value.toExponential(precision - 1);
  const exponent = Number(exponential.slice(exponential.indexOf('e') + 1));
  if (exponent < -4 || exponent >= precision) {
    const [mantissa = '', power = ''] = exponential.split('e');
    return twoDigits(`${trimZeros(mantissa)}e${power}`);
  }
  return trimZeros(value.toFixed(Math.min(DIGITS_MAX, Math.max(0, precision - 1 - exponent))));
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Go writes at least two digits of an exponent: `1e+06`. */
function twoDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
