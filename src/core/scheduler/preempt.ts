/**
 * Makes room for a job by taking it from less important ones, where the scheduler's settings let
 * jobs of its type do so and no node has room otherwise.
 *
 * V1: only allocations of jobs whose priority is lower by `PRIORITY_GAP` at least are taken.
 * V2: none is taken without which the ask would fit just the same.
 * V3: the node that is chosen costs least: first by the priority of what it loses, then by number.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/concepts/scheduling/preemption
 */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { AllocId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScheduleInput } from './contract.ts';
import type { Ledger } from './ledger.ts';
import type { Ask } from './rank/ask.ts';
import { exhaustion } from './rank/fit.ts';
import type { GroupTerms } from './rankings.ts';

/** Nearer than this, jobs count as equally important: or two of them would evict each other. */
export const PRIORITY_GAP = 10;

/** So many nodes on which room can be made are compared; more would hardly be cheaper. */
const NODES_COMPARED_MAX = 32;

/** Taking more of one group than it may lose at a time makes its instances so much less wanted. */
const CROWD_PENALTY = 50;

/** An allocation that has to go. */
interface Victim {
  readonly alloc: Alloc;
  readonly priority: number;
  /** How many of its group may move at a time. */
  readonly maxParallel: number;
}

/** Where room was made. What goes is off the ledger already. */
export interface Room {
  readonly slot: number;
  readonly victims: readonly Alloc[];
}

/** The group that needs room, compiled. */
type Needy = Readonly<{ terms: GroupTerms; group: TaskGroup }>;

/** What one evaluation may take from others; undefined where it may take nothing. */
export function preemptionOf(
  { snapshot, ledger }: Pick<ScheduleInput, 'snapshot' | 'ledger'>,
  job: Job,
): Preemption | undefined {
  const may = snapshot.schedulerConfig.preemption[job.type];
  return may ? new Preemption(snapshot, ledger, job) : undefined;
}

export class Preemption {
  readonly #snapshot: ScheduleInput['snapshot'];
  readonly #ledger: Ledger;
  readonly #job: Job;
  readonly #taken = new Set<AllocId>();
  /** Of other jobs, by id and version. */
  readonly #jobs = new Map<string, Job | undefined>();
  /** By group: nodes where no room can be made, which later instances need not look at. */
  readonly #hopeless = new Map<string, Set<number>>();

  constructor(snapshot: ScheduleInput['snapshot'], ledger: Ledger, job: Job) {
    this.#snapshot = snapshot;
    this.#ledger = ledger;
    this.#job = job;
  }

  /** Makes room on the node where it costs least (V3); undefined where it can be made nowhere. */
  room(needy: Needy, start: number): Room | undefined {
    const { ranking } = needy.terms;
    const hopeless = this.#hopeless.get(needy.group.name) ?? new Set<number>();
    this.#hopeless.set(needy.group.name, hopeless);
    const { length } = ranking;
    const first = Math.floor(start * length);
    let best: { slot: number; victims: readonly Victim[]; cost: number } | undefined;
    let compared = 0;
    for (let i = 0; i < length && compared < NODES_COMPARED_MAX; i++) {
      const leaf = (first + i) % length;
      const slot = ranking.slotAt(leaf);
      if (hopeless.has(slot) || ranking.verdictAt(leaf).kind !== 'exhausted') continue;
      const victims = this.#victimsOn(slot, needy);
      if (victims === undefined) {
        hopeless.add(slot);
        continue;
      }
      compared++;
      const cost = costOf(victims);
      if (best === undefined || cost < best.cost) best = { slot, victims, cost };
    }
    return best === undefined ? undefined : this.#take(best.slot, best.victims);
  }

  /** Makes room on this node, or says that there can be none. */
  roomOn(slot: number, needy: Needy): Room | undefined {
    const victims = this.#victimsOn(slot, needy);
    return victims === undefined ? undefined : this.#take(slot, victims);
  }

