/** What must hold of keys, locks and sessions in every state; a part of `lint`. */
import { USER_EVENTS_MAX } from '../limits.ts';
import { folded, onNode } from '../model/catalog.ts';
import type { Session } from '../model/session.ts';
import type { LintSteps } from './lint-note.ts';
import type { State } from './state.ts';

export function* lintCoordination(state: State): LintSteps {
  yield* lintLocks(state);
  for (const session of state.sessions()) {
    yield undefined;
    yield* lintSession(state, session);
  }
  yield* lintQueries(state);
  const events = state.tables.userEvents.size;
  if (events > USER_EVENTS_MAX) {
    yield { rule: 'events-unbounded', subject: 'user events', message: `${events} are kept` };
  }
}

/** A lock's holder exists, and has a fencing token. */
function* lintLocks(state: State): LintSteps {
  for (const pair of state.kvPairs('')) {
    yield undefined;
    const { key, session, lockIndex, modifyIndex, createIndex } = pair;
    if (session !== undefined && state.session(session) === undefined) {
      yield { rule: 'lock-orphaned', subject: key, message: `no session ${session}` };
    }
    if (session !== undefined && lockIndex === 0) {
      yield { rule: 'lock-orphaned', subject: key, message: 'is held without a token' };
    }
    if (lockIndex > modifyIndex || createIndex > modifyIndex) {
      const message = `token ${lockIndex}, created ${createIndex}, changed ${modifyIndex}`;
      yield { rule: 'index-wrong', subject: key, message };
    }
  }
}

/** What a session lives by exists and is not critical. */
function* lintSession(state: State, session: Session): LintSteps {
  const node = state.tables.catalogNodes.get(folded(session.node));
  if (node === undefined) {
    yield { rule: 'session-orphaned', subject: session.id, message: `no node ${session.node}` };
  }
  for (const id of [...session.nodeChecks, ...session.serviceChecks]) {
    const status = state.tables.checks.get(onNode(session.node, id))?.status;
    if (status !== undefined && status !== 'critical') continue;
    const message = `check "${id}" ${status === undefined ? 'does not exist' : 'is critical'}`;
    yield { rule: 'session-orphaned', subject: session.id, message };
  }
}

function* lintQueries(state: State): LintSteps {
  for (const { id, session } of state.tables.preparedQueries.values()) {
    yield undefined;
    if (session === undefined || state.session(session) !== undefined) continue;
    yield { rule: 'session-orphaned', subject: id, message: `no session ${session}` };
  }
}
