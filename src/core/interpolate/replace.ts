/**
 * Puts values in the place of `${name}` in what a job's author wrote.
 *
 * P1: one pass: what a value contains is never looked at again.
 * P2: a name that means nothing stays as it was written, so that a shell may still make sense of
 *     it.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/runtime/interpolation
 */
import type { Json, JsonObject } from '../../base/json.ts';

/** What a name stands for; undefined: nothing. */
export type Lookup = (name: string) => string | undefined;

/** Replaces each `${name}` that `lookup` knows (P1, P2). */
export function interpolate(text: string, lookup: Lookup): string {
  if (!text.includes('${')) return text;
  return text.replace(/\$\{([^{}]+)\}/g, (whole, name: string) => lookup(name.trim()) ?? whole);
}

/** Replaces in every string of a JSON value; names of fields stay. */
export function interpolateJson(value: Json, lookup: Lookup): Json {
  if (typeof value === 'string') return interpolate(value, lookup);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((item) => interpolateJson(item, lookup));
  return interpolateObject(value, lookup);
}

/** As `interpolateJson`, for an object. */
export function interpolateObject(value: JsonObject, lookup: Lookup): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, interpolateJson(item, lookup)]),
  );
}

function isList(value: JsonObject | readonly Json[]): value is readonly Json[] {
  return Array.isArray(value);
}
