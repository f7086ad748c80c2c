/**
 * Which nodes are heard from. The leader's memory: a new leader gives each node its time anew.
 *
 * H1: a node is called down no sooner than its time to live and the grace after it was last heard.
 * H2: only the heartbeat decides that a node is down.
 */
import TinyQueue from 'tinyqueue';
import type { Millis } from '../base/brand.ts';
import { Failure, explain } from '../base/failure.ts';
import { HEARTBEATS_PER_SECOND } from '../core/limits.ts';
import { isClientTerminal } from '../core/model/alloc.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { NodeStatus } from '../core/model/node.ts';
import type { Entry } from '../core/state/entry.ts';
import type { State } from '../core/state/state.ts';
import { Bell } from '../run/bell.ts';
import { propose } from './proposer.ts';
import type { DeciderDeps } from './decider.ts';

export interface HeartbeatOptions {
  /** [ms] See `HEARTBEAT_TTL_MS_MIN`; an agent on one machine may be quicker. */
  readonly ttlMsMin: number;
  /** [ms] See `HEARTBEAT_GRACE_MS`. */
  readonly graceMs: number;
}

interface Due {
  readonly nodeId: NodeId;
  readonly at: Millis;
}

export class Heartbeats {
  readonly name = 'heartbeats';
  readonly #options: HeartbeatOptions;
  readonly #deps: DeciderDeps;
  readonly #bell = new Bell();
  readonly #expiresAt = new Map<NodeId, Millis>();
  /** May name a node more than once; the map above says which one counts. */
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at);
  #isRunning = false;

  constructor(options: HeartbeatOptions, deps: DeciderDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** The node was heard. Answers within which time it is to be heard again [ms]. */
  heard(nodeId: NodeId): number {
    if (!this.#isRunning) throw new Failure('unavailable', 'this server is not the leader');
    const ttlMs = this.#ttlMs();
    const at = (this.#deps.clock.now() + ttlMs + this.#options.graceMs) as Millis;
    this.#expiresAt.set(nodeId, at);
    this.#queue.push({ nodeId, at });
    if (this.#queue.peek()?.nodeId === nodeId) this.#bell.ring();
    return ttlMs;
  }

  /** Watches until `signal` aborts. Only the leader runs it. */
  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    try {
      for (const node of this.#deps.replica.state.nodes()) {
        if (node.status !== 'down') this.heard(node.id);
      }
      while (!signal.aborted) await this.#turn(signal);
    } finally {
      this.#isRunning = false;
      this.#expiresAt.clear();
      this.#queue.data = [];
      this.#queue.length = 0;
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const next = this.#queue.peek();
    const now = clock.now();
    if (next === undefined || next.at > now) {
      await this.#bell.wait(clock, next && next.at - now, signal);
      return;
    }
    this.#queue.pop();
    const expiresAt = this.#expiresAt.get(next.nodeId);
    if (expiresAt === undefined || expiresAt > now) return;
    this.#expiresAt.delete(next.nodeId);
    await this.#giveUp(next.nodeId);
  }

  async #giveUp(nodeId: NodeId): Promise<void> {
    const { replica, clock, log, newId, note } = this.#deps;
    const node = replica.state.node(nodeId);
    if (node === undefined || node.status === 'down') return;
    const at = clock.now();
    const status = silentStatus(replica.state, nodeId);
    const entry: Entry = {
      type: 'node.status',
      at,
      nodeId,
      status,
      description: 'heartbeat missed',
      event: { at, subsystem: 'Cluster', message: 'Node heartbeat missed', details: {} },
      seed: newId(),
    };
    try {
      await propose(log, entry);
    } catch (error) {
      note(`node ${nodeId} is silent: ${explain(error)}`);
      // Not told yet: once more, as if it had been heard now.
      if (this.#isRunning) this.heard(nodeId);
    }
  }

  /** The more nodes, the longer: all together send a bounded number in a second. */
  #ttlMs(): number {
    const nodes = this.#deps.replica.state.nodeCount();
    const baseMs = Math.max(this.#options.ttlMsMin, (nodes / HEARTBEATS_PER_SECOND) * 1_000);
    return Math.round(baseMs * (1 + this.#deps.random.next()));
  }
}

/** What a silent node is: out of touch while something on it may wait for its return, else down. */
function silentStatus(state: State, nodeId: NodeId): NodeStatus {
  for (const alloc of state.allocsByNode(nodeId)) {
    if (isClientTerminal(alloc) || alloc.desiredStatus !== 'run') continue;
    const job = state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion);
    const group = job?.groups.find(({ name }) => name === alloc.group);
    if (group?.disconnect !== undefined || group?.maxClientDisconnectMs !== undefined) {
      return 'disconnected';
    }
  }
  return 'down';
}
