/**
 * The difference of two objects of the wire, told by a table that says of what an object consists.
 *
 * F1: fields are sorted by name; of an object that changed, unchanged fields are shown too
 *     (`None`), so that a reader sees what they belong to.
 * F2: an object that did not change is no difference.
 */
import type { Json, JsonObject } from '../../base/json.ts';
import { isObject } from '../codec/codec.ts';

export type DiffType = 'None' | 'Added' | 'Deleted' | 'Edited';

export interface FieldDiff {
  readonly Type: DiffType;
  readonly Name: string;
  readonly Old: string;
  readonly New: string;
  readonly Annotations: readonly string[] | null;
}

export interface ObjectDiff {
  readonly Type: DiffType;
  readonly Name: string;
  readonly Fields: readonly FieldDiff[] | null;
  readonly Objects: readonly ObjectDiff[] | null;
}

/** What an object is called in a difference, and what is inside it. */
export interface ObjectSpec {
  readonly name: string;
  /** Fields that do not matter. */
  readonly skip?: readonly string[];
  /** Fields told only where one side has them: recorded differences do not know them. */
  readonly quiet?: readonly string[];
  /** Fields with a meaning of their own when empty. */
  readonly defaults?: Readonly<Record<string, string>>;
  readonly parts?: readonly Part[];
}

/**
 * A composite field. `object`: another object. `set`: objects without identity, told as added and
 * deleted. `named`: objects matched by one of their fields. `texts`: a set of texts. `tree`:
 * free-form configuration.
 */
export type Part =
  | Readonly<{ is: 'object'; key: string; spec: ObjectSpec }>
  | Readonly<{ is: 'set'; key: string; spec: ObjectSpec }>
  | Readonly<{ is: 'named'; key: string; by: string; spec: ObjectSpec }>
  | Readonly<{ is: 'texts'; key: string }>
  | Readonly<{ is: 'tree'; key: string }>;

type Side = JsonObject | undefined;

/** Fields that hold free maps of texts rather than objects. */
const MAPS = new Set([
  'Meta',
  'Env',
  'CanaryMeta',
  'GetterOptions',
  'GetterHeaders',
  'TaggedAddresses',
]);

/** Compares two objects; `undefined` when they do not differ. */
export function objectDiff(spec: ObjectSpec, before: Side, after: Side): ObjectDiff | undefined {
  if (before === undefined && after === undefined) return undefined;
  const changed = fieldDiffs(spec, before, after, false);
  const objects = partDiffs(spec.parts ?? [], before, after);
  const type = sideType(before, after, changed.length > 0 || objects.length > 0);
  if (type === 'None') return undefined;
  const fields = fieldDiffs(spec, before, after, true);
  return { Type: type, Name: spec.name, Fields: orNull(fields), Objects: orNull(objects) };
}

/** The kind of a difference between two sides, at least one of which is there. */
export function sideType(before: Side, after: Side, changed: boolean): DiffType {
  if (before === undefined) return 'Added';
  if (after === undefined) return 'Deleted';
  return changed ? 'Edited' : 'None';
}

/** Compares the plain fields of two objects. With `context`, unchanged ones are told too. */
export function fieldDiffs(
  spec: ObjectSpec,
  before: Side,
  after: Side,
  context: boolean,
): readonly FieldDiff[] {
  return mapDiffs(flatten(spec, before), flatten(spec, after), context, new Set(spec.quiet));
}

/** Compares composite fields. */
export function partDiffs(
  parts: readonly Part[],
  before: Side,
  after: Side,
): readonly ObjectDiff[] {
  const diffs = parts.flatMap((part) => partDiff(part, before?.[part.key], after?.[part.key]));
  return diffs.sort((a, b) => compare(a.Name, b.Name) || compare(a.Type, b.Type));
}

function partDiff(
  part: Part,
  before: Json | undefined,
  after: Json | undefined,
): readonly ObjectDiff[] {
  switch (part.is) {
    case 'object':
      return present(objectDiff(part.spec, asObject(before), asObject(after)));
    case 'set':
      return setDiffs(part.spec, asObjects(before), asObjects(after));
    case 'named':
      return namedDiffs(part.spec, part.by, asObjects(before), asObjects(after));
    case 'texts':
      return present(textsDiff(part.key, asTexts(before), asTexts(after)));
    case 'tree':
      return present(treeDiff(part.key, asObject(before), asObject(after)));
  }
}

