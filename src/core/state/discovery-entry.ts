/**
 * The entries of discovery and coordination; see `entry.ts` for what holds of every entry.
 *
 * The table of nodes here is the catalog's: machines by name, agents or not. A client's node that
 * runs allocations is a row of its own.
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../model/catalog.ts';
import type { Coordinate } from '../model/coordinate.ts';
import type { CheckFacts } from '../model/health-check.ts';
import type { PreparedQueryFacts } from '../model/prepared-query.ts';
import type { SessionFacts, SessionId } from '../model/session.ts';
import type { UserEventFacts } from '../model/user-event.ts';

export type CatalogEntry = CatalogRegistered | CatalogDeregistered | CoordinatesUpdated;

/**
 * A machine with some of what it offers and how healthy that is. Rows that say what is so already
 * do not change. Instances and checks of an allocation that is over by now are left out.
 *
 * Refused with `invalid` for a check of an instance that does not exist, `conflict` where the
 * node's name belongs to another machine, which is alive.
 */
export type CatalogRegistered = Readonly<{
  type: 'catalog.register';
  at: Millis;
  node: CatalogNodeFacts;
  /** True: where the node is known already, leave its address and metadata as they are. */
  skipNodeUpdate: boolean;
  services: readonly ServiceFacts[];
  checks: readonly CheckFacts[];
}>;

/** Without lists: the node with all it offers. What does not exist is passed over. */
export type CatalogDeregistered = Readonly<{
  type: 'catalog.deregister';
  at: Millis;
  node: string;
  serviceIds?: readonly string[];
  checkIds?: readonly string[];
}>;

export type CoordinatesUpdated = Readonly<{
  type: 'coordinates.update';
  at: Millis;
  updates: readonly Readonly<{ node: string; segment: string; coordinate: Coordinate }>[];
}>;

export type KvEntry = KvWritten | KvExpired | TxnApplied;

/** One change of keys by itself. Refused with `conflict` where its condition does not hold. */
export type KvWritten = Readonly<{ type: 'kv.write'; at: Millis; op: KvWrite }>;

/** Keys whose time is over, each is looked at once more; and lock-delays that have passed. */
export type KvExpired = Readonly<{
  type: 'kv.expire';
  at: Millis;
  keys: readonly string[];
  /** With the index of each. Absent: an older build's, `keys` names those whose instant is past. */
  delays?: readonly Readonly<{ key: string; index: Index }>[];
}>;

/** Several operations, all or none: refused with `conflict` and what failed. */
export type TxnApplied = Readonly<{ type: 'txn.apply'; at: Millis; ops: readonly TxnOp[] }>;

type Put = Readonly<{
  key: string;
  /** Base64. */
  value: string;
  /** Unsigned 64-bit, decimal text. */
  flags: string;
  expiresAt?: Millis;
}>;

/** A change of keys. Index 0 in a comparison: the key must not exist. */
export type KvWrite =
  | (Put & Readonly<{ verb: 'set' }>)
  | (Put & Readonly<{ verb: 'cas'; index: Index }>)
  /** Grants the lock, or says `conflict`; `invalid` for an unknown session. */
  | (Put & Readonly<{ verb: 'lock' | 'unlock'; session: SessionId }>)
  | Readonly<{ verb: 'delete' | 'delete-tree'; key: string }>
  | Readonly<{ verb: 'delete-cas'; key: string; index: Index }>;

/** A question inside a transaction, answered of the state as the operations before it left it. */
export type KvCheck =
  | Readonly<{ verb: 'get' | 'get-or-empty' | 'get-tree' | 'check-not-exists'; key: string }>
  | Readonly<{ verb: 'check-index'; key: string; index: Index }>
  | Readonly<{ verb: 'check-session'; key: string; session: SessionId }>;

export type TxnOp =
  | Readonly<{ of: 'kv'; op: KvWrite | KvCheck }>
  | Readonly<{ of: 'node'; verb: RowVerb; node: CatalogNodeFacts; index: Index }>
  | Readonly<{ of: 'service'; verb: RowVerb; node: string; service: ServiceFacts; index: Index }>
  | Readonly<{ of: 'check'; verb: RowVerb; node: string; check: CheckFacts; index: Index }>
  | Readonly<{ of: 'session'; verb: 'delete'; id: SessionId }>;

/** `index` is compared by `cas` and `delete-cas`. */
export type RowVerb = 'get' | 'set' | 'cas' | 'delete' | 'delete-cas';

export type SessionEntry = SessionCreated | SessionsInvalidated;

/** Refused with `not_found` for an unknown node, `conflict` for a check that is critical. */
export type SessionCreated = Readonly<{
  type: 'session.create';
  at: Millis;
  session: SessionFacts;
}>;

/** Releases or deletes what each held, and holds newcomers off for its lock-delay. */
export type SessionsInvalidated = Readonly<{
  type: 'session.invalidate';
  at: Millis;
  ids: readonly SessionId[];
}>;

export type EventEntry = EventFired;

export type EventFired = Readonly<{ type: 'event.fire'; at: Millis; event: UserEventFacts }>;

export type QueryEntry = QuerySet | QueryDeleted;

/** Refused with `conflict` where the name is taken, `invalid` for an unknown session. */
export type QuerySet = Readonly<{
  type: 'query.set';
  at: Millis;
  query: PreparedQueryFacts;
  /** True: refused with `not_found` where there is none by that id. */
  mustExist: boolean;
}>;

export type QueryDeleted = Readonly<{ type: 'query.delete'; at: Millis; id: string }>;

export type DiscoveryEntry = CatalogEntry | KvEntry | SessionEntry | EventEntry | QueryEntry;
