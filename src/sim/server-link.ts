/**
 * Servers for a client alone: a node table and assignments in memory, without a scheduler. The test
 * decides what the node is to run, and whether the servers are in reach.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { NodeFacts } from '../core/model/node.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  AllocUpdate,
  Assignment,
  HeartbeatReply,
  PullQuery,
  PullReply,
  ServerLink,
} from '../ports/server-link.ts';

export class SimServers implements ServerLink {
  readonly nodes = new Map<NodeId, NodeFacts>();
  readonly #clock: Clock;
  readonly #assignments = new Map<AllocId, Assignment>();
  readonly #waiters = new Set<() => void>();
  #index = 1;
  /** Out of reach: every call fails. */
  away = false;
  ttlMs = 10_000;
  registrations = 0;
  heartbeats = 0;
  /** Every acknowledged update, oldest first. */
  readonly updates: AllocUpdate[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives the node an allocation, or changes one. Its index is drawn here. */
  assign(assignment: Assignment): void {
    const index = this.#next();
    const { job, alloc } = assignment;
    this.#assignments.set(alloc.id, {
      job,
      alloc: { ...alloc, modifyIndex: index, allocModifyIndex: index },
    });
    this.#wake();
  }

  /** What the servers know of an allocation. Fails: `not_found`. */
  assignment(id: AllocId): Assignment {
    const found = this.#assignments.get(id);
    if (found === undefined) throw new Failure('not_found', `no allocation "${id}"`);
    return found;
  }

  /** Asks for its end. */
  stop(id: AllocId): void {
    const { alloc, job } = this.assignment(id);
    this.assign({ job, alloc: { ...alloc, desiredStatus: 'stop' } });
  }

  /** As after garbage collection on the servers. */
  forget(id: AllocId): void {
    this.#assignments.delete(id);
    this.#next();
    this.#wake();
  }

  /** The newest that was said of an allocation. */
  told(id: AllocId): AllocUpdate | undefined {
    return this.updates.findLast((update) => update.id === id);
  }

  registerNode(node: NodeFacts): Promise<HeartbeatReply> {
    return this.#reach(() => {
      this.nodes.set(node.id, node);
      this.registrations++;
      return this.#reply();
    });
  }

  heartbeat(nodeId: NodeId, secretId: string): Promise<HeartbeatReply> {
    return this.#reach(() => {
      this.#authenticate(nodeId, secretId);
      this.heartbeats++;
      return this.#reply();
    });
  }

  async pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply> {
    await this.#reach(() => this.#authenticate(query.nodeId, query.secretId));
    if (this.#index <= query.after) await this.#news(query.waitMs, signal);
    return this.#reach(() => ({
      index: this.#index as Index,
      allocs: [...this.#assignments.values()].filter(({ alloc }) => alloc.nodeId === query.nodeId),
    }));
  }

  updateAllocs(nodeId: NodeId, secretId: string, updates: readonly AllocUpdate[]): Promise<void> {
    return this.#reach(() => {
      this.#authenticate(nodeId, secretId);
      for (const update of updates) this.#take(update);
      this.#wake();
    });
  }

  #take(update: AllocUpdate): void {
    this.updates.push(update);
    const known = this.#assignments.get(update.id);
    if (known === undefined) return;
    const { clientStatus, clientDescription, taskStates } = update;
    const alloc = { ...known.alloc, clientStatus, clientDescription, taskStates };
    this.#assignments.set(update.id, {
      job: known.job,
      alloc: { ...alloc, modifyIndex: this.#next() },
    });
  }

  #reach<T>(answer: () => T): Promise<T> {
    if (this.away) return Promise.reject(new Failure('unavailable', 'no server is in reach'));
    return Promise.resolve().then(answer);
  }

  #authenticate(nodeId: NodeId, secretId: string): void {
    const node = this.nodes.get(nodeId);
    if (node === undefined) throw new Failure('not_found', `node "${nodeId}" is not registered`);
    if (node.secretId !== secretId) throw new Failure('denied', 'the node has another secret');
  }

  #reply(): HeartbeatReply {
    return { index: this.#index as Index, ttlMs: this.ttlMs, servers: [] };
  }

  #next(): Index {
    return ++this.#index as Index;
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  async #news(waitMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const woken = new Promise<void>((resolve) => this.#waiters.add(resolve));
    await Promise.race([woken, this.#clock.sleep(waitMs, both)]);
    over.abort();
    if (signal.aborted) throw new Failure('canceled', 'the question was given up');
  }
}
