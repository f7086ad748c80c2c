/**
 * All nodes, ranked for one kind of ask. Rankings are kept from evaluation to evaluation: between
 * two of them only the nodes that changed are scored again (the ledger's dirty trail says which).
 *
 * What belongs to one evaluation (where the job already runs, nodes it must not use) is laid on top
 * between `enter` and `leave`.
 *
 * K1: `best` is a node of the highest score among those that are in reach, feasible and not
 *     exhausted.
 * K2: after `leave` nothing is left of the evaluation.
 * K3: the answer depends on the nodes, the ask and the evaluation, not on the ranking's past.
 */
import { assert } from '../../../base/assert.ts';
import type { Node } from '../../model/node.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import type { SchedulerConfig } from '../../model/scheduler-config.ts';
import type { Requirement } from '../feasible/requirement.ts';
import type { Ledger } from '../ledger.ts';
import type { AffinityScore } from './affinity.ts';
import type { Ask } from './ask.ts';
import { ABSENT, Census, ELSEWHERE, FITS, type Verdict } from './census.ts';
import { exhaustion } from './fit.ts';
import { crowded, packed, RESCHEDULE_PENALTY, spreadOut } from './score.ts';
import { Tournament } from './tournament.ts';

/** What a ranking is of; all that `key` stands for. */
export interface RankingSubject {
  readonly requirement: Requirement;
  readonly ask: Ask;
  readonly group: TaskGroup;
  readonly algorithm: SchedulerConfig['algorithm'];
  readonly affinity: AffinityScore;
  /** Values by which nodes are kept apart, for `spread`; empty: all together. */
  readonly partition: (node: Node) => string;
}

/** A preference among the partitions, asked anew for every placement. */
export type PartitionBoost = (partition: string) => number;

export class Ranking {
  readonly #ledger: Ledger;
  readonly #subject: RankingSubject;
  #membership = -1;
  #position = 0;

  #leafOf = new Int32Array(0);
  #slots: readonly number[] = [];
  /** By leaf: what the node's row alone says, and the revision of the row that was judged. */
  #judged = new Uint16Array(0);
  #revision = new Float64Array(0);
  #verdict = new Uint16Array(0);
  #nodeClasses: string[] = [];
  #fit = new Float64Array(0);
  #affinity = new Float64Array(0);
  #partitions: Partition[] = [];
  #partOf = new Int32Array(0);
  #placeInPart = new Int32Array(0);

  readonly #census = new Census();
  #available: Readonly<Record<string, number>> | undefined;
  readonly #byClass = new Map<string, string | undefined>();

  // One evaluation's own.
  #collisions = new Int32Array(0);
  #masked = new Uint16Array(0);
  #penalised: readonly number[] = [];
  #desired = 1;
  #rotation = 0;
  #boost: PartitionBoost | undefined;
  readonly #touched: number[] = [];

  constructor(ledger: Ledger, subject: RankingSubject) {
    this.#ledger = ledger;
    this.#subject = subject;
  }

  /** How many leaves there are: one for each node, by node id. */
  get length(): number {
    return this.#slots.length;
  }

  slotAt(leaf: number): number {
    return this.#slots[leaf] ?? 0;
  }

