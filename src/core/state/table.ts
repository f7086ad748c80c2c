/**
 * A table: rows by key, with declared secondary indexes and the memory of what was deleted.
 *
 * T1: a table never changes; an edit makes a new one and shares what it did not touch.
 * T2: the secondary indexes hold exactly the rows whose indexed value is defined.
 * T3: the index of a watch key (a row's, a group's, the table's) never falls. For that each
 *     deletion leaves a mark; the marks are bounded, and below the floor all that is known is that
 *     something was deleted by then.
 * T4: what `indexOf` answers follows from rows, marks and floor alone, so that a table read back
 *     from a checkpoint answers as the one that was written.
 */
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { NO_ROWS, hashRow, hashSeed, lanes } from './hash.ts';
import type { HashSum } from './hash.ts';
import { MarksEdit, markedAt, markedUnder, noMarks } from './marks.ts';
import type { Marks } from './marks.ts';
import { sortedMap } from './sorted.ts';
import type { SortedMap } from './sorted.ts';

/** How a table's rows are found. */
export interface TableShape<Row> {
  readonly name: string;
  readonly key: (row: Row) => string;
  /** By name: the value under which a row is found, or undefined for none. */
  readonly indexes: Readonly<Record<string, (row: Row) => string | undefined>>;
}

/** The rows that share an indexed value. */
interface Group {
  readonly keys: SortedMap<undefined>;
  /** When one of these rows was last written. */
  readonly index: Index;
}

interface SecondaryIndex<Row> {
  readonly name: string;
  readonly of: (row: Row) => string | undefined;
  readonly groups: SortedMap<Group>;
}

interface TableParts<Row> {
  readonly shape: TableShape<Row>;
  readonly rows: SortedMap<Row>;
  readonly secondary: readonly SecondaryIndex<Row>[];
  readonly marks: Marks;
  readonly lastIndex: Index;
  readonly hash: HashSum;
}

export class Table<Row extends { readonly modifyIndex: Index }> {
  readonly #parts: TableParts<Row>;

  constructor(parts: TableParts<Row>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#parts.rows.size;
  }

  get hash(): HashSum {
    return this.#parts.hash;
  }

  get(key: string): Row | undefined {
    return this.#parts.rows.get(key);
  }

  /** Rows whose keys begin with `prefix`, in the order of keys. */
  values(prefix = ''): Iterable<Row> {
    return this.#parts.rows.values(prefix);
  }

  /** The rows of one group, in the order of keys. */
  *valuesBy(index: string, value: string): Generator<Row> {
    const group = this.#secondary(index).groups.get(value);
    if (group === undefined) return;
    for (const key of group.keys.keys()) {
      const found = this.#parts.rows.get(key);
      assert(found !== undefined, 'T2: an index names only rows that exist');
      yield found;
    }
  }

  /** How many rows a group has. */
  sizeBy(index: string, value: string): number {
    return this.#secondary(index).groups.get(value)?.keys.size ?? 0;
  }

  /** When anything in the table last changed. */
  lastIndex(): Index {
    return this.#parts.lastIndex;
  }

