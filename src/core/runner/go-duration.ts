/** Durations as Nomad prints them in events: `5s`, `15.2s`, `30m0s`, `1h0m0s`, `250ms`. */

/**
 * Renders a duration the way Go's `time.Duration` does.
 *
 * @param ms whole or broken milliseconds; negative ones are told with a sign
 */
export function goDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size < 0.001) return `${sign}${trim(size * 1_000_000, 0)}ns`;
  if (size < 1) return `${sign}${trim(size * 1_000, 3)}µs`;
  if (size < SECOND) return `${sign}${trim(size, 6)}ms`;
  const hours = Math.floor(size / HOUR);
  const minutes = Math.floor((size % HOUR) / MINUTE);
  const seconds = `${trim((size % MINUTE) / SECOND, 9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  if (minutes > 0) return `${sign}${minutes}m${seconds}`;
  return `${sign}${seconds}`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** At most `places` digits behind the point, none of them a trailing zero. */
function trim(value: number, places: number): string {
  const text = value.toFixed(places);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