  /**
   * Begins an evaluation of one group.
   *
   * @param desired how many instances the group is to have
   * @param rotation 0..1, which of equally good nodes comes first
   */
  enter(desired: number, rotation: number, boost?: PartitionBoost): void {
    assert(this.#touched.length === 0, 'a ranking serves one evaluation at a time');
    this.refresh();
    this.#desired = desired;
    this.#rotation = rotation;
    this.#boost = boost;
  }

  leave(): void {
    const { length } = this.#touched;
    for (const leaf of this.#touched) {
      this.#collisions[leaf] = 0;
      this.#masked[leaf] = FITS;
    }
    this.#penalised = [];
    for (let i = 0; i < length; i++) this.#rescore(this.#touched[i] ?? 0);
    this.#touched.length = 0;
    this.#boost = undefined;
  }

  /** Notes that the group has one instance more (or fewer) on the node. */
  collide(slot: number, by: 1 | -1): void {
    const leaf = this.#leafOf[slot] ?? 0;
    this.#collisions[leaf] = (this.#collisions[leaf] ?? 0) + by;
    this.#touched.push(leaf);
    this.#rescore(leaf);
  }

  /** Takes the node out until told otherwise; without a reason it may be chosen again. */
  mask(slot: number, reason: string | undefined): void {
    const leaf = this.#leafOf[slot] ?? 0;
    const code = reason === undefined ? FITS : this.#census.code('filtered', reason);
    if (this.#masked[leaf] === code) return;
    this.#masked[leaf] = code;
    this.#touched.push(leaf);
    this.#rescore(leaf);
  }

  /** Makes some nodes less welcome for the next placement; an empty list ends it. */
  penalise(slots: readonly number[]): void {
    const before = this.#penalised;
    this.#penalised = slots.map((slot) => this.#leafOf[slot] ?? -1).filter((leaf) => leaf !== -1);
    for (const leaf of before) this.#rescore(leaf);
    for (const leaf of this.#penalised) {
      this.#touched.push(leaf);
      this.#rescore(leaf);
    }
  }

  /** The leaf of a node, whether or not it can be chosen; undefined for unknown nodes. */
  leafOf(slot: number): number | undefined {
    const leaf = this.#leafOf[slot] ?? -1;
    return leaf === -1 ? undefined : leaf;
  }

  /** The leaf of a best node; undefined where no node can take the ask (K1). */
  best(): number | undefined {
    this.refresh();
    const boost = this.#boost;
    if (boost === undefined) return this.#bestOf(this.#partitions[0]);
    let winner: number | undefined;
    let high = -Infinity;
    const count = this.#partitions.length;
    const first = Math.floor(this.#rotation * count);
    for (let i = 0; i < count; i++) {
      const leaf = this.#bestOf(this.#partitions[(first + i) % count]);
      const score = leaf === undefined ? -Infinity : this.score(leaf);
      if (score > high) {
        high = score;
        winner = leaf;
      }
    }
    return winner;
  }

  /** The best few, best first: for people to read. */
  bestFew(count: number): readonly number[] {
    const leaves: number[] = [];
    while (leaves.length < count) {
      const leaf = this.best();
      if (leaf === undefined) break;
      leaves.push(leaf);
      this.#enterTree(leaf, -Infinity);
    }
    for (const leaf of leaves) this.#rescore(leaf);
    return leaves;
  }

  verdictAt(leaf: number): Verdict {
    return this.#census.verdict(this.#verdict[leaf] ?? ABSENT);
  }

  /** How all nodes fare at this moment. */
  get census(): Census {
    return this.#census;
  }

  /** Nodes in reach by datacenter. */
  available(): Readonly<Record<string, number>> {
    if (this.#available !== undefined) return this.#available;
    const counts: Record<string, number> = {};
    for (let leaf = 0; leaf < this.length; leaf++) {
      const judged = this.#judged[leaf] ?? ABSENT;
      if (judged === ABSENT || judged === ELSEWHERE) continue;
      const { datacenter } = this.#ledger.nodeAt(this.slotAt(leaf));
      counts[datacenter] = (counts[datacenter] ?? 0) + 1;
    }
    this.#available = counts;
    return counts;
  }

  /** The mean of the parts that apply: what nodes are compared by. */
  score(leaf: number): number {
    const parts = this.scoreParts(leaf);
    const spread = this.#boost !== undefined;
    let sum = 0;
    let count = 0;
    for (const name in parts) {
      const part = parts[name] ?? 0;
      // A part of zero says nothing, but the fit always counts; so does a spread that is just met:
      // left out, it would weigh less than one that is missed by little.
      const counts = name === 'binpack' || (name === 'allocation-spread' && spread);
      if (part === 0 && !counts) continue;
      sum += part;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  }

  /** Each part by Nomad's name for it. */
  scoreParts(leaf: number): Readonly<Record<string, number>> {
    const collisions = this.#collisions[leaf] ?? 0;
    const partition = this.#partitions[this.#partOf[leaf] ?? 0];
    return {
      binpack: this.#fit[leaf] ?? 0,
      'job-anti-affinity': collisions > 0 ? crowded(collisions, this.#desired) : 0,
      'node-affinity': this.#affinity[leaf] ?? 0,
      'allocation-spread': partition === undefined ? 0 : (this.#boost?.(partition.value) ?? 0),
      'node-reschedule-penalty': this.#penalised.includes(leaf) ? RESCHEDULE_PENALTY : 0,
    };
  }

  /** Catches up with the ledger. */
  refresh(): void {
    const ledger = this.#ledger;
    if (this.#membership !== ledger.membership) {
      this.#rebuild();
      return;
    }
    if (this.#position < ledger.trailStart) {
      this.#rescoreAll();
      return;
    }
    for (; this.#position < ledger.position; this.#position++) {
      const slot = ledger.trailSlot(this.#position);
      // A later entry of the same slot will do.
      if (ledger.dirtyAt[slot] !== this.#position) continue;
      const leaf = this.#leafOf[slot] ?? -1;
      if (leaf === -1) continue;
      if (this.#moved(leaf)) {
        this.#rebuild();
        return;
      }
      this.#rescore(leaf);
    }
  }

  /** True where a changed row puts the node into another partition. */
  #moved(leaf: number): boolean {
    const slot = this.slotAt(leaf);
    if (this.#ledger.nodeRevision[slot] === this.#revision[leaf]) return false;
    const partition = this.#partitions[this.#partOf[leaf] ?? 0];
    return partition?.value !== this.#subject.partition(this.#ledger.nodeAt(slot));
  }

  #bestOf(partition: Partition | undefined): number | undefined {
    if (partition === undefined) return undefined;
    const { leaves, tournament } = partition;
    const place = tournament.find(Math.floor(this.#rotation * leaves.length));
    return place === undefined ? undefined : leaves[place];
  }

  #rebuild(): void {
    assert(this.#touched.length === 0, 'nodes do not come or go under an evaluation');
    const ledger = this.#ledger;
    this.#membership = ledger.membership;
    this.#slots = [...ledger.order];
    const { length } = this.#slots;
    this.#leafOf = new Int32Array(ledger.cpuTotal.length).fill(-1);
    this.#judged = new Uint16Array(length);
    this.#revision = new Float64Array(length);
    this.#verdict = new Uint16Array(length).fill(ABSENT);
    this.#census.reset(length);
    this.#nodeClasses = [];
    this.#available = undefined;
    this.#fit = new Float64Array(length);
    this.#affinity = new Float64Array(length);
    this.#collisions = new Int32Array(length);
    this.#masked = new Uint16Array(length);
    for (let leaf = 0; leaf < length; leaf++) this.#leafOf[this.slotAt(leaf)] = leaf;
    this.#divide();
    this.#rescoreAll();
  }

  #divide(): void {
    const byValue = new Map<string, number[]>();
    for (let leaf = 0; leaf < this.length; leaf++) {
      const value = this.#subject.partition(this.#ledger.nodeAt(this.slotAt(leaf)));
      const leaves = byValue.get(value);
      if (leaves === undefined) byValue.set(value, [leaf]);
      else leaves.push(leaf);
    }
    this.#partOf = new Int32Array(this.length);
    this.#placeInPart = new Int32Array(this.length);
    this.#partitions = [...byValue].map(([value, leaves], part) => {
      leaves.forEach((leaf, place) => {
        this.#partOf[leaf] = part;
        this.#placeInPart[leaf] = place;
      });
      return { value, leaves, tournament: new Tournament(leaves.length) };
    });
  }

  #rescoreAll(): void {
    this.#position = this.#ledger.position;
    for (const { leaves, tournament } of this.#partitions) {
      leaves.forEach((leaf, place) => {
        tournament.stage(place, this.#rate(leaf));
      });
      tournament.settle();
    }
  }

  #rescore(leaf: number): void {
    this.#enterTree(leaf, this.#rate(leaf));
  }

  #enterTree(leaf: number, value: number): void {
    const partition = this.#partitions[this.#partOf[leaf] ?? 0];
    partition?.tournament.set(this.#placeInPart[leaf] ?? 0, value);
  }

  /** Judges and scores one node; minus infinity where it cannot be chosen. */
  #rate(leaf: number): number {
    const slot = this.slotAt(leaf);
    const verdict = this.#judge(leaf, slot);
    const before = this.#verdict[leaf] ?? ABSENT;
    if (verdict !== before) {
      this.#census.move(before, verdict, this.#nodeClasses[leaf] ?? '');
      this.#verdict[leaf] = verdict;
    }
    if (verdict !== FITS) return -Infinity;
    const fit = this.#fitOf(slot);
    this.#fit[leaf] = fit;
    let sum = fit;
    let count = 1;
    const collisions = this.#collisions[leaf] ?? 0;
    if (collisions > 0) {
      sum += crowded(collisions, this.#desired);
      count++;
    }
    const affinity = this.#affinity[leaf] ?? 0;
    if (affinity !== 0) {
      sum += affinity;
      count++;
    }
    if (this.#penalised.includes(leaf)) {
      sum += RESCHEDULE_PENALTY;
      count++;
    }
    return sum / count;
  }

  #judge(leaf: number, slot: number): number {
    if (this.#ledger.nodeRevision[slot] !== this.#revision[leaf]) this.#judgeRow(leaf, slot);
    const judged = this.#judged[leaf] ?? ABSENT;
    if (judged !== FITS) return judged;
    const masked = this.#masked[leaf] ?? FITS;
    if (masked !== FITS) return masked;
    const reason = exhaustion(this.#ledger, slot, this.#subject.ask, this.#subject.group);
    return reason === undefined ? FITS : this.#census.code('exhausted', reason);
  }

  #judgeRow(leaf: number, slot: number): void {
    const node = this.#ledger.nodeAt(slot);
    this.#revision[leaf] = this.#ledger.nodeRevision[slot] ?? 0;
    this.#affinity[leaf] = this.#subject.affinity(node);
    this.#available = undefined;
    this.#reclass(leaf, node.nodeClass);
    this.#judged[leaf] = this.#judgeNode(node);
  }

  /** Counts that a node had under its old class move to the new one. */
  #reclass(leaf: number, nodeClass: string): void {
    const verdict = this.#verdict[leaf] ?? ABSENT;
    this.#census.move(verdict, ABSENT, this.#nodeClasses[leaf] ?? '');
    this.#census.move(ABSENT, verdict, nodeClass);
    this.#nodeClasses[leaf] = nodeClass;
  }

  #judgeNode(node: Node): number {
    const { requirement } = this.#subject;
    const ready = node.status === 'ready' && node.eligibility === 'eligible';
    if (!ready || node.drain !== undefined || !requirement.inPool(node)) return ABSENT;
    if (!requirement.inDatacenter(node)) return ELSEWHERE;
    const reason = this.classRefusal(node) ?? requirement.nodeRefusal(node);
    return reason === undefined ? FITS : this.#census.code('filtered', reason);
  }

  /** Asked once for each class of nodes (F1). */
  classRefusal(node: Node): string | undefined {
    const { requirement } = this.#subject;
    if (node.computedClass === '') return requirement.classRefusal(node);
    if (!this.#byClass.has(node.computedClass)) {
      this.#byClass.set(node.computedClass, requirement.classRefusal(node));
    }
    return this.#byClass.get(node.computedClass);
  }

  #fitOf(slot: number): number {
    const { cpuTotal, cpuUsed, memoryTotal, memoryUsed } = this.#ledger;
    const { resources } = this.#subject.ask;
    const cpu = freeShare(cpuTotal[slot] ?? 0, (cpuUsed[slot] ?? 0) + resources.cpu);
    const memory = freeShare(memoryTotal[slot] ?? 0, (memoryUsed[slot] ?? 0) + resources.memoryMb);
    return this.#subject.algorithm === 'binpack' ? packed(cpu, memory) : spreadOut(cpu, memory);
  }
}

interface Partition {
  readonly value: string;
  readonly leaves: readonly number[];
  readonly tournament: Tournament;
}

function freeShare(total: number, used: number): number {
  return total <= 0 ? 0 : 1 - used / total;
}
