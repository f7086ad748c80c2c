/** A state with one node in the catalog, for tests of keys, locks and sessions. */
import type { Index, Millis } from '../src/base/brand.ts';
import type { CatalogNode } from '../src/core/model/catalog.ts';
import type { HealthCheck, HealthStatus } from '../src/core/model/health-check.ts';
import type { KvPair } from '../src/core/model/kv.ts';
import type { SessionFacts, SessionId } from '../src/core/model/session.ts';
import type { KvWrite, TxnOp } from '../src/core/state/discovery-entry.ts';
import { Edit } from '../src/core/state/edit.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { State } from '../src/core/state/state.ts';
import { machine, probe } from './catalog-world.ts';
import { T0, World, uuid } from './state-world.ts';

export const NODE = 'Machine';

export const sessionId = (n: number): SessionId => uuid('sess', n) as SessionId;

export function sessionFacts(n: number, more: Partial<SessionFacts> = {}): SessionFacts {
  return {
    id: sessionId(n),
    name: '',
    node: NODE,
    lockDelayMs: 0,
    behavior: 'release',
    ttlMs: 0,
    nodeChecks: [],
    serviceChecks: [],
    ...more,
  };
}

/** The state after one more entry that puts the node, and checks by their status, in the catalog. */
export function withNode(state: State, checks: Readonly<Record<string, HealthStatus>> = {}): State {
  const index = (state.index + 1) as Index;
  const edit = new Edit(state, index, state.at);
  const node: CatalogNode = {
    ...machine(NODE, { id: uuid('node', 7), address: '10.0.0.7' }),
    createIndex: index,
    modifyIndex: index,
  };
  edit.putPlain('catalogNodes', node, NODE.toLowerCase());
  for (const [id, status] of Object.entries(checks)) {
    const check: HealthCheck = {
      ...probe(id, { status }),
      node: NODE,
      serviceName: '',
      serviceTags: [],
      createIndex: index,
      modifyIndex: index,
    };
    edit.putPlain('checks', check, `${NODE.toLowerCase()}\0${id}`);
  }
  return edit.finish();
}

/** Drives keys and sessions, on a clock that the test moves. */
export class CoordinationWorld extends World {
  at: Millis = T0;

  constructor(checks: Readonly<Record<string, HealthStatus>> = {}) {
    super();
    this.state = withNode(this.state, checks);
  }

  write(op: KvWrite): boolean {
    return this.do({ type: 'kv.write', at: this.at, op }).outcome.ok;
  }

  set(key: string, value = 'dmFsdWU=', flags = '0'): boolean {
    return this.write({ verb: 'set', key, value, flags });
  }

  lock(key: string, n: number, value = 'aGVsZA=='): boolean {
    return this.write({ verb: 'lock', key, value, flags: '0', session: sessionId(n) });
  }

  unlock(key: string, n: number): boolean {
    return this.write({ verb: 'unlock', key, value: '', flags: '0', session: sessionId(n) });
  }

  session(n: number, more: Partial<SessionFacts> = {}): boolean {
    const entry: Entry = { type: 'session.create', at: this.at, session: sessionFacts(n, more) };
    return this.do(entry).outcome.ok;
  }

  /** As the leader does when a lock-delay has passed. */
  lift(key: string): boolean {
    const index = this.state.tables.lockDelays.get(key)?.modifyIndex;
    const delays = index === undefined ? [] : [{ key, index }];
    return this.do({ type: 'kv.expire', at: this.at, keys: [], delays }).outcome.ok;
  }

  invalidate(...ns: readonly number[]): void {
    this.do({ type: 'session.invalidate', at: this.at, ids: ns.map(sessionId) });
  }

  txn(...ops: readonly TxnOp[]): ReturnType<World['do']>['outcome'] {
    return this.do({ type: 'txn.apply', at: this.at, ops }).outcome;
  }

  /** What is at a key; fails the test where nothing is. */
  pair(key: string): KvPair {
    const found = this.state.kvPair(key);
    if (found === undefined) throw new Error(`no key "${key}"`);
    return found;
  }
}
