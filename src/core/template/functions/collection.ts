/** Functions of lists and maps: membership, loops, grouping, and nested maps out of flat ones. */
import { TEMPLATE_ELEMENTS_MAX, TEMPLATE_VALUE_DEPTH_MAX } from '../../limits.ts';
import { parseInteger } from '../literal.ts';
import { quote } from '../print.ts';
import {
  dictAt,
  fail,
  listAt,
  textAt,
  type FunctionTable,
  type Run,
  type TemplateFunction,
} from '../function.ts';
import { Dict, isList, Struct, typeName, type List, type Value } from '../value.ts';
import { keyPairAt } from './shapes.ts';

const membership = (
  of: (has: (needle: Value) => boolean, needles: List) => boolean,
): TemplateFunction =>
  define(['list', 'any'], ([needles, within], run) => {
    const list = isList(needles) ? needles : [];
    run.charge(list.length * (isList(within) ? within.length : 1));
    return of((needle) => isIn(within, needle), list);
  });

export const COLLECTION: FunctionTable = new Map<string, TemplateFunction>([
  ['in', define(['any', 'any'], ([within, needle], run) => isInCharged(within, needle, run))],
  ['contains', define(['any', 'any'], ([needle, within], run) => isInCharged(within, needle, run))],
  ['containsAll', membership((has, needles) => needles.every(has))],
  ['containsAny', membership((has, needles) => needles.some(has))],
  ['containsNone', membership((has, needles) => !needles.some(has))],
  ['containsNotAll', membership((has, needles) => !needles.every(has))],
  ['loop', { params: [], rest: 'any', call: loop }],
  ['explode', define(['list'], (args, run) => explode(listAt(args, 0), run))],
  ['explodeMap', define(['map'], (args, run) => explodeEntries(dictAt(args, 0).entries, run))],
  ['mergeMap', define(['map', 'map'], (args, run) => merge(args, run, false))],
  ['mergeMapWithOverride', define(['map', 'map'], (args, run) => merge(args, run, true))],
  ['byKey', define(['list'], (args, run) => byKey(listAt(args, 0), run))],
  ['byTag', define(['any'], ([services], run) => byTag(services, run))],
  [
    'byMeta',
    define(['string', 'list'], (args, run) => byMeta(textAt(args, 0), listAt(args, 1), run)),
  ],
]);

function define(
  params: readonly ('any' | 'list' | 'map' | 'string')[],
  call: (args: readonly Value[], run: Run) => Value,
): TemplateFunction {
  return { params, call };
}

function isInCharged(within: Value, needle: Value, run: Run): boolean {
  run.charge(isList(within) ? within.length : 1);
  return isIn(within, needle);
}

/** Membership by value; in a text, whether the other text stands in it. */
function isIn(within: Value, needle: Value): boolean {
  if (typeof within === 'string') return typeof needle === 'string' && within.includes(needle);
  if (isList(within)) return within.some((item) => item === needle);
  return within instanceof Dict && typeof needle === 'string' && within.entries.has(needle);
}

/** Numbers from the first up to, but not with, the second; from 0 with one argument. */
function loop(args: readonly Value[], run: Run): Value {
  if (args.length < 1 || args.length > 2) {
    const count = `expected 1 or 2, but got ${args.length}`;
    return fail(`loop: wrong number of arguments, ${count}`);
  }
  const bounds = args.map(whole);
  const from = args.length === 1 ? 0n : (bounds[0] ?? 0n);
  const to = bounds[bounds.length - 1] ?? 0n;
  if (to - from > BigInt(TEMPLATE_ELEMENTS_MAX)) {
    return fail(`loop: more than ${TEMPLATE_ELEMENTS_MAX} numbers`);
  }
  const count = Math.max(0, Number(to - from));
  run.charge(count);
  return Array.from({ length: count }, (_, i) => from + BigInt(i));
}

function whole(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  const parsed = typeof value === 'string' ? parseInteger(value) : undefined;
  return parsed ?? fail(`loop: bad argument type: ${typeName(value)}`);
}

/** A nested map out of key pairs: `a/b` becomes `.a.b`. */
function explode(pairs: List, run: Run): Dict {
  const entries = pairs.map((pair) => {
    const { key, value } = keyPairAt(pair) ?? fail(`explode: not a key pair: ${typeName(pair)}`);
    return [key, value] as const;
  });
  return explodeEntries(entries, run);
}

