/**
 * Which running instances would be better off elsewhere, by the scheduler's own scores: a plan of
 * moves for a person to review. Nothing is moved here.
 *
 * B1: each move is one that the scheduler would make today, were the instance placed anew: it gains
 *     at least `gainMin` in score, all moves before it done.
 * B2: no more moves than the budget, the best first, and of one group no more than it may lose.
 * B3: only services are moved: of batch work what was done would be lost, system jobs belong where
 *     they are. What rolls out at the moment, or keeps its data on its disk, stays.
 */
import { seeded } from '../../base/random.ts';
import { isTerminal, type Alloc } from '../model/alloc.ts';
import { isActive } from '../model/deployment.ts';
import type { Job } from '../model/job.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { watchDistinct, type Reconsider } from '../scheduler/distinct.ts';
import { Ledger } from '../scheduler/ledger.ts';
import { Proposed } from '../scheduler/proposed.ts';
import { portsOn, resourcesOn } from '../scheduler/rank/fit.ts';
import { countSpreads, type SpreadCount } from '../scheduler/rank/spread.ts';
import { termsOf, type GroupTerms } from '../scheduler/rankings.ts';
import type { State } from '../state/state.ts';

/** An instance and where it should be. */
export interface Move {
  readonly alloc: Alloc;
  readonly from: Node;
  readonly to: Node;
  /** How much better its score is there; scores go from about -1 to 1. */
  readonly gain: number;
}

export interface RebalanceWish {
  /** How many may move. */
  readonly budget: number;
  /** Less is not worth the disturbance. */
  readonly gainMin: number;
}

interface Owned {
  readonly job: Job;
  readonly group: TaskGroup;
  readonly allocs: readonly Alloc[];
}

export class Rebalance {
  readonly #state: State;
  readonly #ledger = new Ledger();
  readonly #wish: RebalanceWish;
  readonly #groups: readonly Owned[];
  readonly #found: { owned: Owned; alloc: Alloc; gain: number }[] = [];
  /** Slots of those that were moved so far. */
  readonly #moved = new Map<Alloc, number>();
  #next = 0;

  constructor(state: State, wish: RebalanceWish) {
    this.#state = state;
    this.#wish = wish;
    this.#ledger.load(state);
    this.#groups = [...movable(state)];
  }

