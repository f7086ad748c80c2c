/**
 * The state as rows of a checkpoint, and back.
 *
 * R1: restoring what was kept at an index gives the state at that index: same rows, same hash, same
 *     answers of `indexOf`, same sums.
 *
 * Besides the tables there are two of our own: `marks` (what each table remembers of deletions) and
 * `meta` (the instant of the last entry, and which version of entries they needed). On reading,
 * values that many allocations share on the wire as copies become one object again.
 */
import type { Index, Millis } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { same } from '../../base/same.ts';
import { isTerminal } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Change } from './change.ts';
import { ENTRY_VERSION } from './entry-version.ts';
import { heldStates, heldText } from './held-report.ts';
import { noMarks, restoreMarks } from './marks.ts';
import type { Mark, Marks } from './marks.ts';
import type { Rows } from './rows.ts';
import { sortedMap } from './sorted.ts';
import type { SortedMap } from './sorted.ts';
import { State } from './state.ts';
import type { Derived, JobCounts } from './state.ts';
import { restoreTable } from './table.ts';
import type { Table } from './table.ts';
import { SHAPES, TABLE_NAMES, versionKey } from './tables.ts';
import type { Tables } from './tables.ts';
import { NO_USAGE, UsageEdit } from './usage.ts';
import type { NodeUsage } from './usage.ts';
import { jobKey } from './watch.ts';
import type { TableName } from './watch.ts';

/** A row as a checkpoint keeps it; without a value it is gone. */
export type KeptRow = readonly [table: string, key: string, value: unknown];

const MARKS = 'marks';
const META = 'meta';
const META_KEY = 'state';

/** Whether this build restores rows of such a table. */
export function isKeptTable(name: string): boolean {
  return name === MARKS || name === META || (TABLE_NAMES as readonly string[]).includes(name);
}

interface KeptMeta {
  readonly at: Millis;
  /** Absent: 1. */
  readonly entryVersion?: number;
}

interface KeptMarks {
  readonly floor: Index;
  readonly next: number;
  readonly marks: readonly (readonly [name: string, index: Index, order: number])[];
}

/**
 * What is to be kept of the changes from `before` to `after`, as rows; a value of undefined stands
 * for a deletion. Each key comes once.
 *
 * @param changes all changes between the two, in their order
 */
export function rowsToKeep(
  before: State | undefined,
  after: State,
  changes: Iterable<Change>,
): readonly KeptRow[] {
  const rows = new Map<string, KeptRow>();
  for (const { table, key, after: value } of changes) {
    rows.set(`${table}\0${key}`, [table, key, value]);
  }
  const kept: KeptRow[] = [...rows.values()];
  for (const name of TABLE_NAMES) {
    const { marks } = after.tables[name];
    if (marks !== before?.tables[name].marks) kept.push([MARKS, name, keptMarks(marks)]);
  }
  kept.push([META, META_KEY, keptMeta(after)]);
  return kept;
}

/** Every row of a state, as for a checkpoint that begins empty. */
export function* allRows(state: State): Generator<KeptRow> {
  for (const name of TABLE_NAMES) {
    const key = SHAPES[name].key as (row: object) => string;
    for (const value of state.tables[name].values()) yield [name, key(value), value];
    yield [MARKS, name, keptMarks(state.tables[name].marks)];
  }
  yield [META, META_KEY, keptMeta(state)];
}

/**
 * The state that was kept (R1).
 *
 * Fails: `unsupported` a later build made it, out of entries or with rows that this one does not
 * understand: what it would make of the entries that follow would be another state.
 */
export function restoreState(index: Index, rows: Iterable<KeptRow>): State {
  const found = new Map<string, unknown[]>(TABLE_NAMES.map((name) => [name, []]));
  const marks = new Map<string, Marks>();
  const sharing = new Sharing();
  let meta: KeptMeta = { at: 0 as Millis };
  for (const [table, key, value] of rows) {
    if (table === META) meta = value as KeptMeta;
    else if (table === MARKS) marks.set(key, readMarks(value as KeptMarks));
    else {
      const list = found.get(table);
      if (list === undefined) throw laterBuilds(`"${table}"`);
      list.push(table === 'allocs' ? sharing.alloc(value as Alloc) : value);
    }
  }
  const { at, entryVersion = 1 } = meta;
  if (entryVersion > ENTRY_VERSION) throw laterBuilds(`entries of version ${entryVersion}`);
  const tables = Object.fromEntries(
    TABLE_NAMES.map((name) => [name, readTable(name, found.get(name), marks.get(name))]),
  ) as unknown as Tables;
  return new State({ index, at, entryVersion, tables, derived: derive(tables) });
}

