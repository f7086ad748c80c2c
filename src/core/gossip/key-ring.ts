/**
 * The keys of a pool: the first seals, each opens.
 *
 * Y1: the key in use is never removed; a pool with keys never loses its last.
 */
import { fromBase64, toBase64 } from '../../base/base64.ts';
import { KEYS_MAX } from './limits.ts';

/** Keys in base64, the one in use first; empty: no encryption. */
export type KeyRing = readonly string[];

/** What became of a wish about a key. */
export type KeyChange = Readonly<{ ring: KeyRing }> | Readonly<{ problem: string }>;

/** Bytes of a key: AES-128, 192, 256. */
const LENGTHS: readonly number[] = [16, 24, 32];

/** A key in base64; undefined where it is none. */
export function parseKey(text: string): Uint8Array | undefined {
  const bytes = fromBase64(text.trim());
  return bytes !== undefined && LENGTHS.includes(bytes.length) ? bytes : undefined;
}

/** Beside the one in use. Content where it is known. */
export function installKey(ring: KeyRing, key: Uint8Array): KeyChange {
  if (ring.length === 0) return NO_KEYS;
  if (!LENGTHS.includes(key.length)) {
    return { problem: `a key has ${LENGTHS.join(', ')} bytes, not ${key.length}` };
  }
  const text = toBase64(key);
  if (ring.includes(text)) return { ring };
  if (ring.length >= KEYS_MAX) return { problem: `a ring has at most ${KEYS_MAX} keys` };
  return { ring: [...ring, text] };
}

export function useKey(ring: KeyRing, key: Uint8Array): KeyChange {
  if (ring.length === 0) return NO_KEYS;
  const text = toBase64(key);
  if (!ring.includes(text)) return { problem: 'requested key is not in the keyring' };
  return { ring: [text, ...ring.filter((each) => each !== text)] };
}

/** Content where it is not known. */
export function removeKey(ring: KeyRing, key: Uint8Array): KeyChange {
  if (ring.length === 0) return NO_KEYS;
  const text = toBase64(key);
  if (ring[0] === text) return { problem: 'removing the primary key is not allowed' };
  return { ring: ring.filter((each) => each !== text) };
}

const NO_KEYS: KeyChange = { problem: 'Keyring is empty (encryption not enabled)' };
