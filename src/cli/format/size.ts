/** Sizes as `nomad` prints them: binary units, two significant digits below ten. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `70 MiB`, `1.5 GiB`, `0 B`. */
export function bytes(size: number): string {
  if (size < 10) return `${Math.floor(size)} B`;
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const rounded = Math.floor(value * 10 + 0.5) / 10;
  const text = rounded < 10 ? rounded.toFixed(1) : Math.floor(value + 0.5).toFixed(0);
  return `${text} ${UNITS[unit] ?? ''}`;
}

/** The same for a size in MiB. */
export function mebibytes(size: number): string {
  return bytes(size * 1024 * 1024);
}
