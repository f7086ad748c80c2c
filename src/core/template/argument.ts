/** Which values a parameter takes. */
import { Dict, isList, Struct, type Param, type Value } from './value.ts';

type Taken = Readonly<{ value: Value }> | undefined;

/** Nothing stands for an empty list or map. */
const TAKES: Readonly<Record<Param, (value: Value) => Taken>> = {
  any: (value) => ({ value }),
  string: textOf,
  int: (value) => (typeof value === 'bigint' ? { value } : undefined),
  float: (value) => (typeof value === 'number' ? { value } : undefined),
  bool: (value) => (typeof value === 'boolean' ? { value } : undefined),
  list: (value) => (isList(value ?? []) ? { value: value ?? [] } : undefined),
  map: (value) => {
    const map = value ?? new Dict();
    return map instanceof Dict ? { value: map } : undefined;
  },
};

/** The value as the parameter takes it; undefined if it does not. */
export function convertArgument(value: Value, param: Param): Taken {
  return TAKES[param](value);
}

/** A text, or something that prints as one, such as an item of a variable. */
function textOf(value: Value): Taken {
  if (typeof value === 'string') return { value };
  const text = value instanceof Struct ? value.text() : undefined;
  return text === undefined ? undefined : { value: text };
}
