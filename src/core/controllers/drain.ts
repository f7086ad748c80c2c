/**
 * Empties draining nodes: service work moves as fast as its job allows, batch work may finish until
 * the deadline, system jobs leave last.
 *
 * D1: without a deadline reached, no job group has more instances away than its `max_parallel`.
 * D2: at the deadline everything that is left moves at once.
 * D3: a drain ends when nothing that it concerns runs on the node any more.
 */
import type { Millis } from '../../base/brand.ts';
import { PLACEMENTS_PER_ENTRY_MAX } from '../limits.ts';
import { isClientTerminal, isTerminal } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { DrainStrategy, Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Entry } from '../state/entry.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import type { State } from '../state/state.ts';
import { jobKey } from '../state/watch.ts';
import { decision, earlier } from './controller.ts';
import type { Controller } from './controller.ts';

export const drainController: Controller = {
  name: 'drain',
  tables: ['nodes', 'allocs'],
  decide(state, now, newId) {
    const moving = new Moving(state, now);
    const ends: Entry[] = [];
    for (const node of state.drainingNodes()) {
      if (node.drain === undefined) continue;
      if (moving.empty(node, node.drain)) ends.push(drained(node, node.drain, now, newId()));
    }
    return decision([...moving.entries(newId), ...ends], moving.wakeAt);
  },
};

/** How long an instance runs before it is healthy, by default [ms]. Source: Nomad's `migrate`. */
const MIN_HEALTHY_MS = 10_000;

/** Collects what is to move, over all draining nodes. */
class Moving {
  wakeAt: Millis | undefined;
  readonly #state: State;
  readonly #now: Millis;
  readonly #allocs: Alloc[] = [];
  /** By job and group. */
  readonly #spares = new Map<string, Spare>();

  constructor(state: State, now: Millis) {
    this.#state = state;
    this.#now = now;
  }

