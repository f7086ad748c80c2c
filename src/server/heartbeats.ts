/**
 * Keeps an ear on the nodes and says in the log which of them are silent. Who that is stands in
 * `core/controllers/pulses.ts`; only the leader runs it.
 *
 * H1: only the heartbeat decides that a node is out of touch or down.
 * H2: a node that is out of touch is down once nothing on it waits for its return any more.
 * H3: of however many that fall silent at once, a bounded number is on its way to the log; whoever
 *     is heard before its turn comes is not given up.
 */
import type { Millis } from '../base/brand.ts';
import { explain } from '../base/failure.ts';
import { judgeSilence } from '../core/controllers/node-silence.ts';
import { Pulses, type Look } from '../core/controllers/pulses.ts';
import { SILENT_NODES_PER_APPEND_MAX } from '../core/limits.ts';
import { notTaken } from '../core/link/not-taken.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { NodeStatus } from '../core/model/node.ts';
import type { Entry } from '../core/state/entry.ts';
import { Bell } from '../run/bell.ts';
import type { DeciderDeps } from './decider.ts';
import type { Appends } from './proposer.ts';

export interface HeartbeatOptions {
  /** [ms] See `HEARTBEAT_TTL_MS_MIN`; an agent on one machine may be quicker. */
  readonly ttlMsMin: number;
  /** [ms] See `HEARTBEAT_GRACE_MS`. */
  readonly graceMs: number;
  /** See `HEARTBEATS_PER_SECOND`. */
  readonly perSecondMax: number;
}

export interface HeartbeatDeps extends Omit<DeciderDeps, 'log'> {
  readonly log: Appends;
}

/** What the silence of a node means. */
interface Verdict {
  readonly nodeId: NodeId;
  readonly at: Millis;
  readonly status: NodeStatus;
  /** False: the log says so already. */
  readonly isNews: boolean;
  /** When it is judged again; undefined: never. */
  readonly until?: Millis;
}

export class Heartbeats {
  readonly name = 'heartbeats';
  readonly #options: HeartbeatOptions;
  readonly #deps: HeartbeatDeps;
  readonly #bell = new Bell();
  readonly #pulses: Pulses;
  /** Whose silence is to be written down, the first first. */
  readonly #silent = new Set<NodeId>();
  /** What writes it; undefined: there is nothing to write. */
  #writing: Promise<void> | undefined;
  #isRunning = false;

  constructor(options: HeartbeatOptions, deps: HeartbeatDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#pulses = new Pulses(options);
  }

  /** The node was heard. Answers within which time it is to be heard again [ms]. */
  heard(nodeId: NodeId): number {
    if (!this.#isRunning) throw notTaken('this server is not the leader');
    const ttlMs = this.#ttlMs();
    const isFirst = this.#pulses.size === 0;
    this.#pulses.heard(nodeId, this.#deps.clock.elapsedMs(), ttlMs);
    this.#silent.delete(nodeId);
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
      this.#silent.clear();
      await this.#writing;
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const now = clock.elapsedMs();
    const found = this.#pulses.look(now);
    this.#tell(found);
    for (const nodeId of found.silent) this.#silent.add(nodeId);
    // Not waited for: a log that is slow is no pause of this server (PU2 of `Pulses`).
    if (this.#silent.size > 0) {
      this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
    }
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

  /** H3. */
  async #writeAll(): Promise<void> {
    while (this.#silent.size > 0) {
      const nodeIds = [...this.#silent].slice(0, SILENT_NODES_PER_APPEND_MAX);
      for (const nodeId of nodeIds) this.#silent.delete(nodeId);
      const verdicts = nodeIds.flatMap((nodeId) => this.#judge(nodeId) ?? []);
      await this.#write(verdicts);
      for (const { nodeId, until, at } of verdicts) {
        if (until !== undefined) this.#judgeAgain(nodeId, until, at);
      }
    }
  }

  /** Undefined: it is known to be down, or gone. */
  #judge(nodeId: NodeId): Verdict | undefined {
    const { replica, clock } = this.#deps;
    const node = replica.state.node(nodeId);
    if (node === undefined || node.status === 'down') return undefined;
    const at = clock.now();
    const silence = judgeSilence(replica.state, nodeId, at);
    const until = silence.status === 'disconnected' ? { until: silence.until } : {};
    return { nodeId, at, status: silence.status, isNews: silence.status !== node.status, ...until };
  }

  async #write(verdicts: readonly Verdict[]): Promise<void> {
    const news = verdicts.filter(({ isNews }) => isNews);
    if (news.length === 0) return;
    const { log, note } = this.#deps;
    try {
      await log.append(news.map((verdict) => this.#entryOf(verdict)));
    } catch (error) {
      const [first] = news;
      const who = news.length > 1 ? `${news.length} nodes are` : `node ${first?.nodeId} is`;
      note(`${who} silent: ${explain(error)}`);
      // Not told yet: once more, as if they had been heard now.
      if (this.#isRunning) for (const { nodeId } of news) this.heard(nodeId);
    }
  }

  #entryOf({ nodeId, at, status }: Verdict): Entry {
    return {
      ...{ type: 'node.status', at, nodeId, status, description: 'heartbeat missed' },
      event: { at, subsystem: 'Cluster', message: 'Node heartbeat missed', details: {} },
      seed: this.#deps.newId(),
    };
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
