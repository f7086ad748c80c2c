/**
 * Whether two plain values (no cycles, no classes) say the same. An absent field equals an
 * undefined one; the order of fields does not matter, the order of items does.
 */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Number.isNaN(a) && Number.isNaN(b);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
  }
  return sameFields(a as Fields, b as Fields) && hasNoMore(b as Fields, a as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i]));
}

function sameFields(a: Fields, b: Fields): boolean {
  return Object.keys(a).every((key) => same(a[key], own(b, key)));
}

function hasNoMore(a: Fields, b: Fields): boolean {
  return Object.keys(a).every((key) => a[key] === undefined || own(b, key) !== undefined);
}

/** A field that a record has of its own: `toString` is not one unless it was put there. */
function own(record: Fields, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