  /** Lets go what may leave the node now; answers whether nothing is left on it. */
  empty(node: Node, drain: DrainStrategy): boolean {
    const left = [...this.#state.allocsByNode(node.id)].filter((each) => !isClientTerminal(each));
    const system = left.filter((each) => this.#isSystem(each));
    const others = left.filter((each) => !this.#isSystem(each));
    const isOver = this.#isOver(drain);
    if (!isOver) this.wakeAt = earlier(this.wakeAt, drain.forceAt);
    for (const alloc of others) if (isOver || this.#mayLeave(alloc)) this.#move(alloc);
    if (drain.ignoreSystemJobs) return others.length === 0;
    if (isOver || others.length === 0) for (const alloc of system) this.#move(alloc);
    return left.length === 0;
  }

  entries(newId: () => string): readonly Entry[] {
    const entries: Entry[] = [];
    for (let i = 0; i < this.#allocs.length; i += PLACEMENTS_PER_ENTRY_MAX) {
      const batch = this.#allocs.slice(i, i + PLACEMENTS_PER_ENTRY_MAX);
      entries.push({
        type: 'allocs.transition',
        at: this.#now,
        allocIds: batch.map(({ id }) => id),
        transition: { migrate: true },
        evals: this.#evaluations(batch, newId),
      });
    }
    return entries;
  }

  #isOver(drain: DrainStrategy): boolean {
    return drain.deadlineMs < 0 || (drain.forceAt !== undefined && drain.forceAt <= this.#now);
  }

  #move(alloc: Alloc): void {
    if (isTerminal(alloc) || alloc.desiredTransition?.migrate === true) return;
    this.#allocs.push(alloc);
  }

  /** Whether the group of the allocation can spare it now (D1). Batch work is left to finish. */
  #mayLeave(alloc: Alloc): boolean {
    if (isTerminal(alloc) || alloc.desiredTransition?.migrate === true) return false;
    const job = this.#jobOf(alloc);
    if (job?.type === 'batch') return false;
    const key = `${jobKey(alloc.namespace, alloc.jobId)}\0${alloc.group}`;
    const spare = this.#spares.get(key) ?? this.#spareOf(alloc, job);
    this.#spares.set(key, spare);
    // What is of no use here is moved as long as most of the group is known to run.
    const isAllowed = (isUnhealthy(alloc) ? spare.judged : spare.healthy) > 0;
    if (!isAllowed) return false;
    spare.judged -= 1;
    if (!isUnhealthy(alloc)) spare.healthy -= 1;
    return true;
  }

  /** Instances beyond those that must stay up. */
  #spareOf(alloc: Alloc, job: Job | undefined): Spare {
    const group = job?.groups.find(({ name }) => name === alloc.group);
    if (job === undefined || group === undefined || job.stop) {
      return { healthy: Infinity, judged: Infinity };
    }
    let healthy = 0;
    let unhealthy = 0;
    for (const mate of this.#state.allocsByJob(alloc.namespace, alloc.jobId)) {
      if (mate.group !== alloc.group || isTerminal(mate)) continue;
      if (mate.desiredTransition?.migrate === true) continue;
      if (isUnhealthy(mate)) unhealthy += 1;
      else if (this.#isHealthy(mate, group)) healthy += 1;
    }
    const least = group.count - (group.migrate?.maxParallel ?? 1);
    return { healthy: healthy - least, judged: healthy + unhealthy - least };
  }

  /**
   * Said so by its client; or running for as long as the group wants to see it run. Where checks
   * decide, a client that says nothing is believed only when it has had its time to say more.
   */
  #isHealthy(alloc: Alloc, { migrate }: TaskGroup): boolean {
    if (alloc.deploymentStatus?.healthy === true) return true;
    if (alloc.clientStatus !== 'running') return false;
    const decidedByChecks = migrate?.healthCheck === 'checks';
    const leastMs = migrate?.minHealthyTimeMs ?? MIN_HEALTHY_MS;
    const waitMs = decidedByChecks ? Math.max(leastMs, migrate.healthyDeadlineMs) : leastMs;
    const healthyAt = (startOf(alloc) + waitMs) as Millis;
    if (healthyAt <= this.#now) return true;
    this.wakeAt = earlier(this.wakeAt, healthyAt);
    return false;
  }

  #evaluations(allocs: readonly Alloc[], newId: () => string): readonly Evaluation[] {
    const evals = new Map<string, Evaluation>();
    for (const alloc of allocs) {
      const key = jobKey(alloc.namespace, alloc.jobId);
      const job = this.#jobOf(alloc);
      if (job === undefined || evals.has(key)) continue;
      const evaluation = newEvaluation(newId() as EvalId, job, 'node-drain', this.#now);
      evals.set(key, { ...evaluation, nodeId: alloc.nodeId });
    }
    return [...evals.values()];
  }

  #isSystem(alloc: Alloc): boolean {
    const type = this.#jobOf(alloc)?.type;
    return type === 'system' || type === 'sysbatch';
  }

  #jobOf({ namespace, jobId, jobVersion }: Alloc): Job | undefined {
    return (
      this.#state.job(namespace, jobId) ?? this.#state.jobVersion(namespace, jobId, jobVersion)
    );
  }
}

/** How many may leave now. */
interface Spare {
  /** Of the healthy ones. */
  healthy: number;
  /** Of those that were called unhealthy. */
  judged: number;
}

function isUnhealthy({ deploymentStatus }: Alloc): boolean {
  return deploymentStatus?.healthy === false;
}

/** When the last of its tasks began to run. */
function startOf(alloc: Alloc): number {
  const starts = Object.values(alloc.taskStates).map(({ startedAt }) => startedAt ?? 0);
  return Math.max(alloc.createdAt, ...starts);
}

function drained(node: Node, drain: DrainStrategy, now: Millis, seed: string): Entry {
  return {
    type: 'node.drain',
    at: now,
    nodeId: node.id,
    markEligible: false,
    ifStartedAt: drain.startedAt,
    event: { at: now, subsystem: 'Drain', message: 'Node drain complete', details: {} },
    seed,
  };
}