  /** Looks at one more group; answers whether there is another. */
  step(): boolean {
    const owned = this.#groups[this.#next++];
    if (owned === undefined) return false;
    const table = new Board(this.#state, this.#ledger, owned, this.#moved);
    for (const alloc of owned.allocs) {
      const better = table.better(alloc);
      if (better !== undefined && better.gain >= this.#wish.gainMin) {
        this.#found.push({ owned, alloc, gain: better.gain });
      }
    }
    table.close();
    return this.#next < this.#groups.length;
  }

  /** The moves (B1, B2), once all groups were looked at. Called once. */
  moves(): readonly Move[] {
    const moves: Move[] = [];
    const left = new Map<Owned, number>();
    const best = [...this.#found].sort(
      (a, b) => b.gain - a.gain || (a.alloc.id < b.alloc.id ? -1 : 1),
    );
    for (const { owned, alloc } of best) {
      if (moves.length >= this.#wish.budget) break;
      const mayMove = left.get(owned) ?? Math.max(1, owned.group.count - 1);
      if (mayMove === 0) continue;
      const move = this.#move(owned, alloc);
      if (move === undefined) continue;
      left.set(owned, mayMove - 1);
      moves.push(move);
    }
    this.#ledger.rollback();
    return moves;
  }

  /** Looks once more, the moves before it done; what still gains is held on the ledger. */
  #move(owned: Owned, alloc: Alloc): Move | undefined {
    const table = new Board(this.#state, this.#ledger, owned, this.#moved);
    const better = table.better(alloc);
    const from = this.#state.node(alloc.nodeId);
    const worthIt = better !== undefined && better.gain >= this.#wish.gainMin;
    table.close();
    if (!worthIt || from === undefined) return undefined;
    const { terms } = table;
    const { slot, gain } = better;
    this.#moved.set(alloc, slot);
    this.#ledger.drop(this.#ledger.slotOf(alloc.nodeId) ?? slot, alloc);
    this.#ledger.hold(slot, {
      resources: resourcesOn(this.#ledger, slot, terms.ask, owned.group),
      ports: portsOn(this.#ledger, slot, terms.ask, seeded(alloc.id)),
    });
    return { alloc, from, to: this.#ledger.nodeAt(slot), gain };
  }
}

/** One group's ranking with its instances on it, until closed. */
class Board {
  readonly terms: GroupTerms;
  readonly #ledger: Ledger;
  readonly #group: string;
  readonly #proposed = new Proposed();
  readonly #spread: SpreadCount | undefined;
  readonly #reconsider: Reconsider | undefined;

  constructor(
    state: State,
    ledger: Ledger,
    { job, group }: Owned,
    moved: ReadonlyMap<Alloc, number>,
  ) {
    this.#ledger = ledger;
    this.#group = group.name;
    this.terms = termsOf(ledger, job, group, state.schedulerConfig);
    this.#spread = countSpreads(job, group);
    const { ranking, requirement } = this.terms;
    ranking.enter(group.count, 0, this.#spread?.boost);
    for (const alloc of state.allocsByJob(job.namespace, job.id)) {
      const slot = moved.get(alloc) ?? ledger.slotOf(alloc.nodeId);
      if (slot === undefined || isTerminal(alloc)) continue;
      this.#proposed.add(slot, alloc.group, 1);
      if (alloc.group !== group.name) continue;
      ranking.collide(slot, 1);
      this.#spread?.add(ledger.nodeAt(slot), 1);
    }
    this.#reconsider = watchDistinct(requirement.distinct, {
      ...{ ledger, ranking, proposed: this.#proposed, group: group.name },
    });
  }

  /** The best node for the instance, were it placed anew, and how much it gains there. */
  better(alloc: Alloc): { readonly slot: number; readonly gain: number } | undefined {
    const slot = this.#ledger.slotOf(alloc.nodeId);
    if (slot === undefined) return undefined;
    const { ranking } = this.terms;
    const { depth } = this.#ledger;
    this.#ledger.drop(slot, alloc);
    this.#shift(slot, -1);
    const best = ranking.best();
    const here = ranking.leafOf(slot);
    let found: { slot: number; gain: number } | undefined;
    if (best !== undefined && here !== undefined && best !== here) {
      const stays = ranking.verdictAt(here).kind === 'fits';
      // A node that would not take it again is left to drains and updates: people meant it so.
      if (stays) {
        found = { slot: ranking.slotAt(best), gain: ranking.score(best) - ranking.score(here) };
      }
    }
    this.#ledger.rollback(depth);
    this.#shift(slot, 1);
    return found;
  }

  close(): void {
    this.terms.ranking.leave();
  }

  #shift(slot: number, by: 1 | -1): void {
    this.#proposed.add(slot, this.#group, by);
    this.terms.ranking.collide(slot, by);
    this.#spread?.add(this.#ledger.nodeAt(slot), by);
    this.#reconsider?.(slot);
  }
}

/** Groups with instances that may be moved (B3). */
function* movable(state: State): Iterable<Owned> {
  for (const job of state.jobs()) {
    if (job.type !== 'service' || job.stop) continue;
    const deployment = state.latestDeployment(job.namespace, job.id);
    if (deployment !== undefined && isActive(deployment)) continue;
    const all = [...state.allocsByJob(job.namespace, job.id)].filter(
      (alloc) => alloc.clientStatus === 'running' && !isTerminal(alloc),
    );
    for (const group of job.groups) {
      if (group.ephemeralDisk.sticky) continue;
      const allocs = all.filter((alloc) => alloc.group === group.name);
      if (allocs.length > 0) yield { job, group, allocs };
    }
  }
}
