/** Instants and durations as `nomad` prints them. */
import type { Millis } from '../../base/brand.ts';

/** `2026-11-21T06:34:49Z`; `N/A` for an instant that has not come. */
export function timestamp(at: Millis | undefined): string {
  if (at === undefined || at <= 0) return 'N/A';
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** `5s ago`, `1m3s ago`, `2h5m ago`, `3d4h ago`: the two largest units. */
export function ago(at: Millis, now: Millis): string {
  return `${shortDuration(Math.max(0, now - at))} ago`;
}

/** The two largest units of a duration: `48m50s`, `2h5m`. Less than a second is `0s`. */
export function shortDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / (365 * 86_400)), 'y'],
    [Math.floor((seconds % (365 * 86_400)) / (30 * 86_400)), 'mo'],
    [Math.floor((seconds % (30 * 86_400)) / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join('');
}
