/**
 * The end of sessions, whoever brings it about: their owner, their time to live, their node's
 * leaving, or a check of theirs that fails.
 *
 * I1: a lock's session exists: what a session held is released (or deleted) in the entry that ends
 *     the session.
 * I2: what a lost session held is kept from others for its lock-delay.
 *
 * Source: https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions
 */
import type { Millis } from '../../base/brand.ts';
import { folded } from '../model/catalog.ts';
import type { Session, SessionId } from '../model/session.ts';
import type { Edit } from './edit.ts';
import { freePair, nowOf } from './kv-edits.ts';

/** Ends a session. Nothing happens where there is none by that id. */
export function invalidateSession(edit: Edit, id: SessionId): void {
  const session = edit.table('sessions').get(id);
  if (session === undefined) return;
  edit.deletePlain('sessions', id);
  for (const key of edit.table('kv').keysBy('session', id)) letGo(edit, session, key);
  for (const query of edit.table('preparedQueries').keysBy('session', id)) {
    edit.deletePlain('preparedQueries', query);
  }
}

/** Ends every session of a node: for its deregistration. */
export function invalidateSessionsOfNode(edit: Edit, node: string): void {
  for (const id of edit.table('sessions').keysBy('node', folded(node))) {
    invalidateSession(edit, id as SessionId);
  }
}

/** Ends the sessions that live by a check: for one that is critical, or gone. */
export function invalidateSessionsOfCheck(edit: Edit, node: string, checkId: string): void {
  for (const id of edit.table('sessions').keysBy('node', folded(node))) {
    const session = edit.table('sessions').get(id);
    if (session !== undefined && livesBy(session, checkId)) {
      invalidateSession(edit, id as SessionId);
    }
  }
}

function livesBy(session: Session, checkId: string): boolean {
  return session.nodeChecks.includes(checkId) || session.serviceChecks.includes(checkId);
}

function letGo(edit: Edit, session: Session, key: string): void {
  const pair = edit.table('kv').get(key);
  if (pair === undefined) return;
  if (session.behavior === 'delete') edit.deletePlain('kv', key);
  else freePair(edit, pair);
  const { lockDelayMs } = session;
  if (lockDelayMs <= 0) return;
  const until = (nowOf(edit) + lockDelayMs) as Millis;
  edit.putPlain('lockDelays', { key, until, ms: lockDelayMs, modifyIndex: edit.index }, key);
}
