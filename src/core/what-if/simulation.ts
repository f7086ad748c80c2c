/**
 * What would happen if: changes are made to a copy of the state, and the real scheduler, the real
 * controllers and clients that always succeed at once carry them to their end.
 *
 * S1: the state that it begins with is not touched; nothing of it leaves the simulation but the
 *     forecast.
 * S2: the same state, changes and seed give the same forecast.
 * S3: it ends: after `SIMULATION_STEPS_MAX` steps it says how far it came.
 *
 * Time passes only where nothing else is left to do, so that delays are waited for and deadlines
 * are not missed. Work does not end by itself, and nobody promotes canaries.
 */
import { assert } from '../../base/assert.ts';
import type { Index, Millis } from '../../base/brand.ts';
import { seeded } from '../../base/random.ts';
import { deploymentController } from '../controllers/deployment.ts';
import { drainController } from '../controllers/drain.ts';
import { PLACEMENTS_PER_ENTRY_MAX, SCHEDULE_BUDGET, SIMULATION_STEPS_MAX } from '../limits.ts';
import { isClientTerminal, type Alloc } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { JobSpec } from '../model/job.ts';
import { createIdSource } from '../scheduler/draw-id.ts';
import { Ledger } from '../scheduler/ledger.ts';
import { schedule } from '../scheduler/schedule.ts';
import { apply } from '../state/apply.ts';
import type { AllocClientFacts, Entry } from '../state/entry.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import { emptyState, type State } from '../state/state.ts';
import { forecast, type Forecast } from './forecast.ts';
import { inventNode, type InventedNodes } from './invent.ts';

/** The changes to try. */
export interface WhatIf {
  /** Begin with no nodes and no jobs at all. */
  readonly empty: boolean;
  readonly addNodes: readonly InventedNodes[];
  readonly drainNodes: readonly NodeId[];
  /** Gone without a word: their work is lost. */
  readonly removeNodes: readonly NodeId[];
  /** Registered, or changed, as `run` would. */
  readonly jobs: readonly JobSpec[];
  readonly scale: readonly ScaledGroup[];
  readonly stopJobs: readonly Readonly<{ namespace: Namespace; jobId: JobId }>[];
}

export interface ScaledGroup {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  /** Absent: the job's only group, or all of them. */
  readonly group?: string;
  readonly count: number;
}

/** Instants that are waited for, one after the other: reschedule delays, staggers, deadlines. */
const WAITS_MAX = 100;

export class Simulation {
  readonly #before: State;
  #state: State;
  #now: Millis;
  readonly #ledger = new Ledger();
  readonly #seed: string;
  readonly #newId: () => string;
  readonly #marks = { drained: new Set<NodeId>(), gone: new Set<NodeId>() };
  /** Blocked evaluations that were tried since something last changed. */
  readonly #tried = new Set<EvalId>();
  #steps = 0;
  #waits = 0;
  #isOver = false;

  /** @param seed breaks ties and names what is invented */
  constructor(state: State, whatIf: WhatIf, { now, seed }: { now: Millis; seed: string }) {
    this.#before = whatIf.empty ? emptyState() : state;
    this.#state = this.#before;
    this.#now = now;
    this.#seed = seed;
    this.#newId = createIdSource(seed);
    this.#ledger.load(this.#state);
    this.#change(whatIf, state);
  }

  /**
   * Does the next thing; answers whether there is more to do. Takes no longer than one decision of
   * the scheduler, so that a server can see to others between steps.
   */
  step(): boolean {
    if (this.#isOver || this.#steps >= SIMULATION_STEPS_MAX) return false;
    this.#steps++;
    this.#isOver = !(
      this.#decide() ||
      this.#retry() ||
      this.#control() ||
      this.#report() ||
      this.#wait()
    );
    return !this.#isOver;
  }

  forecast(): Forecast {
    return forecast({ before: this.#before, after: this.#state }, this.#marks, this.#isOver);
  }

  #change(whatIf: WhatIf, examples: State): void {
    let n = 0;
    for (const kind of whatIf.addNodes) {
      const like = kind.like === undefined ? undefined : examples.node(kind.like);
      for (let i = 0; i < kind.count; i++) {
        const id = this.#newId() as NodeId;
        const node = inventNode(kind, like, { n: ++n, id, now: this.#now });
        this.#apply({ type: 'node.register', at: this.#now, node, seed: `${this.#seed}/${n}` });
      }
    }
    for (const job of whatIf.jobs) this.#register(job);
    for (const scaled of whatIf.scale) this.#scale(scaled);
    for (const { namespace, jobId } of whatIf.stopJobs) {
      const job = this.#state.job(namespace, jobId);
      const evaluation = job && this.#evaluation(job, 'job-deregister');
      const stop = {
        type: 'job.deregister',
        at: this.#now,
        namespace,
        jobId,
        purge: false,
      } as const;
      this.#apply({ ...stop, ...(evaluation && { evaluation }) });
    }
    for (const nodeId of whatIf.drainNodes) this.#drain(nodeId);
    for (const nodeId of whatIf.removeNodes) {
      this.#marks.gone.add(nodeId);
      this.#apply({
        ...{ type: 'node.status', at: this.#now, nodeId, status: 'down', description: '' },
        seed: `${this.#seed}/${nodeId}`,
      });
    }
  }

  #register(job: JobSpec): void {
    const runs = job.periodic === undefined && (job.parameterized === undefined || job.dispatched);
    const evaluation = runs ? this.#evaluation(job, 'job-register') : undefined;
    this.#apply({
      ...{ type: 'job.register', at: this.#now, job },
      ...(evaluation && { evaluation }),
    });
  }

