/**
 * What clients ask of the servers, answered by the leader.
 *
 * L1: a client speaks only for its own node, and for allocations that are there: it proves the
 *     node by its secret.
 * L2: a client's pull is not woken by what it reported itself.
 * L3: what a client holds is not sent to it again if it says so, nor, if it understands that, named
 *     again: else what is sent to a node would grow with the square of what runs there.
 * L4: a report is acknowledged by whoever leads, never by one that is deposed and does not know it:
 *     it takes what happened since for nothing.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { BLOCKING_WAIT_MS_MAX } from '../core/limits.ts';
import { isClientTerminal, type Alloc } from '../core/model/alloc.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { Job } from '../core/model/job.ts';
import type { Node, NodeFacts } from '../core/model/node.ts';
import type { State } from '../core/state/state.ts';
import { watch } from '../core/state/watch.ts';
import type { AlarmClock } from '../ports/clock.ts';
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
import { NodeNews, type News } from './node-news.ts';
import { propose } from './proposer.ts';
import { ReportBatch } from './report-batch.ts';

export interface NodeLinkDeps extends DeciderDeps {
  readonly clock: AlarmClock;
  readonly heartbeats: Heartbeats;
  /** Addresses of the servers, for clients to fail over to. */
  readonly servers: () => readonly string[];
}

export class NodeLink implements ServerLink {
  readonly #deps: NodeLinkDeps;
  readonly #reports: ReportBatch;
  readonly #news: NodeNews;

  constructor(deps: NodeLinkDeps) {
    this.#deps = deps;
    this.#news = new NodeNews(deps);
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
    return this.#beat(node.id);
  }

  async heartbeat(nodeId: NodeId, secretId: string): Promise<HeartbeatReply> {
    const node = this.#prove(nodeId, secretId);
    const reply = this.#beat(nodeId);
    if (node.status !== 'ready') await this.#revive(nodeId);
    return reply;
  }

  async pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply> {
    const { clock, random } = this.#deps;
    this.#prove(query.nodeId, query.secretId);
    const waitMs = Math.min(query.waitMs, BLOCKING_WAIT_MS_MAX);
    // Those who wait are not to return as one.
    const until = clock.elapsedMs() + waitMs * (1 + random.next() / 16);
    for (;;) {
      if (signal.aborted) throw new Failure('canceled', 'gave up waiting for allocations');
      const leftMs = until - clock.elapsedMs();
      const pauseMs = Math.min(leftMs, this.#news.pauseMs(query.nodeId));
      if (pauseMs > 0) {
        await this.#news.pause(pauseMs, signal);
        continue;
      }
      const reply = this.#reply(query, leftMs <= 0);
      if (reply !== undefined) return reply;
      await this.#news.wait(query.nodeId, leftMs, signal);
    }
  }

  async updateAllocs(
    nodeId: NodeId,
    secretId: string,
    updates: readonly AllocUpdate[],
  ): Promise<void> {
    this.#prove(nodeId, secretId);
    const { state } = this.#deps.replica;
    // Only the log can tell what is unknown here from what a newer leader knows of (L4).
    const notOthers = updates.filter(({ id }) => (state.alloc(id)?.nodeId ?? nodeId) === nodeId);
    await this.#reports.add(notOthers);
  }

  /** Undefined: there is no news, and time left to wait for some. */
  #reply(query: PullQuery, isDue: boolean): PullReply | undefined {
    const { state } = this.#deps.replica;
    const { nodeId, after } = query;
    const news = after > 0 ? this.#news.since(nodeId, after) : undefined;
    if (news === undefined) return this.#replyByLook(query, isDue);
    if (!news.isNews && !isDue) return undefined;
    if (news.isNews) this.#news.told(nodeId);
    // An index beyond the log's end must be another log's: what its holder has is not known here.
    const isKnown = after <= state.index;
    return query.changes === true && isKnown ? changes(state, nodeId, news) : listed(state, query);
  }

  /** The same of a node that is not followed from there: it is from now on. */
  #replyByLook(query: PullQuery, isDue: boolean): PullReply | undefined {
    const { state } = this.#deps.replica;
    const { nodeId, after } = query;
    if (after === 0 || isDue || isNewsTo(state, nodeId, after)) {
      const reply = listed(state, query);
      this.#news.follow(nodeId, reply.index);
      return reply;
    }
    const ended = [...state.allocsByNode(nodeId)].filter((alloc) => isNewTo(alloc, after));
    const noted = ended.map(({ id, modifyIndex }) => ({ id, index: modifyIndex }));
    this.#news.follow(nodeId, after, noted);
    return undefined;
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

  #beat(nodeId: NodeId): HeartbeatReply {
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

/** All allocations of a node, of which those that who asks holds are only named (L3). */
function listed(state: State, { nodeId, after, brief }: PullQuery): PullReply {
  const held = brief === true ? after : undefined;
  const allocs: Assignment[] = [];
  const kept: AllocId[] = [];
  for (const alloc of state.allocsByNode(nodeId)) {
    if (held !== undefined && !isNewTo(alloc, held)) {
      kept.push(alloc.id);
      continue;
    }
    const job = jobOf(state, alloc);
    if (job !== undefined) allocs.push({ alloc, job });
  }
  const index = state.indexOf(watch.allocsByNode(nodeId));
  return held === undefined ? { index, allocs } : { index, allocs, kept };
}

/** What became new (L3). */
function changes(state: State, nodeId: NodeId, { ids, index }: News): PullReply {
  const allocs: Assignment[] = [];
  const removed: AllocId[] = [];
  for (const id of new Set(ids)) {
    const alloc = state.alloc(id);
    const job = alloc && jobOf(state, alloc);
    if (alloc === undefined || job === undefined) removed.push(id);
    else allocs.push({ alloc, job });
  }
  return { index, allocs, removed, count: state.tables.allocs.sizeBy('node', nodeId) };
}

function jobOf(state: State, { namespace, jobId, jobVersion }: Alloc): Job | undefined {
  return state.jobVersion(namespace, jobId, jobVersion);
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
