/**
 * Keeps an ear on the nodes and says in the log which of them are silent. Who that is stands in
 * `core/controllers/pulses.ts`; only the leader runs it.
 *
 * H1: only the heartbeat decides that a node is out of touch or down.
 * H2: a node that is out of touch is down once nothing on it waits for its return any more.
 */
import type { Millis } from '../base/brand.ts';
import { Failure, explain } from '../base/failure.ts';
import { judgeSilence } from '../core/controllers/node-silence.ts';
import { Pulses, type Look } from '../core/controllers/pulses.ts';
import type { NodeId } from '../core/model/ids.ts';
import { Bell } from '../run/bell.ts';
import { propose } from './proposer.ts';
import type { DeciderDeps } from './decider.ts';

export interface HeartbeatOptions {
  /** [ms] See `HEARTBEAT_TTL_MS_MIN`; an agent on one machine may be quicker. */
  readonly ttlMsMin: number;
  /** [ms] See `HEARTBEAT_GRACE_MS`. */
  readonly graceMs: number;
  /** See `HEARTBEATS_PER_SECOND`. */
  readonly perSecondMax: number;
}

export class Heartbeats {
  readonly name = 'heartbeats';
  readonly #options: HeartbeatOptions;
  readonly #deps: DeciderDeps;
  readonly #bell = new Bell();
  readonly #pulses: Pulses;
  /** Words on nodes that are not in the log yet. */
  readonly #underWay = new Set<Promise<void>>();
  #isRunning = false;

  constructor(options: HeartbeatOptions, deps: DeciderDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#pulses = new Pulses(options);
  }

  /** The node was heard. Answers within which time it is to be heard again [ms]. */
  heard(nodeId: NodeId): number {
    if (!this.#isRunning) throw new Failure('unavailable', 'this server is not the leader');
    const ttlMs = this.#ttlMs();
    const isFirst = this.#pulses.size === 0;
    this.#pulses.heard(nodeId, this.#deps.clock.elapsedMs(), ttlMs);
    if (isFirst) this.#bell.ring();
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
      this.#pulses.clear();
      await Promise.all(this.#underWay);
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const now = clock.elapsedMs();
    const found = this.#pulses.look(now);
    this.#tell(found);
    for (const nodeId of found.silent) this.#beginGivingUp(nodeId);
    const wakeAt = this.#pulses.wakeAt(now);
    await this.#bell.wait(clock, wakeAt && Math.max(1, wakeAt - clock.elapsedMs()), signal);
  }

  #tell({ doubted, pausedMs }: Look): void {
    const { note } = this.#deps;
    if (pausedMs !== undefined) {
      note(`this server stood still for ${Math.round(pausedMs)} ms: every node gets its time anew`);
    }
    if (doubted !== undefined) {
      note(`${doubted} nodes are silent at once: they are waited for before any is given up`);
    }
  }

  /** Without waiting: a log that is slow is no pause of this server (PU2 of `Pulses`). */
  #beginGivingUp(nodeId: NodeId): void {
    const done = this.#giveUp(nodeId).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  async #giveUp(nodeId: NodeId): Promise<void> {
    const { replica, clock, log, newId, note } = this.#deps;
    const node = replica.state.node(nodeId);
    if (node === undefined || node.status === 'down') return;
    const at = clock.now();
    const silence = judgeSilence(replica.state, nodeId, at);
    try {
      if (silence.status !== node.status) {
        await propose(log, {
          type: 'node.status',
          at,
          nodeId,
          status: silence.status,
          description: 'heartbeat missed',
          event: { at, subsystem: 'Cluster', message: 'Node heartbeat missed', details: {} },
          seed: newId(),
        });
      }
      if (silence.status === 'disconnected') this.#judgeAgain(nodeId, silence.until, at);
    } catch (error) {
      note(`node ${nodeId} is silent: ${explain(error)}`);
      // Not told yet: once more, as if it had been heard now.
      if (this.#isRunning) this.heard(nodeId);
    }
  }

  /** Unless it was heard meanwhile. */
  #judgeAgain(nodeId: NodeId, until: Millis, now: Millis): void {
    if (this.#deps.replica.state.node(nodeId)?.status !== 'disconnected') return;
    this.#pulses.judgeAgain(nodeId, this.#deps.clock.elapsedMs() + (until - now));
    this.#bell.ring();
  }

  /** The more nodes, the longer: all together send a bounded number in a second. */
  #ttlMs(): number {
    const { ttlMsMin, perSecondMax } = this.#options;
    const nodes = this.#deps.replica.state.nodeCount();
    const baseMs = Math.max(ttlMsMin, (nodes / perSecondMax) * 1_000);
    return Math.round(baseMs * (1 + this.#deps.random.next()));
  }
}