  #scale({ namespace, jobId, group, count }: ScaledGroup): void {
    const job = this.#state.job(namespace, jobId);
    const groups = job?.groups.filter(({ name }) => group === undefined || name === group) ?? [];
    for (const { name } of groups) {
      assert(job !== undefined, 'a group belongs to a job');
      this.#apply({
        ...{ type: 'job.scale', at: this.#now, namespace, jobId, group: name, count },
        ...{ message: '', error: false, meta: {} },
        evaluation: this.#evaluation(job, 'job-scaling'),
      });
    }
  }

  #drain(nodeId: NodeId): void {
    this.#marks.drained.add(nodeId);
    // As at its deadline: what finds no other place has to go all the same.
    const drain = { deadlineMs: -1, ignoreSystemJobs: false, startedAt: this.#now };
    this.#apply({
      ...{ type: 'node.drain', at: this.#now, nodeId, drain, markEligible: false },
      seed: `${this.#seed}/${nodeId}`,
    });
  }

  #evaluation(job: JobSpec, trigger: Evaluation['triggeredBy']): Evaluation {
    return newEvaluation(this.#newId() as EvalId, job, trigger, this.#now);
  }

  /** Decides one evaluation whose time has come. */
  #decide(): boolean {
    for (const each of this.#state.openEvals('pending')) {
      if ((each.waitUntil ?? 0) > this.#now) continue;
      this.#schedule(each);
      return true;
    }
    return false;
  }

  /** Tries one of those again that wait for room. */
  #retry(): boolean {
    for (const each of this.#state.openEvals('blocked')) {
      if (this.#tried.has(each.id)) continue;
      this.#tried.add(each.id);
      this.#schedule(each);
      return true;
    }
    return false;
  }

  #schedule(evaluation: Evaluation): void {
    const result = schedule({
      snapshot: this.#state,
      evaluation,
      ledger: this.#ledger,
      now: this.#now,
      random: seeded(`${this.#seed}/${this.#steps}`),
      nextId: this.#newId,
      budget: SCHEDULE_BUDGET,
    });
    const at = this.#now;
    const evals = [result.evaluation, ...result.followUps];
    const { plan } = result;
    if (plan === undefined) {
      this.#apply({ type: 'evals.upsert', at, evals });
      return;
    }
    this.#apply({ type: 'plan.apply', at, plan, evals });
    if (plan.stops.length + plan.preemptions.length > 0) this.#tried.clear();
  }

  /** Does what rollouts and drains ask for next. */
  #control(): boolean {
    const entries = [deploymentController, drainController].flatMap(
      (controller) => controller.decide(this.#state, this.#now, this.#newId).propose,
    );
    for (const entry of entries) this.#apply(entry);
    return entries.length > 0;
  }

  /** Clients carry out what they were told: what is placed runs well, what is stopped ends. */
  #report(): boolean {
    const updates: AllocClientFacts[] = [];
    for (const alloc of this.#state.allocs()) {
      const update = this.#carriedOut(alloc);
      if (update !== undefined) updates.push(update);
      if (updates.length >= PLACEMENTS_PER_ENTRY_MAX) break;
    }
    if (updates.length === 0) return false;
    const seed = `${this.#seed}/${this.#steps}`;
    this.#apply({ type: 'allocs.client-update', at: this.#now, updates, seed });
    return true;
  }

  #carriedOut(alloc: Alloc): AllocClientFacts | undefined {
    if (isClientTerminal(alloc) || alloc.clientStatus === 'unknown') return undefined;
    const node = this.#state.node(alloc.nodeId);
    if (node === undefined || node.status === 'down') return undefined;
    const { id, clientDescription, taskStates, deploymentId, deploymentStatus } = alloc;
    const facts = { id, clientDescription, taskStates, at: this.#now };
    if (alloc.desiredStatus !== 'run') return { ...facts, clientStatus: 'complete' };
    const judged = deploymentId === undefined || deploymentStatus?.healthy !== undefined;
    if (alloc.clientStatus === 'running' && judged) return undefined;
    const healthy = { deploymentStatus: { healthy: true, at: this.#now } };
    return { ...facts, clientStatus: 'running', ...(judged ? {} : healthy) };
  }

  /** Lets the time pass until somebody waits no longer. */
  #wait(): boolean {
    if (++this.#waits > WAITS_MAX) return false;
    let next = Infinity;
    for (const { waitUntil } of this.#state.openEvals('pending')) {
      next = Math.min(next, waitUntil ?? Infinity);
    }
    if (next === Infinity || next <= this.#now) return false;
    this.#now = next as Millis;
    return true;
  }

  /** What is refused changes nothing: the forecast shows it by what is missing from it. */
  #apply(entry: Entry): void {
    const index = (this.#state.index + 1) as Index;
    const { state, changes } = apply(this.#state, index, entry);
    this.#state = state;
    this.#ledger.advance(changes, index);
  }
}
