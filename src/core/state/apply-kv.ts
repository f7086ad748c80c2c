/** Entries about keys: one change by itself, and the removal of what has expired. */
import type { KvExpired, KvWritten } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { nowOf, writeKv } from './kv-edits.ts';
import { accepted } from './outcome.ts';
import type { Outcome } from './outcome.ts';

export function applyKvWrite(edit: Edit, entry: KvWritten): Outcome {
  return writeKv(edit, entry.op) ?? accepted(edit);
}

/**
 * Deletes the keys whose time is over by now, and lifts the lock-delays that have passed. How long
 * those last only the leader's clock can tell that nobody sets: no instant decides here.
 */
export function expireKv(edit: Edit, entry: KvExpired): Outcome {
  const now = nowOf(edit);
  for (const key of entry.keys) {
    const expiresAt = edit.table('kv').get(key)?.expiresAt;
    if (expiresAt !== undefined && expiresAt <= now) edit.deletePlain('kv', key);
    if (entry.delays !== undefined) continue;
    const delay = edit.table('lockDelays').get(key);
    if (delay !== undefined && delay.until <= now) edit.deletePlain('lockDelays', key);
  }
  for (const { key, index } of entry.delays ?? []) {
    if (edit.table('lockDelays').get(key)?.modifyIndex === index) {
      edit.deletePlain('lockDelays', key);
    }
  }
  return accepted(edit);
}
