/**
 * What clients ask of the servers, answered by the leader.
 *
 * L1: a client speaks only for its own node, and for allocations that are there: it proves the
 *     node by its secret.
 * L2: a client's pull is not woken by what it reported itself.
 * L3: what a client holds is not sent to it again if it says so: else what is sent to a node would
 *     grow with the square of what runs there.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { isClientTerminal, type Alloc } from '../core/model/alloc.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { Node, NodeFacts } from '../core/model/node.ts';
import type { Read } from '../core/state/reads.ts';
import type { State } from '../core/state/state.ts';
import { watch } from '../core/state/watch.ts';
import type {
  AllocUpdate,
  Assignment,
  HeartbeatReply,
  PullQuery,
  PullReply,
  ServerLink,
} from '../ports/server-link.ts';
import type { DeciderDeps } from './decider.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { ParkedReads } from './parked-reads.ts';
import { propose } from './proposer.ts';
import { ReportBatch } from './report-batch.ts';

export interface NodeLinkDeps extends DeciderDeps {
  readonly heartbeats: Heartbeats;
  readonly parked: ParkedReads;
  /** Addresses of the servers, for clients to fail over to. */
  readonly servers: () => readonly string[];
}

export class NodeLink implements ServerLink {
  readonly #deps: NodeLinkDeps;
  readonly #reports: ReportBatch;

  constructor(deps: NodeLinkDeps) {
    this.#deps = deps;
    this.#reports = new ReportBatch(
      (updates) =>
        propose(deps.log, {
          type: 'allocs.client-update',
          at: deps.clock.now(),
          updates,
          seed: deps.newId(),
        }),
      deps,
    );
  }

  async registerNode(node: NodeFacts): Promise<HeartbeatReply> {
    const { log, clock, newId } = this.#deps;
    await propose(log, { type: 'node.register', at: clock.now(), node, seed: newId() });
    return this.#reply(node.id);
  }

  async heartbeat(nodeId: NodeId, secretId: string): Promise<HeartbeatReply> {
    const node = this.#prove(nodeId, secretId);
    const reply = this.#reply(nodeId);
    if (node.status !== 'ready') await this.#revive(nodeId);
    return reply;
  }

  async pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply> {
    const { nodeId, after, brief } = query;
    this.#prove(nodeId, query.secretId);
    const { value, index } = await this.#deps.parked.query(
      assignments(nodeId, brief === true ? after : undefined),
      {
        ...(after > 0 && { after }),
        waitMs: query.waitMs,
        isNews: (state, known) => isNewsTo(state, nodeId, known),
      },
      signal,
    );
    return { index, ...value };
  }

  async updateAllocs(
    nodeId: NodeId,
    secretId: string,
    updates: readonly AllocUpdate[],
  ): Promise<void> {
    this.#prove(nodeId, secretId);
    const { state } = this.#deps.replica;
    await this.#reports.add(updates.filter(({ id }) => state.alloc(id)?.nodeId === nodeId));
  }

  /** Fails: `not_found` the node is to register again; `denied` it is another's. */
  #prove(nodeId: NodeId, secretId: string): Node {
    const node = this.#deps.replica.state.node(nodeId);
    if (node === undefined) throw new Failure('not_found', `node "${nodeId}" not found`);
    if (node.secretId !== secretId) {
      throw new Failure('denied', `the secret is not that of node "${nodeId}"`);
    }
    return node;
  }

  #reply(nodeId: NodeId): HeartbeatReply {
    const ttlMs = this.#deps.heartbeats.heard(nodeId);
    return { index: this.#deps.replica.state.index, ttlMs, servers: this.#deps.servers() };
  }

  async #revive(nodeId: NodeId): Promise<void> {
    const { log, clock, newId } = this.#deps;
    const at = clock.now();
    const message = 'Node reregistered by heartbeat';
    await propose(log, {
      type: 'node.status',
      at,
      nodeId,
      status: 'ready',
      description: '',
      event: { at, subsystem: 'Cluster', message, details: {} },
      seed: newId(),
    });
  }
}

/** @param held all up to this index is held by who asks; undefined: nothing is (L3) */
function assignments(
  nodeId: NodeId,
  held: Index | undefined,
): Read<Pick<PullReply, 'allocs' | 'kept'>> {
  return (state) => {
    const allocs: Assignment[] = [];
    const kept: AllocId[] = [];
    for (const alloc of state.allocsByNode(nodeId)) {
      if (held !== undefined && !isNewTo(alloc, held)) {
        kept.push(alloc.id);
        continue;
      }
      const job = state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion);
      if (job !== undefined) allocs.push({ alloc, job });
    }
    const value = held === undefined ? { allocs } : { allocs, kept };
    return { value, keys: [watch.allocsByNode(nodeId)] };
  };
}

/** An end that was told by an earlier life of the client is news to the present one. */
function isNewTo(alloc: Alloc, held: Index): boolean {
  if (alloc.allocModifyIndex > held) return true;
  return alloc.modifyIndex > held && isClientTerminal(alloc);
}

/** Whether the servers changed something of the node's allocations since `after` (L2). */
function isNewsTo(state: State, nodeId: NodeId, after: Index): boolean {
  if (state.tables.allocs.goneFromGroup('node', nodeId) > after) return true;
  for (const alloc of state.allocsByNode(nodeId)) if (alloc.allocModifyIndex > after) return true;
  return false;
}
