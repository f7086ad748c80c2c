/** Drafts laid over defaults. */
import type { Draft } from '../model/draft.ts';

/**
 * The defaults, each replaced by what was written, if anything was. For flat records: a nested
 * record that was written replaces the default's whole.
 */
export function fill<T extends object>(defaults: T, written: Draft<NoInfer<T>> | undefined): T {
  return { ...defaults, ...defined(written) };
}

/** The record without fields that are undefined. */
export function defined<T extends object>(record: T | undefined): Partial<T> {
  const entries = Object.entries(record ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

/** What was written, each field by the last that has it; undefined if nobody wrote anything. */
export function overlay<T extends object>(...written: readonly (T | undefined)[]): T | undefined {
  const some = written.filter((each) => each !== undefined);
  return some.length === 0 ? undefined : (Object.assign({}, ...some.map(defined)) as T);
}

/** The field if there is a value for it, else nothing: for what a finished value may lack. */
export function given<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
}

/** What `make` makes of a value, if there is one. */
export function ifGiven<From, To>(
  value: From | undefined,
  make: (value: From) => To,
): To | undefined {
  return value === undefined ? undefined : make(value);
}
