/** Places instances whose nodes are given: each fits there or does not. */
import type { AllocId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Alloc } from '../model/alloc.ts';
import type { PlacementMetrics } from '../model/metrics.ts';
import type { Placement, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScheduleInput } from './contract.ts';
import * as say from './descriptions.ts';
import { explainRanking } from './explain.ts';
import { portsOn, resourcesOn } from './rank/fit.ts';
import { termsOf, type GroupTerms } from './rankings.ts';
import { stopOf } from './reconcile-stops.ts';
import type { PlaceOutcome, PlannedEviction } from './place-outcome.ts';
import { preemptionOf, type Preemption, type Room } from './preempt.ts';

export interface NodeRequest {
  readonly group: TaskGroup;
  readonly slot: number;
  readonly name: string;
  readonly previous: Alloc | undefined;
  /** Running; stopped together with the placement, or not at all. */
  readonly replaces: Alloc | undefined;
}

export interface NodesOutcome extends PlaceOutcome {
  /** By group: nodes that are not meant, being out of reach or filtered. */
  readonly skipped: ReadonlyMap<string, number>;
  /** By group: outdated instances on nodes that are not meant any more. */
  readonly removed: ReadonlyMap<string, number>;
}

export function placeOnNodes(
  input: ScheduleInput,
  job: Job,
  requests: readonly NodeRequest[],
): NodesOutcome {
  const draft = new OutcomeDraft(input, job);
  const { ledger, snapshot } = input;
  const byGroup = new Map<TaskGroup, NodeRequest[]>();
  for (const request of requests) {
    const same = byGroup.get(request.group);
    if (same === undefined) byGroup.set(request.group, [request]);
    else same.push(request);
  }
  for (const [group, mine] of byGroup) {
    const terms = termsOf(ledger, job, group, snapshot.schedulerConfig);
    terms.ranking.enter(1, 0);
    const metrics = explainRanking(ledger, terms.ranking);
    for (const request of mine) draft.place(request, terms, metrics);
    terms.ranking.leave();
  }
  return draft;
}

class OutcomeDraft implements NodesOutcome {
  readonly placements: Placement[] = [];
  readonly stops: Stop[] = [];
  readonly evictions: PlannedEviction[] = [];
  readonly failures = new Map<string, { metrics: PlacementMetrics; terms: GroupTerms }>();
  readonly queued = new Map<string, number>();
  readonly skipped = new Map<string, number>();
  readonly removed = new Map<string, number>();
  remainder = false;
  readonly #input: ScheduleInput;
  readonly #ports;
  readonly #preemption: Preemption | undefined;

  constructor(input: ScheduleInput, job: Job) {
    this.#input = input;
    this.#preemption = preemptionOf(input, job);
    this.#ports = input.random.fork('ports');
  }

  place(request: NodeRequest, terms: GroupTerms, metrics: PlacementMetrics): void {
    const { ledger, budget } = this.#input;
    const { group, slot, replaces } = request;
    this.#count(this.queued, group.name, 0);
    const depth = ledger.depth;
    if (replaces !== undefined) ledger.drop(slot, replaces);
    const verdict = this.#verdict(slot, terms);
    const open = this.placements.length < budget;
    const room = open && verdict === 'exhausted' ? this.#makeRoom(request, terms) : undefined;
    if (open && (verdict === 'fits' || room !== undefined)) {
      this.#occupy(request, terms, { metrics, victims: room?.victims ?? [] });
      return;
    }
    ledger.rollback(depth);
    if (verdict === 'fits') {
      this.remainder = true;
      this.#count(this.queued, group.name, 1);
    } else if (verdict === 'exhausted') {
      this.#fail(group.name, terms, metrics);
      this.#count(this.queued, group.name, 1);
    } else if (replaces !== undefined && verdict !== 'absent') {
      // Its node is not meant any more.
      this.stops.push(stopOf(replaces, say.STOP_NOT_NEEDED));
      ledger.drop(slot, replaces);
      this.#count(this.removed, group.name, 1);
    } else {
      this.#count(this.skipped, group.name, 1);
    }
  }

  #verdict(slot: number, terms: GroupTerms): string {
    terms.ranking.refresh();
    const leaf = terms.ranking.leafOf(slot);
    return leaf === undefined ? 'absent' : terms.ranking.verdictAt(leaf).kind;
  }

  #makeRoom({ slot, group }: NodeRequest, terms: GroupTerms): Room | undefined {
    return this.#preemption?.roomOn(slot, { terms, group });
  }

  #occupy(
    request: NodeRequest,
    terms: GroupTerms,
    { metrics, victims }: { metrics: PlacementMetrics; victims: readonly Alloc[] },
  ): void {
    const { ledger, nextId } = this.#input;
    const { group, slot, previous, replaces } = request;
    const placement: Placement = {
      id: nextId() as AllocId,
      name: request.name,
      group: group.name,
      nodeId: ledger.nodeAt(slot).id,
      resources: resourcesOn(ledger, slot, terms.ask, group),
      ports: portsOn(ledger, slot, terms.ask, this.#ports),
      metrics,
      canary: false,
      ...(previous === undefined ? {} : { previousAllocId: previous.id }),
      ...(victims.length === 0 ? {} : { preemptedAllocs: victims.map(({ id }) => id) }),
      reschedules: [],
    };
    for (const alloc of victims) {
      this.evictions.push({ alloc, byAllocId: placement.id, byGroup: group.name });
    }
    ledger.hold(slot, placement);
    this.placements.push(placement);
    if (replaces !== undefined) this.stops.push(stopOf(replaces, say.STOP_UPDATING));
  }

  #fail(group: string, terms: GroupTerms, metrics: PlacementMetrics): void {
    const before = this.failures.get(group);
    this.failures.set(group, {
      terms,
      metrics: before === undefined ? metrics : again(before.metrics),
    });
  }

  #count(counts: Map<string, number>, group: string, by: number): void {
    counts.set(group, (counts.get(group) ?? 0) + by);
  }
}

function again(metrics: PlacementMetrics): PlacementMetrics {
  return { ...metrics, coalescedFailures: metrics.coalescedFailures + 1 };
}
