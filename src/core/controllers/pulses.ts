/**
 * Who among the nodes is heard from, and whose silence is to be taken seriously. The leader's
 * memory: a new leader gives each node its time anew.
 *
 * PU1: a node is called silent no sooner than its time to live and the grace after it was heard.
 * PU2: after a pause of this process itself each node gets its time anew: what was sent meanwhile
 *      has not been read yet.
 * PU3: where most nodes are late at once, the fault is looked for on this side: all are waited for
 *      a while longer, once.
 *
 * All times are of a clock that nobody sets [ms]: a step of the wall clock silences nobody.
 */
import { standstillMs } from '../../base/standstill.ts';
import { MASS_SILENCE_NODES_MIN, MASS_SILENCE_PERIODS } from '../limits.ts';
import type { NodeId } from '../model/ids.ts';

export interface PulsePolicy {
  /** The shortest time to live of a heartbeat [ms]. */
  readonly ttlMsMin: number;
  /** How long a node may be late [ms]. */
  readonly graceMs: number;
}

/** What one look found. */
export interface Look {
  /** They are to be judged now, and are watched no more unless somebody says so. */
  readonly silent: readonly NodeId[];
  /** So many are late, and all are given more time (PU3); absent: nothing of that began now. */
  readonly doubted?: number;
  /** This process did nothing for so long [ms], and nobody is blamed for it (PU2). */
  readonly pausedMs?: number;
}

/** The longest time between two looks [ms]: what is longer was a pause of this process. */
export const LOOK_MS = 1_000;

export class Pulses {
  readonly #policy: PulsePolicy;
  /** Until when each node is to be heard again, grace not counted. */
  readonly #lateAt = new Map<NodeId, number>();
  /** Nodes known to be silent, and when they are to be judged again. */
  readonly #judgeAt = new Map<NodeId, number>();
  #lookedAt: number | undefined;
  /** How long all are waited for, while most are late. */
  #doubtUntil: number | undefined;

  constructor(policy: PulsePolicy) {
    this.#policy = policy;
  }

  /** Of how many nodes something is expected. */
  get size(): number {
    return this.#lateAt.size + this.#judgeAt.size;
  }

  /** The node was heard, and will be again within `ttlMs`. */
  heard(nodeId: NodeId, now: number, ttlMs: number): void {
    // With nobody to look after there were no looks, and that was no pause.
    if (this.size === 0) this.#lookedAt = now;
    this.#judgeAt.delete(nodeId);
    this.#lateAt.set(nodeId, now + ttlMs);
  }

  /** The node is silent, which is to be judged again then. */
  judgeAgain(nodeId: NodeId, at: number): void {
    this.#lateAt.delete(nodeId);
    this.#judgeAt.set(nodeId, at);
  }

  /** Forgets everybody. */
  clear(): void {
    this.#lateAt.clear();
    this.#judgeAt.clear();
    this.#lookedAt = undefined;
    this.#doubtUntil = undefined;
  }

  /** When to look again; undefined: once somebody was heard. */
  wakeAt(now: number): number | undefined {
    if (this.size === 0) return undefined;
    let due = now + LOOK_MS;
    for (const lateAt of this.#lateAt.values()) {
      const at = lateAt + this.#policy.graceMs;
      // One that is doubted is due already, and is looked at with the others.
      if (at > now && at < due) due = at;
    }
    for (const at of this.#judgeAt.values()) if (at < due) due = at;
    return due;
  }

  /** Whom nobody hears any more, at most `LOOK_MS` after the look before. */
  look(now: number): Look {
    const pausedMs = this.#notePause(now);
    const told = pausedMs === undefined ? {} : { pausedMs };
    const overdue = [...this.#overdue(now)];
    const isMass = this.#isMass(now);
    if (!isMass) this.#doubtUntil = undefined;
    else if (overdue.length > 0 && this.#doubtUntil === undefined) {
      const { ttlMsMin, graceMs } = this.#policy;
      this.#doubtUntil = now + MASS_SILENCE_PERIODS * (ttlMsMin + graceMs);
      return { ...told, silent: this.#take(this.#judged(now)), doubted: this.#countLate(now) };
    }
    const isDoubted = this.#doubtUntil !== undefined && now < this.#doubtUntil;
    const silent = [...(isDoubted ? [] : overdue), ...this.#judged(now)];
    return { ...told, silent: this.#take(silent) };
  }

  /** PU2. */
  #notePause(now: number): number | undefined {
    const { ttlMsMin, graceMs } = this.#policy;
    const before = this.#lookedAt ?? now;
    this.#lookedAt = now;
    const pausedMs = standstillMs(before + LOOK_MS, now, graceMs / 2);
    if (pausedMs === undefined || this.#lateAt.size === 0) return undefined;
    for (const [nodeId, lateAt] of this.#lateAt) {
      this.#lateAt.set(nodeId, Math.max(lateAt, now + ttlMsMin));
    }
    return pausedMs;
  }

  *#overdue(now: number): Iterable<NodeId> {
    for (const [nodeId, lateAt] of this.#lateAt) {
      if (lateAt + this.#policy.graceMs <= now) yield nodeId;
    }
  }

  *#judged(now: number): Iterable<NodeId> {
    for (const [nodeId, at] of this.#judgeAt) if (at <= now) yield nodeId;
  }

  /** PU3. */
  #isMass(now: number): boolean {
    const late = this.#countLate(now);
    return late >= MASS_SILENCE_NODES_MIN && late * 2 > this.#lateAt.size;
  }

  #countLate(now: number): number {
    let late = 0;
    for (const lateAt of this.#lateAt.values()) if (lateAt <= now) late++;
    return late;
  }

  #take(nodeIds: Iterable<NodeId>): readonly NodeId[] {
    const taken = [...nodeIds];
    for (const nodeId of taken) {
      this.#lateAt.delete(nodeId);
      this.#judgeAt.delete(nodeId);
    }
    return taken;
  }
}
