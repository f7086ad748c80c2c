/**
 * The sorted copy-on-write map under every table. `clone()` costs nothing; a write to a clone
 * copies the path it touches and leaves the original as it was.
 */
import sortedBtree from 'sorted-btree';
import type BTree from 'sorted-btree';

export type SortedMap<V> = BTree.default<string, V>;

export function sortedMap<V>(): SortedMap<V> {
  return new sortedBtree.default<string, V>(undefined, compareText);
}

/** Values whose keys begin with `prefix`, in the order of keys. */
export function* valuesFrom<V>(map: SortedMap<V>, prefix: string): Generator<V> {
  if (prefix === '') {
    yield* map.values();
    return;
  }
  for (const [key, value] of map.entries(prefix)) {
    if (!key.startsWith(prefix)) return;
    yield value;
  }
}

/** The order of UTF-16 units: the same on every machine, unlike a locale's. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}
