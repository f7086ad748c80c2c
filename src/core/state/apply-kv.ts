/** Entries about keys: one change by itself, and the removal of what has expired. */
import type { KvExpired, KvWritten } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { nowOf, writeKv } from './kv-edits.ts';
import { accepted } from './outcome.ts';
import type { Outcome } from './outcome.ts';

export function applyKvWrite(edit: Edit, entry: KvWritten): Outcome {
  return writeKv(edit, entry.op) ?? accepted(edit);
}

/** Deletes the keys, and lifts the lock-delays, whose time is over by now. */
export function expireKv(edit: Edit, entry: KvExpired): Outcome {
  const now = nowOf(edit);
  for (const key of entry.keys) {
    const expiresAt = edit.table('kv').get(key)?.expiresAt;
    if (expiresAt !== undefined && expiresAt <= now) edit.deletePlain('kv', key);
    const delay = edit.table('lockDelays').get(key);
    if (delay !== undefined && delay.until <= now) edit.deletePlain('lockDelays', key);
  }
  return accepted(edit);
}
