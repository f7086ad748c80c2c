/**
 * What may be asked about keys, locks, sessions and user events: see `Operations`.
 *
 * Fails (all): `unavailable` no leader, or this server is stopping; `exhausted` the disk is full.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { SESSIONS_MAX } from '../core/limits.ts';
import { operationProblem } from '../core/registration/rows-problem.ts';
import type { Session, SessionFacts, SessionId } from '../core/model/session.ts';
import type { UserEvent, UserEventFacts } from '../core/model/user-event.ts';
import { isReadOnly, readTxn } from '../core/state/apply-txn.ts';
import type { KvWrite, TxnOp } from '../core/state/discovery-entry.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome, TxnFailure, TxnResult } from '../core/state/outcome.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';
import type { SessionTimerDeps, SessionTimers } from './session-timers.ts';

export interface KvOperations {
  /**
   * Changes keys. Answers whether its condition held; nothing was changed where it did not.
   *
   * Fails: `invalid` a lock for a session that does not exist.
   */
  write(op: KvWrite): Promise<KvReply>;
  /** Carries out all operations, or none where one of them fails. */
  txn(ops: readonly TxnOp[]): Promise<TxnReply>;
  /**
   * Fails: `not_found` its node or one of its checks; `conflict` a check that is critical;
   * `exhausted` there are too many.
   */
  createSession(session: SessionFacts): Promise<Index>;
  /** Ends a session. One that does not exist is not an error. */
  destroySession(id: SessionId): Promise<Index>;
  /** Starts a session's time anew; undefined: there is none. Fails: `unavailable`. */
  renewSession(id: SessionId): Session | undefined;
  fireEvent(event: UserEventFacts): Promise<UserEvent>;
}

export interface KvReply {
  readonly ok: boolean;
  /** Of the entry. */
  readonly index: Index;
}

export interface TxnReply {
  readonly results: readonly TxnResult[];
  /** Not empty: nothing was changed. */
  readonly failures: readonly TxnFailure[];
}

export interface KvOperationDeps extends SessionTimerDeps {
  readonly log: Log<Entry, Outcome>;
  readonly timers: SessionTimers;
}

export function kvOperations(deps: KvOperationDeps): KvOperations {
  const { log, clock, replica, timers } = deps;
  return {
    async write(op) {
      const { index, outcome } = await commit(log, { type: 'kv.write', at: clock.now(), op });
      if (!outcome.ok && outcome.reason === 'invalid') {
        throw new Failure('invalid', outcome.message, STATUS);
      }
      return { ok: outcome.ok, index };
    },

    async txn(ops) {
      if (isReadOnly(ops)) return readTxn(replica.state, ops);
      for (const [at, op] of ops.entries()) {
        const problem = isSet(op) ? operationProblem(op) : undefined;
        if (problem !== undefined) throw new Failure('invalid', `[${at}].${problem}`);
      }
      const { outcome } = await commit(log, { type: 'txn.apply', at: clock.now(), ops });
      if (outcome.ok) return { results: outcome.results ?? [], failures: [] };
      return { results: [], failures: outcome.failures ?? [] };
    },

    async createSession(session) {
      if (replica.state.tables.sessions.size >= SESSIONS_MAX) {
        throw new Failure('exhausted', `there are ${SESSIONS_MAX} sessions already`);
      }
      const entry: Entry = { type: 'session.create', at: clock.now(), session };
      const { index, outcome } = await commit(log, entry);
      if (!outcome.ok) throw new Failure(outcome.reason, outcome.message, STATUS);
      return index;
    },

    async destroySession(id) {
      const entry: Entry = { type: 'session.invalidate', at: clock.now(), ids: [id] };
      return (await propose(log, entry)).index;
    },

    renewSession: (id) => timers.renew(id),

    async fireEvent(event) {
      const { index } = await propose(log, { type: 'event.fire', at: clock.now(), event });
      for (const each of replica.state.userEvents()) if (each.createIndex === index) return each;
      // Fired, and overtaken by so many that it is forgotten already.
      return { ...event, lTime: 0, createIndex: index, modifyIndex: index };
    },
  };
}

/** Only what is written must be fit to be kept: any name may be asked for, or deleted. */
function isSet(op: TxnOp): boolean {
  return 'verb' in op && (op.verb === 'set' || op.verb === 'cas');
}

/** Consul answers these with 500, and its clients know them by it. */
const STATUS = { facts: { status: 500 } } as const;

async function commit(
  log: Log<Entry, Outcome>,
  entry: Entry,
): Promise<{ readonly index: Index; readonly outcome: Outcome }> {
  const [committed] = await log.append([entry]);
  if (committed === undefined) throw new Failure('internal', 'the log answered nothing');
  return committed;
}
