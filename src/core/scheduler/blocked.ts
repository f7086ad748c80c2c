/**
 * Blocked evaluations, and the capacity that would help each. Like the broker a thing of the
 * leader's memory, rebuilt from the state.
 *
 * K1: capacity that appeared between the state an evaluation was decided on and its being blocked
 *     wakes it at once: nothing is missed.
 * K2: capacity wakes only whom it may help: its class is known to fit, or was never looked at.
 */
import type { Index } from '../../base/brand.ts';
import { isTerminal } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId, NodeId } from '../model/ids.ts';
import type { Node } from '../model/node.ts';
import { same } from '../../base/same.ts';
import type { Change } from '../state/change.ts';

/** Room that came free: on a node of a class, by an entry. */
export type Capacity = Readonly<{ nodeId: NodeId; computedClass: string; index: Index }>;

export class Blocked {
  readonly #evals = new Map<EvalId, Evaluation>();
  /** The last time that room appeared, by class; and anywhere. */
  readonly #freedAt = new Map<string, Index>();
  #freedAnywhereAt = 0 as Index;

  get size(): number {
    return this.#evals.size;
  }

  /** Holds an evaluation; answers false where room appeared meanwhile: it should run now (K1). */
  add(evaluation: Evaluation): boolean {
    if (this.#wasMissed(evaluation)) return false;
    this.#evals.set(evaluation.id, evaluation);
    return true;
  }

  forget(id: EvalId): void {
    this.#evals.delete(id);
  }

  /** Room appeared: answers whom some of it may help (K2), and lets go of them. */
  wake(room: readonly Capacity[]): readonly Evaluation[] {
    // Nodes of a class are alike, but for what must run on one node and no other.
    const byClass = new Map<string, Capacity>();
    const byNode = new Map<NodeId, Capacity>();
    for (const capacity of room) {
      this.#freedAt.set(capacity.computedClass, capacity.index);
      this.#freedAnywhereAt = capacity.index;
      byClass.set(capacity.computedClass, capacity);
      byNode.set(capacity.nodeId, capacity);
    }
    if (this.#evals.size === 0) return [];
    return this.#release((each) => {
      if (each.nodeId !== undefined && isSystem(each)) return byNode.has(each.nodeId);
      if (each.escapedComputedClass) return true;
      return [...byClass.keys()].some((computedClass) => fits(each, computedClass));
    });
  }

  /** Something changed that may help anyone: answers all, and lets go of them. */
  wakeAll(index: Index): readonly Evaluation[] {
    this.#freedAnywhereAt = index;
    for (const known of this.#freedAt.keys()) this.#freedAt.set(known, index);
    return this.#release(() => true);
  }

  /** Those that were blocked because their plans were refused too often: worth trying again. */
  wakeRefused(): readonly Evaluation[] {
    return this.#release((each) => each.triggeredBy === 'max-plan-attempts');
  }

  #release(wanted: (evaluation: Evaluation) => boolean): readonly Evaluation[] {
    const woken = [...this.#evals.values()].filter(wanted);
    for (const { id } of woken) this.#evals.delete(id);
    return woken;
  }

  #wasMissed(evaluation: Evaluation): boolean {
    const decidedAt = evaluation.snapshotIndex;
    if (decidedAt === undefined) return false;
    if (evaluation.escapedComputedClass) return this.#freedAnywhereAt > decidedAt;
    for (const [computedClass, index] of this.#freedAt) {
      if (index > decidedAt && fits(evaluation, computedClass)) return true;
    }
    return false;
  }
}

/** The room that a change freed, as far as it did; `nodeOf` finds the node of an allocation. */
export function freedBy(
  change: Change,
  index: Index,
  nodeOf: (id: NodeId) => Node | undefined,
): Capacity | undefined {
  if (change.table === 'nodes') return freedByNode(change.before, change.after, index);
  if (change.table !== 'allocs') return undefined;
  const { before, after } = change;
  if (before === undefined || isTerminal(before)) return undefined;
  if (after !== undefined && !isTerminal(after) && after.resources === before.resources) {
    return undefined;
  }
  const node = nodeOf(before.nodeId);
  return node && { nodeId: node.id, computedClass: node.computedClass, index };
}

function freedByNode(
  before: Node | undefined,
  after: Node | undefined,
  index: Index,
): Capacity | undefined {
  if (after === undefined || !takesWork(after)) return undefined;
  if (before !== undefined && takesWork(before) && offersNoMore(before, after)) return undefined;
  return { nodeId: after.id, computedClass: after.computedClass, index };
}

function takesWork(node: Node): boolean {
  return node.status === 'ready' && node.eligibility === 'eligible';
}

function offersNoMore(before: Node, after: Node): boolean {
  return (
    before.computedClass === after.computedClass &&
    same(before.resources, after.resources) &&
    same(before.reserved, after.reserved) &&
    same(before.drivers, after.drivers)
  );
}

/** False only where the class was looked at and found wanting. */
function fits(evaluation: Evaluation, computedClass: string): boolean {
  return evaluation.classEligibility[computedClass] !== false;
}

function isSystem(evaluation: Evaluation): boolean {
  return evaluation.type === 'system' || evaluation.type === 'sysbatch';
}
