/** Sizes as people write them in configuration files. */

const UNITS = 'kmgt';

/**
 * The bytes that a text such as `1M`, `512 KiB` or `100` means; undefined where it means none.
 * `M` and `MB` are a million, `Mi` and `MiB` 1024 times 1024.
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?(?:([kmgt])(i?))?b?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, amount, unit = '', binary = ''] = match;
  const power = unit === '' ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1;
  return Math.floor(Number(amount) * (binary === '' ? 1000 : 1024) ** power);
}
