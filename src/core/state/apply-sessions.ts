/**
 * Sessions come and go.
 *
 * C1: a session's node exists, and so does each of its checks, none of them critical: what ends
 *     one of these ends the session in the same entry (`session-edits.ts`).
 */
import { folded, onNode } from '../model/catalog.ts';
import type { SessionCreated, SessionsInvalidated } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome, Refused } from './outcome.ts';
import { invalidateSession } from './session-edits.ts';

export function createSession(edit: Edit, { session }: SessionCreated): Outcome {
  const node = edit.table('catalogNodes').get(folded(session.node));
  if (node === undefined) return refused('not_found', 'Missing node registration');
  if (edit.table('sessions').get(session.id) !== undefined) {
    return refused('conflict', `session "${session.id}" exists already`);
  }
  for (const id of [...session.nodeChecks, ...session.serviceChecks]) {
    const problem = checkProblem(edit, node.name, id);
    if (problem !== undefined) return problem;
  }
  const row = { ...session, node: node.name, createIndex: edit.index, modifyIndex: edit.index };
  edit.putPlain('sessions', row, session.id);
  return accepted(edit);
}

export function invalidateSessions(edit: Edit, { ids }: SessionsInvalidated): Outcome {
  for (const id of ids) invalidateSession(edit, id);
  return accepted(edit);
}

function checkProblem(edit: Edit, node: string, id: string): Refused | undefined {
  const check = edit.table('checks').get(onNode(node, id));
  if (check === undefined) return refused('not_found', `Missing check '${id}' registration`);
  if (check.status === 'critical') {
    return refused('conflict', `Check '${id}' is in critical state`);
  }
  return undefined;
}
