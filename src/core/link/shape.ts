/**
 * Whether a value of a stranger has the shape that the model wants, without copying it.
 *
 * A peer that holds the key may still be of another build, or broken: what it sends becomes part of
 * entries, where a wrong shape would be a bug of ours. What the model does not know is left alone,
 * as a newer build may say more.
 */

/** Answers what is wrong with a value, with its place; undefined: nothing. */
export interface Shape<T> {
  (value: unknown): string | undefined;
  /** Never set: ties the shape to the type that it stands for. */
  readonly of?: ((value: T) => void) | undefined;
}

/** One that may be absent. */
export interface OptionalShape<T> {
  readonly optional: Shape<T>;
}

type FieldsOf<T> = {
  readonly [K in keyof T]-?: undefined extends T[K]
    ? OptionalShape<Exclude<T[K], undefined>>
    : Shape<T[K]>;
};

/** Characters of any one text: a check's longest output is the longest there is. */
const TEXT_MAX = 128 * 1024;
/** Elements of any one list, and pairs of any one record. */
const ELEMENTS_MAX = 20_000;

export const text: Shape<string> = (value) => {
  if (typeof value !== 'string') return 'is no text';
  return value.length > TEXT_MAX ? `is longer than ${TEXT_MAX} characters` : undefined;
};

export const count: Shape<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : 'is no number';

export const flag: Shape<boolean> = (value) =>
  typeof value === 'boolean' ? undefined : 'is neither true nor false';

export const bytes: Shape<Uint8Array> = (value) =>
  value instanceof Uint8Array ? undefined : 'is no bytes';

/** A text with a meaning of its own: an id. */
export function branded<T extends string>(): Shape<T> {
  return text;
}

/** A number with a meaning of its own: an instant, an index. */
export function brandedCount<T extends number>(): Shape<T> {
  return count;
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  const known: ReadonlySet<unknown> = new Set(allowed);
  return (value) => (known.has(value) ? undefined : `is none of ${allowed.join(', ')}`);
}

export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { optional: shape };
}

export function list<T>(element: Shape<T>, max = ELEMENTS_MAX): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return 'is no list';
    if (value.length > max) return `has more than ${max} elements`;
    for (const [i, each] of value.entries()) {
      const problem = element(each);
      if (problem !== undefined) return `[${i}]${within(problem)}`;
    }
    return undefined;
  };
}

export function record<T>(element: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isRecord(value)) return 'is no record';
    const pairs = Object.entries(value);
    if (pairs.length > ELEMENTS_MAX) return `has more than ${ELEMENTS_MAX} pairs`;
    for (const [key, each] of pairs) {
      const problem = element(each);
      if (problem !== undefined) return `.${key.slice(0, KEY_SHOWN_MAX)}${within(problem)}`;
    }
    return undefined;
  };
}

/** Anything that is written as it came. */
export const anyRecord: Shape<Readonly<Record<string, unknown>>> = record(() => undefined);

export function object<T extends object>(fields: FieldsOf<T>): Shape<T> {
  const shapes = Object.entries(fields as Readonly<Record<string, AnyShape>>);
  return (value) => {
    if (!isRecord(value)) return 'is no object';
    for (const [name, shape] of shapes) {
      const field = value[name];
      const isOptional = 'optional' in shape;
      if (isOptional && field === undefined) continue;
      const problem = isOptional ? shape.optional(field) : shape(field);
      if (problem !== undefined) return `.${name}${within(problem)}`;
    }
    return undefined;
  };
}

type AnyShape = Shape<unknown> | OptionalShape<unknown>;

const KEY_SHOWN_MAX = 64;

/** A place goes on in the next one, words stand apart. */
function within(problem: string): string {
  return /^[.[]/.test(problem) ? problem : ` ${problem}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
