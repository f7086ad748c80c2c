/** Questions that each member answers by itself: who has a name, and what about the keys. */
import { Failure } from '../../../base/failure.ts';
import { installKey, removeKey, useKey, type KeyChange } from '../key-ring.ts';
import { textOf } from '../wire/msgpack.ts';
import { decodeKeyRequest, encodeKeyResponse } from '../wire/serf-messages.ts';
import { encodeConflict } from './conflict.ts';
import type { Ring } from './ring.ts';

/** The answer; undefined: none but the receipt. */
export function answerInternal(
  ring: Ring,
  name: string,
  payload: Uint8Array,
): Uint8Array | undefined {
  switch (name) {
    case 'conflict':
      return whoHas(ring, textOf(payload));
    case 'list-keys':
      return listKeys(ring);
    case 'install-key':
      return change(ring, payload, installKey);
    case 'use-key':
      return change(ring, payload, useKey);
    case 'remove-key':
      return change(ring, payload, removeKey);
    default:
      // Also `ping`, which is answered by its receipt.
      return undefined;
  }
}

/** The two that share a name have no say. */
function whoHas(ring: Ring, name: string): Uint8Array | undefined {
  const member = ring.members.get(name);
  return member === undefined || name === ring.pool.name ? undefined : encodeConflict(member);
}

function listKeys({ keys }: Ring): Uint8Array {
  const [primaryKey = ''] = keys;
  const message = keys.length > 0 ? '' : 'Keyring is empty (encryption not enabled)';
  return encodeKeyResponse({ ok: keys.length > 0, message, keys, primaryKey });
}

type Change = (ring: Ring['keys'], key: Uint8Array) => KeyChange;

function change(ring: Ring, payload: Uint8Array, wish: Change): Uint8Array {
  const changed = changedBy(ring, payload, wish);
  if ('problem' in changed) {
    return encodeKeyResponse({ ok: false, message: changed.problem, keys: [], primaryKey: '' });
  }
  if (changed.ring !== ring.keys) {
    ring.keys = changed.ring;
    ring.effects.push({ do: 'keep-keys', keys: ring.keys });
  }
  return encodeKeyResponse({ ok: true, message: '', keys: [], primaryKey: '' });
}

function changedBy(ring: Ring, payload: Uint8Array, wish: Change): KeyChange {
  try {
    return wish(ring.keys, decodeKeyRequest(payload));
  } catch (error) {
    if (error instanceof Failure) return { problem: error.message };
    throw error;
  }
}
