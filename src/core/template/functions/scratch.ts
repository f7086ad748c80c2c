/** `scratch`: values that a template keeps for itself while it is rendered. */
import {
  fail,
  textAt,
  type FunctionTable,
  type Method,
  type TemplateFunction,
} from '../function.ts';
import { quote } from '../print.ts';
import { Dict, structOf, type Value } from '../value.ts';

type Pad = Map<string, Value>;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['Key', { params: ['string'], call: (pad: Pad, args) => pad.has(textAt(args, 0)) }],
  ['Get', { params: ['string'], call: (pad: Pad, args) => pad.get(textAt(args, 0)) }],
  ['Set', { params: ['string', 'any'], call: (pad: Pad, args) => set(pad, args, true) }],
  ['SetX', { params: ['string', 'any'], call: (pad: Pad, args) => set(pad, args, false) }],
  [
    'MapSet',
    { params: ['string', 'string', 'any'], call: (pad: Pad, args) => mapSet(pad, args, true) },
  ],
  [
    'MapSetX',
    { params: ['string', 'string', 'any'], call: (pad: Pad, args) => mapSet(pad, args, false) },
  ],
  ['MapValues', { params: ['string'], call: (pad: Pad, args) => mapValues(pad, textAt(args, 0)) }],
]);

const wrap = structOf<Pad>('template.Scratch', {}, { methods: METHODS });

/** An empty one, for one rendering. */
export function newScratch(): Value {
  return wrap(new Map());
}

export const SCRATCH: FunctionTable = new Map<string, TemplateFunction>([
  ['scratch', { params: [], call: (_, run) => run.scratch }],
]);

/** All answer an empty text, as they stand in actions. */
function set(pad: Pad, args: readonly Value[], overwrite: boolean): string {
  const name = textAt(args, 0);
  if (overwrite || !pad.has(name)) pad.set(name, args[1]);
  return '';
}

function mapSet(pad: Pad, args: readonly Value[], overwrite: boolean): string {
  const map = mapAt(pad, textAt(args, 0)) ?? new Dict();
  pad.set(textAt(args, 0), map);
  const key = textAt(args, 1);
  if (overwrite || !map.entries.has(key)) map.entries.set(key, args[2]);
  return '';
}

function mapValues(pad: Pad, name: string): Value {
  const map = mapAt(pad, name);
  return map === undefined ? [] : map.keys().map((key) => map.entries.get(key));
}

function mapAt(pad: Pad, name: string): Dict | undefined {
  const value = pad.get(name);
  if (value === undefined || value instanceof Dict) return value;
  return fail(`${quote(name)} is not a map`);
}