  #take(slot: number, victims: readonly Victim[]): Room {
    const allocs = victims.map(({ alloc }) => alloc);
    for (const alloc of allocs) {
      this.#taken.add(alloc.id);
      this.#ledger.drop(slot, alloc);
    }
    return { slot, victims: allocs };
  }

  /** What would have to go; the ledger is as before. */
  #victimsOn(slot: number, { terms: { ask }, group }: Needy): readonly Victim[] | undefined {
    const ledger = this.#ledger;
    let left = this.#candidates(slot);
    if (left.length === 0) return undefined;
    const depth = ledger.depth;
    const chosen: Victim[] = [];
    for (;;) {
      const reason = exhaustion(ledger, slot, ask, group);
      if (reason === undefined) break;
      const next = nextVictim(left, chosen, { reason, ask });
      if (next === undefined) {
        ledger.rollback(depth);
        return undefined;
      }
      ledger.drop(slot, next.alloc);
      chosen.push(next);
      left = left.filter((one) => one !== next);
    }
    const needed = this.#needed(chosen, slot, { ask, group });
    ledger.rollback(depth);
    return needed;
  }

  /** Leaves out, most important first, what can stay after all (V2). */
  #needed(
    chosen: readonly Victim[],
    slot: number,
    { ask, group }: { ask: Ask; group: TaskGroup },
  ): readonly Victim[] {
    const ledger = this.#ledger;
    const stays = new Set<Victim>();
    for (const one of [...chosen].sort((a, b) => b.priority - a.priority)) {
      const depth = ledger.depth;
      ledger.hold(slot, one.alloc);
      if (exhaustion(ledger, slot, ask, group) === undefined) stays.add(one);
      else ledger.rollback(depth);
    }
    return chosen.filter((one) => !stays.has(one));
  }

  /** What may be taken on a node (V1). */
  #candidates(slot: number): readonly Victim[] {
    const victims: Victim[] = [];
    for (const alloc of this.#snapshot.allocsByNode(this.#ledger.nodeAt(slot).id)) {
      if (isTerminal(alloc) || this.#taken.has(alloc.id)) continue;
      const job = this.#jobOf(alloc);
      if (job === undefined || this.#job.priority - job.priority < PRIORITY_GAP) continue;
      const group = job.groups.find(({ name }) => name === alloc.group);
      const maxParallel = group?.migrate?.maxParallel ?? 1;
      victims.push({ alloc, priority: job.priority, maxParallel });
    }
    return victims;
  }

  #jobOf({ namespace, jobId, jobVersion }: Alloc): Job | undefined {
    if (jobId === this.#job.id && namespace === this.#job.namespace) return undefined;
    const key = `${namespace} ${jobId} ${jobVersion}`;
    if (!this.#jobs.has(key)) {
      this.#jobs.set(key, this.#snapshot.jobVersion(namespace, jobId, jobVersion));
    }
    return this.#jobs.get(key);
  }
}

/** The least important that helps against what is short, then the nearest in size. */
function nextVictim(
  left: readonly Victim[],
  chosen: readonly Victim[],
  { reason, ask }: { reason: string; ask: Ask },
): Victim | undefined {
  let best: Victim | undefined;
  let bestDistance = Infinity;
  for (const one of left) {
    if (!helps(one.alloc, reason)) continue;
    if (best !== undefined && one.priority > best.priority) continue;
    const distance = distanceOf(one, chosen, ask);
    if (best === undefined || one.priority < best.priority || distance < bestDistance) {
      best = one;
      bestDistance = distance;
    }
  }
  return best;
}

/** Whether an allocation holds any of what a node is short of, as `exhaustion` names it. */
function helps({ resources, ports }: Alloc, reason: string): boolean {
  switch (reason) {
    case 'cpu':
      return resources.cpu > 0;
    case 'memory':
      return resources.memoryMb > 0;
    case 'disk':
      return resources.diskMb > 0;
    case 'cores':
      return resources.cores.length > 0;
    default: {
      const collision = /collision .*=(\d+)$/.exec(reason)?.[1];
      if (collision !== undefined) return ports.some(({ value }) => value === Number(collision));
      return reason.startsWith('network') ? ports.length > 0 : resources.devices.length > 0;
    }
  }
}

/** How far what it holds is from what is asked for: few large ones shall not go for a small ask. */
function distanceOf(one: Victim, chosen: readonly Victim[], { resources }: Ask): number {
  const { cpu, memoryMb, diskMb } = one.alloc.resources;
  const off = (asked: number, held: number): number => (asked === 0 ? 0 : (asked - held) / asked);
  const distance = Math.hypot(
    off(resources.cpu, cpu),
    off(resources.memoryMb, memoryMb),
    off(resources.diskMb, diskMb),
  );
  const { jobId, group } = one.alloc;
  const same = chosen.filter(({ alloc }) => alloc.jobId === jobId && alloc.group === group).length;
  const over = Math.max(0, same + 1 - one.maxParallel);
  return distance + over * CROWD_PENALTY;
}

/** By the highest priority that is lost, then by how much of it: never more than one step. */
function costOf(victims: readonly Victim[]): number {
  const highest = Math.max(...victims.map(({ priority }) => priority));
  const sum = victims.reduce((total, { priority }) => total + priority, 0);
  return highest + 1 - highest / (sum + 1);
}
