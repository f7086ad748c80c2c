/**
 * Values of the template language, typed as Go has them where it shows: whole numbers are `bigint`,
 * floating ones `number`, so that `printf "%d"` and `eq` tell `1` from `1.0`.
 *
 * V1: `undefined` is no value at all (`<no value>`); `null` is Go's nil inside a collection.
 */

export type Value = undefined | null | boolean | bigint | number | string | List | Dict | Struct;

export type List = readonly Value[];

/** What a parameter takes. `int` takes whole numbers only, `float` also converts constants. */
export type Param = 'any' | 'string' | 'int' | 'float' | 'bool' | 'list' | 'map';

/** A method as values hold it; `function.ts` says what it may use. */
export type Callable = Readonly<{
  params: readonly Param[];
  rest?: Param;
  call: (self: never, args: readonly Value[], run: never) => Value;
}>;

/** A map with text keys. Filled by whoever makes it; `zero` is what `index` gives for no entry. */
export class Dict {
  readonly entries: Map<string, Value>;
  readonly zero: Value;
  readonly typeName: string;
  /** Methods that templates may call on it besides naming its keys. */
  readonly methods: ReadonlyMap<string, Callable> | undefined;

  constructor(
    entries: Iterable<readonly [string, Value]> = [],
    options: {
      readonly zero?: Value;
      readonly typeName?: string;
      readonly methods?: ReadonlyMap<string, Callable>;
    } = {},
  ) {
    this.entries = new Map(entries);
    this.zero = options.zero;
    this.typeName = options.typeName ?? 'map[string]interface {}';
    this.methods = options.methods;
  }

  /** Keys in the order in which templates see them. */
  keys(): string[] {
    return [...this.entries.keys()].sort(compareTexts);
  }
}

/** What a struct is: its fields in order, each read out of the raw thing behind it when asked. */
export type StructType = Readonly<{
  name: string;
  fields: ReadonlyMap<string, (raw: never) => Value>;
  methods?: ReadonlyMap<string, Callable>;
  /** How it prints, if not as its fields (Go's `String` method). */
  text?: (raw: never) => string;
}>;

/** A value with fixed fields, such as an instance of a service. Read when asked, not before. */
export class Struct {
  readonly type: StructType;
  readonly #raw: unknown;

  constructor(type: StructType, raw: unknown) {
    this.type = type;
    this.#raw = raw;
  }

  /** The value of a field that the type has. */
  field(name: string): Value {
    const read = this.type.fields.get(name);
    return read === undefined ? undefined : read(this.#raw as never);
  }

  text(): string | undefined {
    return this.type.text?.(this.#raw as never);
  }

  /** Calls a method that the type has. */
  invoke(method: Callable, args: readonly Value[], run: unknown): Value {
    return method.call(this.#raw as never, args, run as never);
  }
}

/** Defines a struct; the result wraps raw things into values. */
export function structOf<Raw>(
  name: string,
  fields: Readonly<Record<string, (raw: Raw) => Value>>,
  more: {
    readonly text?: (raw: Raw) => string;
    readonly methods?: ReadonlyMap<string, Callable>;
  } = {},
): (raw: Raw) => Struct {
  const type: StructType = { name, fields: new Map(Object.entries(fields)), ...more };
  return (raw) => new Struct(type, raw);
}

/** A map of texts, as the metadata of nodes and services is. */
export function textDict(entries: Readonly<Record<string, string>>): Dict {
  return new Dict(Object.entries(entries), { zero: '', typeName: 'map[string]string' });
}

export function isList(value: Value): value is List {
  return Array.isArray(value);
}

/** Whether `if` and `with` take it for true: Go's rule, by which zero, empty and nil are not. */
export function isTruthy(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (value instanceof Dict) return value.entries.size > 0;
  if (value instanceof Struct) return true;
  // Not a number is true, as in Go.
  if (typeof value === 'number') return value !== 0;
  return Boolean(value);
}

/** Go's name of the value's type, for messages and `%T`. */
export function typeName(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (isList(value)) return listTypeName(value);
  if (value instanceof Dict) return value.typeName;
  if (value instanceof Struct) return `*${value.type.name}`;
  return SCALARS[typeof value] ?? 'unknown';
}

const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'bool',
  bigint: 'int',
  number: 'float64',
  string: 'string',
};

/** Orders texts as Go does, by their bytes. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function listTypeName(list: List): string {
  const [first] = list;
  if (first === undefined || first === null) return '[]interface {}';
  const kind = typeName(first);
  const same = typeof first !== 'object' || first instanceof Struct;
  return same && list.every((item) => typeName(item) === kind) ? `[]${kind}` : '[]interface {}';
}
