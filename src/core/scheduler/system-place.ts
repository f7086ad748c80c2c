/** Places instances whose nodes are given: each fits there or does not. */
import type { Alloc } from '../model/alloc.ts';
import type { AllocId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
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
  readonly group: string;
  /** The job's version that is to run there: the newest, or one that is gone back to. */
  readonly version: number;
  readonly slot: number;
  readonly name: string;
  readonly canary: boolean;
  readonly previous: Alloc | undefined;
  /** Running; stopped together with the placement, or not at all. */
  readonly replaces: Alloc | undefined;
  /** What is written on that stop. */
  readonly stopDescription: string;
}

/** Whether a node is to run a group: it is out of reach, or the job's terms leave it out. */
export type Reach = 'meant' | 'absent' | 'filtered';

/** `later`: the budget ran out; `full`: it is meant, but there is no room. */
export type Fate = 'placed' | 'later' | 'full' | 'absent' | 'filtered';

/** A group of one job version, ready to be placed. */
interface Opened {
  readonly group: TaskGroup;
  readonly version: number;
  readonly terms: GroupTerms;
  readonly metrics: PlacementMetrics;
}

/** Places one after the other on the ledger, and keeps what came of it. */
export class NodePlacer implements PlaceOutcome {
  readonly placements: Placement[] = [];
  readonly stops: Stop[] = [];
  readonly evictions: PlannedEviction[] = [];
  readonly failures = new Map<string, { metrics: PlacementMetrics; terms: GroupTerms }>();
  readonly queued = new Map<string, number>();
  remainder = false;
  readonly #input: ScheduleInput;
  readonly #job: Job;
  readonly #ports;
  readonly #preemption: Preemption | undefined;
  readonly #opened = new Map<string, Opened | undefined>();

  constructor(input: ScheduleInput, job: Job) {
    this.#input = input;
    this.#job = job;
    this.#preemption = preemptionOf(input, job);
    this.#ports = input.random.fork('ports');
  }

  reachOf(request: Pick<NodeRequest, 'group' | 'version' | 'slot'>): Reach {
    const opened = this.#open(request);
    if (opened === undefined) return 'absent';
    const verdict = this.#verdict(request.slot, opened.terms);
    if (verdict === 'fits' || verdict === 'exhausted') return 'meant';
    return verdict === 'absent' ? 'absent' : 'filtered';
  }

  place(request: NodeRequest): Fate {
    const { ledger, budget } = this.#input;
    const { group, slot, replaces } = request;
    const opened = this.#open(request);
    if (opened === undefined) return 'absent';
    this.#queue(group, 0);
    const depth = ledger.depth;
    if (replaces !== undefined) ledger.drop(slot, replaces);
    const verdict = this.#verdict(slot, opened.terms);
    const open = this.placements.length < budget;
    const room = open && verdict === 'exhausted' ? this.#makeRoom(slot, opened) : undefined;
    if (open && (verdict === 'fits' || room !== undefined)) {
      this.#occupy(request, opened, room?.victims ?? []);
      return 'placed';
    }
    ledger.rollback(depth);
    if (verdict === 'fits') {
      this.remainder = true;
      this.#queue(group, 1);
      return 'later';
    }
    if (verdict !== 'exhausted') return verdict === 'absent' ? 'absent' : 'filtered';
    this.#fail(group, opened);
    this.#queue(group, 1);
    return 'full';
  }

  /** Its node is not meant any more. */
  remove(slot: number, alloc: Alloc): void {
    this.stops.push(stopOf(alloc, say.STOP_NOT_NEEDED));
    this.#input.ledger.drop(slot, alloc);
  }

  /** The terms of a group, as that version of the job has it; undefined where it has none. */
  #open({ group: name, version }: Pick<NodeRequest, 'group' | 'version'>): Opened | undefined {
    const key = `${version} ${name}`;
    if (this.#opened.has(key)) return this.#opened.get(key);
    const { ledger, snapshot } = this.#input;
    const newest = this.#job;
    const job =
      version === newest.version
        ? newest
        : snapshot.jobVersion(newest.namespace, newest.id, version);
    const group = job?.groups.find((candidate) => candidate.name === name);
    let opened: Opened | undefined;
    if (job !== undefined && group !== undefined) {
      const terms = termsOf(ledger, job, group, snapshot.schedulerConfig);
      terms.ranking.enter(1, 0);
      opened = { group, version, terms, metrics: explainRanking(ledger, terms.ranking) };
      terms.ranking.leave();
    }
    this.#opened.set(key, opened);
    return opened;
  }

  #verdict(slot: number, terms: GroupTerms): string {
    terms.ranking.refresh();
    const leaf = terms.ranking.leafOf(slot);
    return leaf === undefined ? 'absent' : terms.ranking.verdictAt(leaf).kind;
  }

  #makeRoom(slot: number, { group, terms }: Opened): Room | undefined {
    return this.#preemption?.roomOn(slot, { terms, group });
  }

  #occupy(request: NodeRequest, opened: Opened, victims: readonly Alloc[]): void {
    const { ledger, nextId } = this.#input;
    const { slot, previous, replaces, stopDescription, version } = request;
    const { group, terms, metrics } = opened;
    const placement: Placement = {
      id: nextId() as AllocId,
      name: request.name,
      group: group.name,
      ...(version === this.#job.version ? {} : { jobVersion: version }),
      nodeId: ledger.nodeAt(slot).id,
      resources: resourcesOn(ledger, slot, terms.ask, group),
      ports: portsOn(ledger, slot, terms.ask, this.#ports),
      metrics,
      canary: request.canary,
      ...(previous === undefined ? {} : { previousAllocId: previous.id }),
      ...(victims.length === 0 ? {} : { preemptedAllocs: victims.map(({ id }) => id) }),
      reschedules: [],
    };
    for (const alloc of victims) {
      this.evictions.push({ alloc, byAllocId: placement.id, byGroup: group.name });
    }
    ledger.hold(slot, placement);
    this.placements.push(placement);
    if (replaces !== undefined) this.stops.push(stopOf(replaces, stopDescription));
  }

  #fail(group: string, { terms, metrics }: Opened): void {
    const before = this.failures.get(group);
    this.failures.set(group, {
      terms,
      metrics: before === undefined ? metrics : again(before.metrics),
    });
  }

  #queue(group: string, by: number): void {
    this.queued.set(group, (this.queued.get(group) ?? 0) + by);
  }
}

function again(metrics: PlacementMetrics): PlacementMetrics {
  return { ...metrics, coalescedFailures: metrics.coalescedFailures + 1 };
}