function explodeEntries(entries: Iterable<readonly [string, Value]>, run: Run): Dict {
  const root = new Dict();
  for (const [path, value] of entries) {
    const names = path.split('/');
    const last = names.pop() ?? '';
    run.charge(names.length + 1);
    if (names.length > TEMPLATE_VALUE_DEPTH_MAX) fail(`the key ${quote(path)} is too deep`);
    const inner = names.reduce((dict, name) => below(dict, name, path), root);
    if (last !== '') inner.entries.set(last, value);
  }
  return root;
}

function below(dict: Dict, name: string, path: string): Dict {
  const value = dict.entries.get(name);
  if (value instanceof Dict) return value;
  if (dict.entries.has(name)) {
    const shown = typeof value === 'string' ? quote(value) : typeName(value);
    return fail(`not a map: ${quote(path)}: ${quote(name)} already has value ${shown}`);
  }
  const inner = new Dict();
  dict.entries.set(name, inner);
  return inner;
}

/** The first map with what it lacks from the second, or with all of the second over it. */
function merge(args: readonly Value[], run: Run, override: boolean): Dict {
  return mergeInto(dictAt(args, 0), dictAt(args, 1), { run, override, depth: 0 });
}

function mergeInto(
  base: Dict,
  other: Dict,
  how: Readonly<{ run: Run; override: boolean; depth: number }>,
): Dict {
  if (how.depth > TEMPLATE_VALUE_DEPTH_MAX) fail('the map is nested too deep');
  how.run.charge(base.entries.size + other.entries.size);
  const merged = new Dict(base.entries, { zero: base.zero });
  for (const [key, value] of other.entries) {
    const before = merged.entries.get(key);
    if (before instanceof Dict && value instanceof Dict) {
      merged.entries.set(key, mergeInto(before, value, { ...how, depth: how.depth + 1 }));
    } else if (how.override || before === undefined || before === null || before === '') {
      merged.entries.set(key, value);
    }
  }
  return merged;
}

/** Key pairs by the first part of their keys, and then by the rest. */
function byKey(pairs: List, run: Run): Dict {
  run.charge(pairs.length);
  const groups = new Dict([], { typeName: 'map[string]map[string]*dependency.KeyPair' });
  for (const item of pairs) {
    const pair = keyPairAt(item) ?? fail(`byKey: not a key pair: ${typeName(item)}`);
    const slash = pair.key.indexOf('/');
    if (slash < 0) continue;
    const top = pair.key.slice(0, slash);
    const rest = pair.key.slice(slash + 1);
    const group = groups.entries.get(top);
    const inner = group instanceof Dict ? group : new Dict();
    inner.entries.set(rest, pair.withKey(rest));
    groups.entries.set(top, inner);
  }
  return groups;
}

/** Services by each of their tags. */
function byTag(services: Value, run: Run): Dict {
  const list = isList(services) ? services : fail(`byTag: wrong type ${typeName(services)}`);
  const groups = new Map<string, Value[]>();
  for (const service of list) {
    const tags = service instanceof Struct ? service.field('Tags') : undefined;
    run.charge(1);
    for (const tag of isList(tags) ? tags : [])
      put(groups, typeof tag === 'string' ? tag : '', service);
  }
  return new Dict(groups);
}

/** Services by values of their metadata, joined with `_`; `name|int` pads numbers to sort them. */
function byMeta(names: string, services: List, run: Run): Dict {
  const groups = new Map<string, Value[]>();
  for (const service of services) {
    run.charge(1);
    const meta = service instanceof Struct ? service.field('ServiceMeta') : undefined;
    const values = names.split(',').map((part) => {
      const [name = '', kind] = part.split('|');
      const value = meta instanceof Dict ? meta.entries.get(name) : undefined;
      const text = typeof value === 'string' ? value : '';
      if (kind !== 'int') return text;
      return /^[+-]?\d+$/.test(text) ? text.padStart(5, '0') : fail(`byMeta: not an int: ${text}`);
    });
    put(groups, values.join('_'), service);
  }
  return new Dict(groups);
}

function put(groups: Map<string, Value[]>, key: string, value: Value): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