function keptMeta({ at, entryVersion }: State): KeptMeta {
  return { at, entryVersion };
}

function laterBuilds(what: string): Failure {
  const message = `the state holds ${what}, which a later build knows: upgrade this server`;
  return new Failure('unsupported', message);
}

/** The sums over the tables, counted anew. */
export function derive(tables: Tables): Derived {
  const usage = new Map<string, UsageEdit>();
  const counts = new Map<string, { live: number; open: number }>();
  const versions = new Map<string, number>();
  const countsOf = (key: string): { live: number; open: number } => {
    let found = counts.get(key);
    if (found === undefined) counts.set(key, (found = { live: 0, open: 0 }));
    return found;
  };
  for (const alloc of tables.allocs.values()) {
    const key = jobKey(alloc.namespace, alloc.jobId);
    const version = versionKey(key, alloc.jobVersion);
    versions.set(version, (versions.get(version) ?? 0) + 1);
    if (isTerminal(alloc)) continue;
    countsOf(key).live += 1;
    let node = usage.get(alloc.nodeId);
    if (node === undefined) usage.set(alloc.nodeId, (node = new UsageEdit(NO_USAGE)));
    node.add(alloc);
  }
  for (const each of tables.evals.values()) {
    const isOpen = each.status === 'pending' || each.status === 'blocked';
    if (isOpen) countsOf(jobKey(each.namespace, each.jobId)).open += 1;
  }
  return {
    usage: sorted<UsageEdit, NodeUsage>(usage, (node) => node.finish()),
    jobCounts: sorted<JobCounts, JobCounts>(counts, (each) => each),
    versionUse: sorted<number, number>(versions, (each) => each),
  };
}

function sorted<Open, V>(open: ReadonlyMap<string, Open>, close: (o: Open) => V): SortedMap<V> {
  const map = sortedMap<V>();
  for (const [key, value] of open) map.set(key, close(value));
  return map;
}

function readTable<Name extends TableName>(
  name: Name,
  rows: readonly unknown[] | undefined,
  marks: Marks | undefined,
): Table<Rows[Name]> {
  const restore = restoreTable as (...parts: readonly unknown[]) => unknown;
  return restore(SHAPES[name], rows ?? [], marks ?? noMarks()) as Table<Rows[Name]>;
}

function keptMarks(marks: Marks): KeptMarks {
  return {
    floor: marks.floor,
    next: marks.next,
    marks: Array.from(marks.byName.entries(), ([name, { index, order }]) => [name, index, order]),
  };
}

function readMarks({ floor, next, marks }: KeptMarks): Marks {
  const named = marks.map(([name, index, order]): [string, Mark] => [name, { index, order }]);
  return restoreMarks(named, floor, next);
}

/** Makes one object again of equal ones that rows in succession hold. */
class Sharing {
  readonly #texts = new Map<string, string>();
  readonly #values = new Map<string, object>();

  alloc(alloc: Alloc): Alloc {
    return {
      ...alloc,
      evalId: this.#text(alloc.evalId),
      namespace: this.#text(alloc.namespace),
      jobId: this.#text(alloc.jobId),
      nodeId: this.#text(alloc.nodeId),
      nodeName: this.#text(alloc.nodeName),
      group: this.#text(alloc.group),
      resources: this.#value(`r/${alloc.jobId}/${alloc.group}`, alloc.resources),
      metrics: this.#value(`m/${alloc.evalId}/${alloc.group}`, alloc.metrics),
      clientStatus: heldText(alloc.clientStatus),
      clientDescription: heldText(alloc.clientDescription),
      taskStates: heldStates(alloc.taskStates),
    };
  }

  #text<T extends string>(text: T): T {
    const known = this.#texts.get(text);
    if (known !== undefined) return known as T;
    this.#texts.set(text, text);
    return text;
  }

  #value<T extends object>(place: string, value: T): T {
    const known = this.#values.get(place);
    if (known !== undefined && same(known, value)) return known as T;
    this.#values.set(place, value);
    return value;
  }
}
