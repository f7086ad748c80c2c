/** Functions of time. All instants are texts as RFC 3339 has them. */
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { isProblem } from '../function.ts';
import { string } from '../value.ts';
import type { Value } from '../value.ts';
import { ofTexts } from './define.ts';

/** An instant as it was written: the wall clock's fields, and how far that is from UTC. */
type Instant = Readonly<{ ms: number; offsetMinutes: number; fraction: string }>;

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))$/;

function parseInstant(text: string): Instant | Problem {
  const match = RFC3339.exec(text);
  const local = match === null ? undefined : localTime(match.slice(1, 7).map(Number));
  if (match === null || local === undefined) {
    return { problem: `not a valid RFC3339 timestamp: "${text}"` };
  }
  const [, , , , , , , fraction, , sign, hours, minutes] = match;
  const minutesOff = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  const offsetMinutes = sign === '-' ? -minutesOff : minutesOff;
  return { ms: local - offsetMinutes * 60_000, offsetMinutes, fraction: fraction ?? '' };
}

/** Milliseconds of year, month, day, hour, minute, second; undefined if there is no such time. */
function localTime(fields: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const written = fields.map((field) => String(field).padStart(2, '0'));
  const [y = '', ...rest] = written;
  const [m, d, h, min, s] = rest;
  const same =
    new Date(ms).toISOString() ===
    `${y.padStart(4, '0')}-${[m, d].join('-')}T${[h, min, s].join(':')}.000Z`;
  return same ? ms : undefined;
}

function two(num: number): string {
  return String(num).padStart(2, '0');
}

/** The instant's wall clock, readable through the UTC getters. */
function wallClock(instant: Instant): Date {
  return new Date(instant.ms + instant.offsetMinutes * 60_000);
}

function formatInstant(instant: Instant): string {
  const clock = wallClock(instant).toISOString().slice(0, 19);
  const fraction = instant.fraction.replace(/0+$/, '');
  return `${clock}${fraction === '' ? '' : `.${fraction}`}${zone(instant, ':', 'Z')}`;
}

function zone({ offsetMinutes }: Instant, separator: string, utc: string | undefined): string {
  if (offsetMinutes === 0 && utc !== undefined) return utc;
  const minutes = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? '-' : '+';
  return `${sign}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const FIELDS: Readonly<Record<string, (clock: Date, instant: Instant) => string>> = {
  YYYY: (clock) => String(clock.getUTCFullYear()).padStart(4, '0'),
  YY: (clock) => two(clock.getUTCFullYear() % 100),
  MMMM: (clock) => MONTHS[clock.getUTCMonth()] ?? '',
  MMM: (clock) => (MONTHS[clock.getUTCMonth()] ?? '').slice(0, 3),
  MM: (clock) => two(clock.getUTCMonth() + 1),
  M: (clock) => String(clock.getUTCMonth() + 1),
  DD: (clock) => two(clock.getUTCDate()),
  D: (clock) => String(clock.getUTCDate()),
  EEEE: (clock) => DAYS[clock.getUTCDay()] ?? '',
  EEE: (clock) => (DAYS[clock.getUTCDay()] ?? '').slice(0, 3),
  hh: (clock) => two(clock.getUTCHours()),
  h: (clock) => String(clock.getUTCHours()),
  HH: (clock) => two(clock.getUTCHours() % 12 || 12),
  H: (clock) => String(clock.getUTCHours() % 12 || 12),
  AA: (clock) => (clock.getUTCHours() < 12 ? 'AM' : 'PM'),
  aa: (clock) => (clock.getUTCHours() < 12 ? 'am' : 'pm'),
  mm: (clock) => two(clock.getUTCMinutes()),
  m: (clock) => String(clock.getUTCMinutes()),
  ss: (clock) => two(clock.getUTCSeconds()),
  s: (clock) => String(clock.getUTCSeconds()),
  ZZZZZ: (_, instant) => zone(instant, ':', undefined),
  ZZZZ: (_, instant) => zone(instant, '', undefined),
  ZZZ: (_, instant) => zone(instant, '', 'UTC'),
  Z: (_, instant) => zone(instant, ':', 'Z'),
};

/** A run of one letter is a field; text in single quotes stands as it is, a doubled one is one. */
const FORMAT_PART = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^]/gu;

function formatDate(format = '', timestamp = ''): Value | Problem {
  const instant = parseInstant(timestamp);
  if (isProblem(instant)) return { ...instant, argument: 1 };
  const clock = wallClock(instant);
  let out = '';
  for (const [part, quoted, letter] of format.matchAll(FORMAT_PART)) {
    if (part === "'") return { problem: 'unterminated literal', argument: 0 };
    if (quoted !== undefined) out += quoted.replace(/''/g, "'");
    else if (letter === undefined) out += part;
    else {
      const field = FIELDS[part];
      if (field === undefined) {
        return { problem: `invalid date format verb "${part}"`, argument: 0 };
      }
      out += field(clock, instant);
    }
  }
  return string(out);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration such as `1h30m`, or undefined. Source: Go's time.ParseDuration. */
function parseSpan(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, num, unit = ''] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ms += Number(num) * (UNITS[unit] ?? 0);
  }
  return text.startsWith('-') ? -ms : ms;
}

/** The last instant that has a year of four digits. */
const LATEST_MS = Date.UTC(9999, 11, 31);

function timeAdd(timestamp = '', duration = ''): Value | Problem {
  const instant = parseInstant(timestamp);
  if (isProblem(instant)) return { ...instant, argument: 0 };
  const ms = parseSpan(duration);
  if (ms === undefined) return { problem: `invalid duration "${duration}"`, argument: 1 };
  const moved = instant.ms + Math.trunc(ms);
  if (!(moved >= 0 && moved < LATEST_MS))
    return { problem: 'the result is out of range', argument: 1 };
  return string(formatInstant({ ...instant, ms: moved }));
}

function timestamp(_: readonly Value[], { host }: CallContext): Value | Problem {
  if (host.now === undefined) return { problem: 'the time is not known here' };
  return string(formatInstant({ ms: host.now, offsetMinutes: 0, fraction: '' }));
}

export const TIME: Readonly<Record<string, HclFunction>> = {
  formatdate: ofTexts(['format', 'time'], formatDate),
  timeadd: ofTexts(['timestamp', 'duration'], timeAdd),
  timestamp: { params: [], call: timestamp },
};
