/**
 * Durations as Go prints and reads them: `1h30m`, `250ms`, `1.5s`.
 *
 * Source: https://pkg.go.dev/time#ParseDuration
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Longer than any sensible duration; bounds the work on hostile input. */
const MAX_TEXT = 64;

/** Reads a duration [ms]; `undefined` when it is none. `0` needs no unit, everything else does. */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let total = 0;
  for (const [, amount, unit] of body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return sign * total;
}

/** Prints a duration [ms] as Go does: `1m30s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1) {
    const us = round(ms * 1000);
    return us >= 1 ? `${us}µs` : `${round(ms * 1e6)}ns`;
  }
  if (ms < 1000) return `${round(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = round((ms % 60_000) / 1000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function round(value: number): number {
  return Number(value.toFixed(9));
}
