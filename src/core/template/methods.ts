/** Methods that values have, besides those of their own type: `.Tags.Contains "x"`. */
import { textAt, type Method } from './function.ts';
import { Dict, isList, Struct, type Callable, type List, type Value } from './value.ts';

/** Of lists. */
const LIST_METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['Contains', { params: ['string'], call: (list: List, args) => list.includes(textAt(args, 0)) }],
]);

/** The method of that name; undefined if the value has none. */
export function methodOf(value: Value, name: string): Callable | undefined {
  if (isList(value)) return LIST_METHODS.get(name);
  if (value instanceof Dict) return value.methods?.get(name);
  return value instanceof Struct ? value.type.methods?.get(name) : undefined;
}