  /** When a row last changed, came or went (T3). */
  indexOfRow(key: string): Index {
    const found = this.#parts.rows.get(key);
    return found?.modifyIndex ?? markedAt(this.#parts.marks, key);
  }

  /** When something in a group last changed, came or went (T3). */
  indexOfGroup(index: string, value: string): Index {
    const gone = markedAt(this.#parts.marks, groupMark(index, value));
    const written = this.#secondary(index).groups.get(value)?.index;
    return written === undefined || gone > written ? gone : written;
  }

  /**
   * When a row whose key begins so last changed, came or went (T3). Costs as much as reading them.
   */
  indexOfPrefix(prefix: string): Index {
    if (prefix === '') return this.lastIndex();
    let index = markedUnder(this.#parts.marks, prefix);
    for (const row of this.values(prefix)) if (row.modifyIndex > index) index = row.modifyIndex;
    return index;
  }

  /** When something last went out of a group, as far as is known. */
  goneFromGroup(index: string, value: string): Index {
    return markedAt(this.#parts.marks, groupMark(index, value));
  }

  /** What a checkpoint must hold besides the rows. */
  get marks(): Marks {
    return this.#parts.marks;
  }

  edit(index: Index): TableEdit<Row> {
    return new TableEdit(this.#parts, index);
  }

  #secondary(name: string): SecondaryIndex<Row> {
    const found = this.#parts.secondary.find((each) => each.name === name);
    assert(found !== undefined, 'only declared indexes are asked for');
    return found;
  }
}

/**
 * A table of rows that are as a checkpoint kept them.
 *
 * Source of T4: the groups' indexes are the highest of their rows, and `marks` tells the rest.
 */
export function restoreTable<Row extends { readonly modifyIndex: Index }>(
  shape: TableShape<Row>,
  rows: Iterable<Row>,
  marks: Marks,
): Table<Row> {
  const edit = emptyTable(shape).edit(0 as Index);
  let lastIndex = marks.floor;
  for (const each of rows) {
    edit.load(each);
    if (each.modifyIndex > lastIndex) lastIndex = each.modifyIndex;
  }
  for (const mark of marks.byName.values()) if (mark.index > lastIndex) lastIndex = mark.index;
  return new Table({ ...edit.close(), marks, lastIndex });
}

export function emptyTable<Row extends { readonly modifyIndex: Index }>(
  shape: TableShape<Row>,
): Table<Row> {
  return new Table<Row>({
    shape,
    rows: sortedMap<Row>(),
    secondary: Object.entries(shape.indexes).map(([name, of]) => ({
      name,
      of,
      groups: sortedMap<Group>(),
    })),
    marks: noMarks(),
    lastIndex: 1 as Index,
    hash: NO_ROWS,
  });
}

/** A group while it is edited; its keys are copied at their first change. */
interface OpenGroup {
  keys: SortedMap<undefined>;
  owned: boolean;
  index: Index;
}

/** The changes of one entry to one table. Used once: `finish` ends it. */
export class TableEdit<Row extends { readonly modifyIndex: Index }> {
  readonly #base: TableParts<Row>;
  readonly #index: Index;
  readonly #seed: number;
  readonly #open: Map<string, OpenGroup>[];
  #rows: SortedMap<Row> | undefined;
  #marks: MarksEdit | undefined;
  #a: number;
  #b: number;

  constructor(base: TableParts<Row>, index: Index) {
    this.#base = base;
    this.#index = index;
    this.#seed = hashSeed(base.shape.name);
    this.#open = base.secondary.map(() => new Map<string, OpenGroup>());
    this.#a = base.hash.a;
    this.#b = base.hash.b;
  }

  get(key: string): Row | undefined {
    return (this.#rows ?? this.#base.rows).get(key);
  }

  /** How many rows a group has by now. */
  sizeBy(index: string, value: string): number {
    const at = this.#base.secondary.findIndex((each) => each.name === index);
    return this.#group(at, value).keys.size;
  }

  /**
   * Rows whose keys begin so as of now, in the order of keys; safe to change the table meanwhile.
   */
  valuesFrom(prefix: string): readonly Row[] {
    return [...(this.#rows ?? this.#base.rows).values(prefix)];
  }

  /** Keys of a group as of now; safe to change the table while going through them. */
  keysBy(index: string, value: string): readonly string[] {
    const at = this.#base.secondary.findIndex((each) => each.name === index);
    return this.#group(at, value).keys.keysArray();
  }

  /** Writes a row; answers the one it replaced. Its `modifyIndex` must be the entry's. */
  put(written: Row): Row | undefined {
    assert(written.modifyIndex === this.#index, 'a row remembers the entry that changed it');
    return this.load(written);
  }

  /** Writes a row whose key is new. Answers false, and writes nothing, where it is not. */
  insert(written: Row): boolean {
    assert(written.modifyIndex === this.#index, 'a row remembers the entry that changed it');
    const key = this.#base.shape.key(written);
    const rows = (this.#rows ??= this.#base.rows.clone());
    if (rows.has(key)) return false;
    rows.set(key, written);
    this.#add(written);
    for (let i = 0; i < this.#base.secondary.length; i++) this.#reindex(i, key, undefined, written);
    return true;
  }

  /** Like `put`, for a row that an earlier entry wrote. */
  load(written: Row): Row | undefined {
    const key = this.#base.shape.key(written);
    const rows = (this.#rows ??= this.#base.rows.clone());
    const before = rows.get(key);
    rows.set(key, written);
    if (before !== undefined) this.#subtract(before);
    this.#add(written);
    for (let i = 0; i < this.#base.secondary.length; i++) this.#reindex(i, key, before, written);
    return before;
  }

  /** Deletes a row; answers it, or undefined where there was none. */
  delete(key: string): Row | undefined {
    const before = this.get(key);
    if (before === undefined) return undefined;
    (this.#rows ??= this.#base.rows.clone()).delete(key);
    this.#subtract(before);
    this.#mark(key);
    for (let i = 0; i < this.#base.secondary.length; i++) {
      this.#reindex(i, key, before, undefined);
    }
    return before;
  }

  finish(): Table<Row> {
    return new Table(this.close());
  }

  /** What the edited table is made of. */
  close(): TableParts<Row> {
    if (this.#rows === undefined) return this.#base;
    return {
      shape: this.#base.shape,
      rows: this.#rows,
      secondary: this.#base.secondary.map((each, i) => this.#closeIndex(each, i)),
      marks: this.#marks?.finish() ?? this.#base.marks,
      lastIndex: this.#index,
      hash: { a: this.#a, b: this.#b },
    };
  }

  #reindex(at: number, key: string, before: Row | undefined, after: Row | undefined): void {
    const secondary = this.#base.secondary[at];
    assert(secondary !== undefined, 'called for each declared index');
    const from = before && secondary.of(before);
    const to = after && secondary.of(after);
    if (from !== undefined && from !== to) {
      this.#own(at, from).keys.delete(key);
      this.#mark(groupMark(secondary.name, from));
    }
    if (to === undefined) return;
    const group = from === to ? this.#group(at, to) : this.#own(at, to);
    if (from !== to) group.keys.set(key, undefined);
    if (after !== undefined && after.modifyIndex > group.index) group.index = after.modifyIndex;
  }

  #own(at: number, value: string): OpenGroup {
    const group = this.#group(at, value);
    if (!group.owned) {
      group.keys = group.keys.clone();
      group.owned = true;
    }
    return group;
  }

  #group(at: number, value: string): OpenGroup {
    const open = this.#open[at];
    const secondary = this.#base.secondary[at];
    assert(open !== undefined && secondary !== undefined, 'only declared indexes are asked for');
    const opened = open.get(value);
    if (opened !== undefined) return opened;
    const stored = secondary.groups.get(value);
    const group: OpenGroup =
      stored === undefined
        ? { keys: sortedMap<undefined>(), owned: true, index: 1 as Index }
        : { keys: stored.keys, owned: false, index: stored.index };
    open.set(value, group);
    return group;
  }

  #closeIndex(secondary: SecondaryIndex<Row>, at: number): SecondaryIndex<Row> {
    const open = this.#open[at];
    if (open === undefined || open.size === 0) return secondary;
    const groups = secondary.groups.clone();
    for (const [value, group] of open) {
      if (group.keys.size === 0) groups.delete(value);
      else groups.set(value, { keys: group.keys, index: group.index });
    }
    return { ...secondary, groups };
  }

  /** Remembers a deletion (T3). */
  #mark(name: string): void {
    (this.#marks ??= new MarksEdit(this.#base.marks, this.#index)).add(name);
  }

  #add(written: Row): void {
    hashRow(this.#seed, written);
    this.#a = (this.#a + lanes.a) | 0;
    this.#b = (this.#b + lanes.b) | 0;
  }

  #subtract(gone: Row): void {
    hashRow(this.#seed, gone);
    this.#a = (this.#a - lanes.a) | 0;
    this.#b = (this.#b - lanes.b) | 0;
  }
}

function groupMark(index: string, value: string): string {
  // No row's key begins with a NUL, so that a prefix of keys never finds a group.
  return `\0${index}/${value}`;
}
