/**
 * YAML for `yamldecode`. Apart from the functions, and handed in by whoever evaluates: the library
 * takes long to load, and few files need it.
 */
import { parseDocument } from 'yaml';
import type { Problem } from './function.ts';

/** Aliases that a document may have resolved: more is an attempt to grow without bound. */
const ALIASES_MAX = 100;

/** What a document says, as plain data; whole numbers are bigints. */
export function decodeYaml(text: string): Readonly<{ data: unknown }> | Problem {
  try {
    const document = parseDocument(text, {
      intAsBigInt: true,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const [error] = document.errors;
    if (error !== undefined) return { problem: error.message, argument: 0 };
    return { data: document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (error) {
    // Too many aliases, or nested deeper than its reader can go.
    if (!(error instanceof ReferenceError) && !(error instanceof RangeError)) throw error;
    return { problem: error.message, argument: 0 };
  }
}
