/** Durations as Consul's bodies take and give them. */
import { formatDuration, parseDuration } from '../../base/duration.ts';
import { describe, note, type Codec } from '../codec/codec.ts';

const NS_PER_MS = 1_000_000;

/** Text such as `10s`, or nanoseconds [ms]; written as text, `0s` where there is none. */
export const DURATION_TEXT: Codec<number> = {
  encode: (value) => formatDuration(value as number),
  decode: (raw, path, to) => {
    if (typeof raw === 'number' && Number.isFinite(raw)) return raw / NS_PER_MS;
    if (raw === '') return 0;
    const parsed = typeof raw === 'string' ? parseDuration(raw) : undefined;
    return parsed ?? note(to, path, `expected a duration such as "10s", got ${describe(raw)}`);
  },
  zero: () => 0,
};

/** Numbers below this are seconds, others nanoseconds. Source: Consul's session endpoint. */
const SECONDS_BELOW = 1000;

/** A session's lock-delay [ms]: text, seconds or nanoseconds; written as nanoseconds. */
export const LOCK_DELAY: Codec<number> = {
  encode: (value) => Math.round((value as number) * NS_PER_MS),
  decode: (raw, path, to) =>
    typeof raw === 'number' && raw < SECONDS_BELOW
      ? raw * 1000
      : DURATION_TEXT.decode(raw, path, to),
  zero: () => 0,
};

/** A time to live [ms] in whole seconds where it has them: `90s`; empty where there is none. */
export const TTL: Codec<number> = {
  encode: (value) => {
    const ms = value as number;
    if (ms === 0) return '';
    return ms % 1000 === 0 ? `${ms / 1000}s` : formatDuration(ms);
  },
  decode: (raw, path, to) => DURATION_TEXT.decode(raw, path, to),
  zero: () => 0,
};
