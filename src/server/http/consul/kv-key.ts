/**
 * What a key may be: any text of a bounded length without NUL, which keeps the parts of rows' names
 * apart.
 */
import { KV_KEY_BYTES_MAX } from '../../../core/limits.ts';
import { invalid } from '../fail.ts';

/** Answers the key. Fails: `invalid` with what is wrong. */
export function checkKey(key: string, path = 'key'): string {
  if (key === '') throw invalid('Missing key name');
  return checkPrefix(key, path);
}

/** The same where nothing at all stands for everything. */
export function checkPrefix(prefix: string, path = 'key'): string {
  if (prefix.includes('\0')) throw invalid(`${path}: a key cannot hold a NUL byte`);
  if (/\p{Surrogate}/u.test(prefix)) throw invalid(`${path}: a key must be whole characters`);
  // No character has more than three bytes for each of its units.
  const isLong =
    3 * prefix.length > KV_KEY_BYTES_MAX && Buffer.byteLength(prefix) > KV_KEY_BYTES_MAX;
  if (isLong) throw invalid(`${path}: a key has at most ${KV_KEY_BYTES_MAX} bytes`);
  return prefix;
}
