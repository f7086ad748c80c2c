/**
 * Sealing and opening: AES-GCM with one of some keys, in memberlist's two versions of it, and the
 * label before it.
 *
 * Z1: what was changed on its way, or sealed with no key of the ring, is not opened.
 *
 * Source: https://github.com/hashicorp/memberlist (security.go, label.go)
 */
import { createCipheriv, createDecipheriv, randomBytes, type CipherGCMTypes } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import { parseKey, type KeyRing } from '../../core/gossip/key-ring.ts';
import { KIND } from '../../core/gossip/wire/messages.ts';

/** Without padding; version 0 has some. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LABEL_BYTES_MAX = 255;

/** What a sealed message has besides its own bytes. */
export const SEAL_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

const CIPHERS: Readonly<Record<number, CipherGCMTypes>> = {
  16: 'aes-128-gcm',
  24: 'aes-192-gcm',
  32: 'aes-256-gcm',
};

/** Seals with the key in use. `also` is not sealed, but protected with it. */
export function seal(keys: KeyRing, bytes: Uint8Array, also: Uint8Array): Uint8Array {
  const key = keyOf(keys[0] ?? '');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(cipherOf(key), key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(also);
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([Uint8Array.of(VERSION), nonce, sealed, cipher.getAuthTag()]);
}

/** Fails: `denied` where no key opens it. */
export function open(keys: KeyRing, sealed: Uint8Array, also: Uint8Array): Uint8Array {
  const [version = 255] = sealed;
  if (version > VERSION || sealed.length < SEAL_BYTES) {
    throw new Failure('denied', 'it is not sealed');
  }
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const inner = sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  for (const text of keys) {
    const key = keyOf(text);
    const decipher = createDecipheriv(cipherOf(key), key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(also);
    decipher.setAuthTag(tag);
    const opened = decipher.update(inner);
    if (isGenuine(decipher)) return version === 0 ? withoutPadding(opened) : opened;
  }
  throw new Failure('denied', 'no key opens it');
}

function isGenuine(decipher: { final(): Buffer }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** The last byte says how many there are. Source: PKCS 7. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  const padding = bytes.at(-1) ?? 0;
  return bytes.subarray(0, Math.max(0, bytes.length - padding));
}

/** Each message asks for it; a ring has few, and they seldom change. */
const parsed = new Map<string, Uint8Array>();
const PARSED_MAX = 64;

function keyOf(text: string): Uint8Array {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const key = parseKey(text);
  if (key === undefined) throw new Failure('invalid', 'a key of the ring is no key');
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(text, key);
  return key;
}

function cipherOf(key: Uint8Array): CipherGCMTypes {
  return CIPHERS[key.length] ?? 'aes-128-gcm';
}

/** Puts the label before a packet, or the beginning of a stream. */
export function withLabel(label: string, bytes: Uint8Array): Uint8Array {
  if (label === '') return bytes;
  const text = Buffer.from(label).subarray(0, LABEL_BYTES_MAX);
  return Buffer.concat([Uint8Array.of(KIND.label, text.length), text, bytes]);
}

/**
 * What follows the label. Undefined: its bytes are not all there yet.
 *
 * Fails: `denied` for another label than this, or one where there is to be none.
 */
export function withoutLabel(label: string, bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== KIND.label) {
    if (label !== '' && bytes.length > 0) throw new Failure('denied', 'it has no label');
    return bytes;
  }
  const end = 2 + (bytes[1] ?? 0);
  if (bytes.length < 2 || bytes.length < end) return undefined;
  const found = Buffer.from(bytes.subarray(2, end)).toString();
  if (found !== label) throw new Failure('denied', 'it has the label of another pool');
  return bytes.subarray(end);
}