function setDiffs(
  spec: ObjectSpec,
  before: readonly JsonObject[],
  after: readonly JsonObject[],
): readonly ObjectDiff[] {
  const old = new Map(before.map((one) => [JSON.stringify(one), one]));
  const now = new Map(after.map((one) => [JSON.stringify(one), one]));
  const added = [...now].filter(([key]) => !old.has(key)).map(([, one]) => one);
  const deleted = [...old].filter(([key]) => !now.has(key)).map(([, one]) => one);
  return [
    ...added.flatMap((one) => present(objectDiff(spec, undefined, one))),
    ...deleted.flatMap((one) => present(objectDiff(spec, one, undefined))),
  ];
}

function namedDiffs(
  spec: ObjectSpec,
  by: string,
  before: readonly JsonObject[],
  after: readonly JsonObject[],
): readonly ObjectDiff[] {
  const old = new Map(before.map((one) => [text(one[by]), one]));
  const now = new Map(after.map((one) => [text(one[by]), one]));
  const names = [...new Set([...old.keys(), ...now.keys()])].sort(compare);
  return names.flatMap((name) => present(objectDiff(spec, old.get(name), now.get(name))));
}

function textsDiff(
  name: string,
  before: readonly string[],
  after: readonly string[],
): ObjectDiff | undefined {
  const old = new Set(before);
  const now = new Set(after);
  const fields = [...new Set([...before, ...after])].sort(compare).map((value): FieldDiff => {
    const type = old.has(value) ? (now.has(value) ? 'None' : 'Deleted') : 'Added';
    const sides = { Old: old.has(value) ? value : '', New: now.has(value) ? value : '' };
    return { Type: type, Name: name, ...sides, Annotations: null };
  });
  if (fields.every((field) => field.Type === 'None')) return undefined;
  const type = before.length === 0 ? 'Added' : after.length === 0 ? 'Deleted' : 'Edited';
  return { Type: type, Name: name, Fields: fields, Objects: null };
}

function treeDiff(name: string, before: Side, after: Side): ObjectDiff | undefined {
  const old = flattenTree(before);
  const now = flattenTree(after);
  if (mapDiffs(old, now, false, NONE).length === 0) return undefined;
  const type = old.size === 0 ? 'Added' : now.size === 0 ? 'Deleted' : 'Edited';
  return { Type: type, Name: name, Fields: orNull(mapDiffs(old, now, true, NONE)), Objects: null };
}

const NONE: ReadonlySet<string> = new Set();

function mapDiffs(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  context: boolean,
  quiet: ReadonlySet<string>,
): readonly FieldDiff[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compare);
  const out: FieldDiff[] = [];
  for (const name of names) {
    const old = before.get(name) ?? '';
    const now = after.get(name) ?? '';
    const told =
      old === now ? context && !(quiet.has(name) && isZero(old)) : !quietly(name, old, now, quiet);
    if (!told) continue;
    const type = old === now ? 'None' : old === '' ? 'Added' : now === '' ? 'Deleted' : 'Edited';
    out.push({ Type: type, Name: name, Old: old, New: now, Annotations: null });
  }
  return out;
}

function quietly(name: string, old: string, now: string, quiet: ReadonlySet<string>): boolean {
  return quiet.has(name) && isZero(old) && isZero(now);
}

function isZero(value: string): boolean {
  return value === '' || value === '0' || value === 'false';
}

function flatten(spec: ObjectSpec, side: Side): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const [name, value] of Object.entries(side ?? {})) {
    if (spec.skip?.includes(name) === true) continue;
    if (isObject(value) && MAPS.has(name)) {
      for (const [key, item] of Object.entries(value)) out.set(`${name}[${key}]`, text(item));
    } else if (typeof value !== 'object') {
      const said = text(value);
      out.set(name, said === '' ? (spec.defaults?.[name] ?? '') : said);
    }
  }
  return out;
}

/** Deeper configuration than this is refused at the door. */
function flattenTree(side: Side): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  const visit = (prefix: string, value: Json | undefined): void => {
    if (Array.isArray(value)) {
      value.forEach((item: Json, i) => visit(`${prefix}[${i}]`, item));
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        visit(prefix === '' ? key : `${prefix}[${key}]`, item);
      }
    } else if (prefix !== '' && value !== undefined && value !== null) {
      out.set(prefix, text(value));
    }
  };
  visit('', side);
  return out;
}

function text(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Byte order, as Go sorts. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function asObject(value: Json | undefined): Side {
  return isObject(value) ? value : undefined;
}

/** A list of objects, or the values of a map of them. */
function asObjects(value: Json | undefined): readonly JsonObject[] {
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return items.filter(isObject) as readonly JsonObject[];
}

function asTexts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map((item: Json) => text(item)) : [];
}

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}

/** Go writes an empty list as null. */
export function orNull<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items;
}
