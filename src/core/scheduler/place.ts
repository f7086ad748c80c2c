/**
 * Finds a node for each instance that reconciliation asked for.
 *
 * Z1: an instance that replaces a running one is placed together with the stop of the old one, or
 *     not at all: what cannot be replaced goes on running.
 * Z2: once one instance of a group found no node, the rest of the group is not tried: the answer
 *     would be the same.
 */
import { assert } from '../../base/assert.ts';
import type { Millis } from '../../base/brand.ts';
import type { Random } from '../../base/random.ts';
import { isTerminal, type Alloc, type RescheduleEvent } from '../model/alloc.ts';
import type { AllocId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { PlacementMetrics } from '../model/metrics.ts';
import type { Placement } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { watchDistinct, type Reconsider } from './distinct.ts';
import { explainRanking } from './explain.ts';
import type { Ledger } from './ledger.ts';
import type { PlannedEviction } from './place-outcome.ts';
import type { Preemption, Room } from './preempt.ts';
import type { Proposed } from './proposed.ts';
import { portsOn, resourcesOn } from './rank/fit.ts';
import { countSpreads, type SpreadCount } from './rank/spread.ts';
import type { GroupTerms } from './rankings.ts';
import type { PlaceRequest } from './reconcile-result.ts';

/** What placing needs beside the requests. */
export interface PlaceScope {
  readonly ledger: Ledger;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly terms: GroupTerms;
  readonly proposed: Proposed;
  readonly now: Millis;
  readonly ties: Random;
  readonly ports: Random;
  readonly nextId: () => string;
  /** Takes room from others where there is none; absent: nothing may be taken. */
  readonly preemption: Preemption | undefined;
}

export interface GroupPlacements {
  /** In step: the n-th request was answered by the n-th placement. */
  readonly placed: readonly PlaceRequest[];
  readonly placements: readonly Placement[];
  /** What has to go for them. */
  readonly evictions: readonly PlannedEviction[];
  /** How many found no node, and why the first did not. */
  readonly failed: number;
  readonly failure: PlacementMetrics | undefined;
}

/**
 * So many placements of one evaluation are explained one by one. After them every
 * `EXPLAIN_EVERY`-th is, and the ones between share its explanation: at a million allocations their
 * reasons would outweigh everything else.
 */
const EXPLAIN_FIRST = 8;
const EXPLAIN_EVERY = 100;

/** Places in the requests' order. The ledger keeps holding what was placed. */
export function placeGroup(scope: PlaceScope, requests: readonly PlaceRequest[]): GroupPlacements {
  const placer = new Placer(scope);
  const placed: PlaceRequest[] = [];
  const placements: Placement[] = [];
  for (const request of requests) {
    const placement = placer.place(request, placements.length);
    if (placement === undefined) break;
    placed.push(request);
    placements.push(placement);
  }
  const failed = requests.length - placements.length;
  const failure = failed === 0 ? undefined : placer.explainFailure(failed - 1);
  placer.close();
  return { placed, placements, evictions: placer.evictions, failed, failure };
}

/** The ranking of one group with this evaluation's own facts on top, until closed. */
class Placer {
  readonly #scope: PlaceScope;
  readonly #spread: SpreadCount | undefined;
  readonly #reconsider: Reconsider | undefined;
  readonly evictions: PlannedEviction[] = [];
  #metrics: PlacementMetrics | undefined;
  #room: Room | undefined;

  constructor(scope: PlaceScope) {
    const { job, group, ledger, proposed, terms, ties } = scope;
    this.#scope = scope;
    this.#spread = countSpreads(job, group);
    terms.ranking.enter(group.count, ties.next(), this.#spread?.boost);
    for (const slot of proposed.slots()) {
      for (let i = proposed.count(slot, group.name); i > 0; i--) {
        terms.ranking.collide(slot, 1);
        this.#spread?.add(ledger.nodeAt(slot), 1);
      }
    }
    this.#reconsider = watchDistinct(terms.requirement.distinct, {
      ledger,
      ranking: terms.ranking,
      proposed,
      group: group.name,
    });
  }

  place(request: PlaceRequest, ordinal: number): Placement | undefined {
    const { ledger, terms } = this.#scope;
    const { ranking } = terms;
    const depth = ledger.depth;
    const replaced = this.#vacate(request.replaces);
    const penalties = this.#penalties(request);
    if (penalties.length > 0) ranking.penalise(penalties);
    const leaf = this.#preferred(request) ?? ranking.best() ?? this.#makeRoom();
    if (leaf !== undefined) this.#explain(ordinal);
    if (penalties.length > 0) ranking.penalise([]);
    if (leaf === undefined) {
      ledger.rollback(depth);
      if (replaced !== undefined) this.#move(replaced, 1);
      return undefined;
    }
    return this.#occupy(ranking.slotAt(leaf), request);
  }

  /** Why no node was found, for the instance and `more` that were not tried. */
  explainFailure(more: number): PlacementMetrics {
    const { ledger, terms } = this.#scope;
    return { ...explainRanking(ledger, terms.ranking), coalescedFailures: more };
  }

  close(): void {
    this.#scope.terms.ranking.leave();
  }

  /** Takes room from less important jobs; answers the node where that was possible. */
  #makeRoom(): number | undefined {
    const { preemption, terms, group, ties } = this.#scope;
    if (preemption === undefined) return undefined;
    this.#room = preemption.room({ terms, group }, ties.next());
    if (this.#room === undefined) return undefined;
    terms.ranking.refresh();
    return terms.ranking.leafOf(this.#room.slot);
  }

  #evict(placement: Mutable<Placement>): void {
    const victims = this.#room?.victims ?? [];
    this.#room = undefined;
    if (victims.length === 0) return;
    placement.preemptedAllocs = victims.map(({ id }) => id);
    for (const alloc of victims) {
      this.evictions.push({ alloc, byAllocId: placement.id, byGroup: placement.group });
    }
  }

  #explain(ordinal: number): void {
    if (ordinal >= EXPLAIN_FIRST && ordinal % EXPLAIN_EVERY !== 0) return;
    this.#metrics = explainRanking(this.#scope.ledger, this.#scope.terms.ranking);
  }

  #occupy(slot: number, request: PlaceRequest): Placement {
    const { ledger, group, terms, nextId, ports } = this.#scope;
    assert(this.#metrics !== undefined, 'the first placement is always explained');
    const placement: Mutable<Placement> = {
      id: nextId() as AllocId,
      name: request.name,
      group: group.name,
      nodeId: ledger.nodeAt(slot).id,
      resources: resourcesOn(ledger, slot, terms.ask, group),
      ports: portsOn(ledger, slot, terms.ask, ports),
      metrics: this.#metrics,
      canary: request.canary,
      reschedules: this.#reschedules(request),
    };
    // Assigned one by one: spreading is several times slower, and this is the hottest loop.
    if (request.jobVersion !== undefined) placement.jobVersion = request.jobVersion;
    if (request.deploymentId !== undefined) placement.deploymentId = request.deploymentId;
    if (request.previous !== undefined) placement.previousAllocId = request.previous.id;
    if (this.#room !== undefined) this.#evict(placement);
    ledger.hold(slot, placement);
    this.#move(slot, 1);
    return placement;
  }

  /** Takes an allocation off its node for the moment; answers its slot if it held anything. */
  #vacate(alloc: Alloc | undefined): number | undefined {
    if (alloc === undefined || isTerminal(alloc)) return undefined;
    const slot = this.#scope.ledger.slotOf(alloc.nodeId);
    if (slot === undefined) return undefined;
    this.#scope.ledger.drop(slot, alloc);
    this.#move(slot, -1);
    return slot;
  }

  #move(slot: number, by: 1 | -1): void {
    const { group, ledger, proposed, terms } = this.#scope;
    proposed.add(slot, group.name, by);
    terms.ranking.collide(slot, by);
    this.#spread?.add(ledger.nodeAt(slot), by);
    this.#reconsider?.(slot);
  }

  /** Nodes where the instance has failed before. */
  #penalties({ previous, reschedule }: PlaceRequest): readonly number[] {
    if (previous === undefined || !reschedule) return [];
    const ids = [previous.nodeId, ...previous.reschedules.map((event) => event.previousNodeId)];
    const slots = ids.map((id) => this.#scope.ledger.slotOf(id));
    return [...new Set(slots.filter((slot) => slot !== undefined))];
  }

  /** A sticky disk stays where it is, if there is still room beside it. */
  #preferred({ previous, reschedule }: PlaceRequest): number | undefined {
    const { group, ledger, terms } = this.#scope;
    if (previous === undefined || reschedule || !group.ephemeralDisk.sticky) return undefined;
    const slot = ledger.slotOf(previous.nodeId);
    const leaf = slot === undefined ? undefined : terms.ranking.leafOf(slot);
    if (leaf === undefined) return undefined;
    terms.ranking.refresh();
    return terms.ranking.verdictAt(leaf).kind === 'fits' ? leaf : undefined;
  }

  #reschedules({
    previous,
    reschedule,
    rescheduleDelayMs,
  }: PlaceRequest): readonly RescheduleEvent[] {
    if (previous === undefined) return NO_RESCHEDULES;
    if (!reschedule) return previous.reschedules;
    const event: RescheduleEvent = {
      at: this.#scope.now,
      previousAllocId: previous.id,
      previousNodeId: previous.nodeId,
      delayMs: rescheduleDelayMs ?? 0,
    };
    const attempts = this.#scope.group.reschedule?.attempts ?? 0;
    return [...previous.reschedules, event].slice(-Math.max(RESCHEDULES_MIN, attempts));
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NO_RESCHEDULES: readonly RescheduleEvent[] = [];

/**
 * Events kept of one chain of replacements at least: the delays look back at two of them.
 *
 * Source: Nomad keeps five where attempts are unlimited, else those of the interval.
 */
const RESCHEDULES_MIN = 5;
