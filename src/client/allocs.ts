/**
 * The allocations of this node: restored, taken over from the servers' list, collected.
 *
 * AL1: one runner for each allocation, ever: what was collected is remembered for as long as the
 *      servers list it, so that a late list does not start it again.
 * AL2: an allocation's directory goes only once the servers know its end, or have forgotten it.
 */
import { setMaxListeners } from 'node:events';
import { Bug } from '../base/assert.ts';
import { explain, Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import { isClientTerminal } from '../core/model/alloc.ts';
import { sortAssignments } from '../core/runner/assignments.ts';
import { collect } from '../core/runner/collect.ts';
import type { Assignment } from '../ports/server-link.ts';
import type { ClientConfig } from './config.ts';
import type { Reporter } from './reporter.ts';
import { AllocRunner, restoreRunner, type RunnerDeps } from './runner.ts';

export class Allocs {
  readonly #config: ClientConfig;
  readonly #deps: RunnerDeps;
  readonly #reporter: Reporter;
  readonly #runners = new Map<AllocId, AllocRunner>();
  /** AL1: with the index each had. */
  readonly #collected = new Map<AllocId, number>();
  readonly #underway = new Set<Promise<void>>();
  readonly #life = new AbortController();
  #onBroken: (error: unknown) => void = () => undefined;

  constructor(config: ClientConfig, deps: RunnerDeps, reporter: Reporter) {
    this.#config = config;
    this.#deps = deps;
    this.#reporter = reporter;
    // One listener for each runner, and there may be hundreds.
    setMaxListeners(0, this.#life.signal);
  }

  /** Called with the error should a runner break. */
  set onBroken(tell: (error: unknown) => void) {
    this.#onBroken = tell;
  }

  /** Fails: `not_found`. */
  get(id: AllocId): AllocRunner {
    const runner = this.#runners.get(id);
    if (runner === undefined) throw new Failure('not_found', `Unknown allocation "${id}"`);
    return runner;
  }

  all(): readonly AllocRunner[] {
    return [...this.#runners.values()];
  }

  /** Resolves when it has ended here; what is not here has. */
  async awaitEnd(id: AllocId, signal: AbortSignal): Promise<void> {
    await this.#runners.get(id)?.ended(signal);
  }

  /** True where it was given to this node, and is not forgotten yet. */
  isHere(id: AllocId): boolean {
    return this.#runners.has(id) || this.#collected.has(id);
  }

  /** True where nothing of it runs here, or will. */
  hasEnded(id: AllocId): boolean {
    const runner = this.#runners.get(id);
    return runner === undefined || runner.endedAt !== undefined;
  }

  /** Takes up what an earlier process left. */
  async restore(): Promise<void> {
    for (const stored of await this.#deps.store.loadAllocs()) {
      const runner = restoreRunner(stored, this.#config, this.#deps);
      this.#runners.set(runner.id, runner);
    }
    for (const runner of this.all()) this.#launch(runner);
  }

  /** Brings what runs here in line with a complete list; false where it could not take all over. */
  async assign(listed: readonly Assignment[]): Promise<boolean> {
    const held = [
      ...this.all().map(({ id, assignment }) => ({
        id,
        allocModifyIndex: assignment.alloc.allocModifyIndex,
      })),
      ...[...this.#collected].map(([id, allocModifyIndex]) => ({ id, allocModifyIndex })),
    ];
    const { added, updated, removed } = sortAssignments(held, listed);
    const taken = await Promise.all(added.map((assignment) => this.#add(assignment)));
    await Promise.all(
      updated.map(async (assignment) => this.#runners.get(assignment.alloc.id)?.update(assignment)),
    );
    for (const { alloc } of listed) {
      // Its end was told by an earlier life of this client, which could not write it down.
      if (isClientTerminal(alloc)) this.#runners.get(alloc.id)?.stop();
    }
    for (const id of removed) {
      this.#collected.delete(id);
      const runner = this.#runners.get(id);
      if (runner !== undefined) this.#track(this.#forget(runner));
    }
    return taken.every(Boolean);
  }

  /** Removes what ended allocations left, as the settings say. */
  async collect(): Promise<void> {
    for (;;) {
      const chosen = collect(
        this.all().map(({ id, endedAt }) => ({
          id,
          ...(endedAt === undefined ? {} : { endedAt }),
        })),
        await this.#deps.dirs.fullness(),
        this.#config.collect,
        this.#deps.time.now(),
      );
      const [first] = chosen.filter((id) => !this.#reporter.isWaiting(id));
      if (first === undefined) return;
      await this.#collectOne(this.get(first));
    }
  }

  /** Removes what one ended allocation left, or all of them. */
  async collectNow(id: AllocId | undefined): Promise<void> {
    const runners = id === undefined ? this.all() : [this.get(id)];
    for (const runner of runners) {
      if (runner.endedAt !== undefined && !this.#reporter.isWaiting(runner.id)) {
        await this.#collectOne(runner);
      } else if (id !== undefined) {
        throw new Failure('conflict', `allocation "${id}" has not ended`);
      }
    }
  }

  /** Whether any group is to stop when the servers are silent for too long. */
  get mindsSilence(): boolean {
    return this.all().some(
      (each) => each.endedAt === undefined && silenceMsMax(each) !== undefined,
    );
  }

  /** Stops groups whose job wants that. @param silentMs how long the servers have been silent */
  stopSilent(silentMs: number): void {
    for (const runner of this.all()) {
      const limitMs = silenceMsMax(runner);
      if (limitMs !== undefined && silentMs > limitMs) runner.stopUnheard(silentMs);
    }
  }

  /** Ends everything and removes every trace of it (`-dev`). */
  async abandonAll(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal);
    await Promise.all(
      this.all().map(async (runner) => {
        runner.abandon();
        await runner.ended(signal);
        await this.#deps.dirs.remove(runner.id);
      }),
    );
    await this.#deps.store.clear();
  }

  /** Lets go of everything; tasks go on. */
  async end(): Promise<void> {
    this.#life.abort();
    await Promise.all(this.#underway);
  }

  /** False where it is to be tried again. */
  async #add(assignment: Assignment): Promise<boolean> {
    const { alloc } = assignment;
    try {
      await this.#deps.store.putAssignment(assignment);
      const runner = new AllocRunner(assignment, undefined, this.#config, this.#deps);
      this.#runners.set(alloc.id, runner);
      this.#launch(runner);
      return true;
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#deps.log(`client: cannot take allocation ${alloc.id} over: ${explain(error)}`);
      return false;
    }
  }

  async #forget(runner: AllocRunner): Promise<void> {
    runner.abandon();
    await runner.ended(this.#life.signal);
    if (this.#life.signal.aborted) return;
    await this.#removeTraces(runner);
  }

  async #collectOne(runner: AllocRunner): Promise<void> {
    this.#collected.set(runner.id, runner.assignment.alloc.allocModifyIndex);
    await this.#removeTraces(runner);
  }

  async #removeTraces(runner: AllocRunner): Promise<void> {
    this.#runners.delete(runner.id);
    this.#reporter.forget(runner.id);
    await this.#deps.dirs.remove(runner.id);
    await this.#deps.store.remove(runner.id);
  }

  #launch(runner: AllocRunner): void {
    this.#track(runner.run(this.#life.signal));
  }

  #track(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => {
        if (error instanceof Failure) this.#deps.log(`client: ${explain(error)}`);
        else this.#onBroken(error);
      })
      .finally(() => this.#underway.delete(done));
    this.#underway.add(done);
  }
}

/** How long the servers may be silent before its group is stopped [ms]; undefined: for ever. */
function silenceMsMax({ group }: AllocRunner): number | undefined {
  return group.disconnect?.stopOnClientAfterMs ?? group.stopAfterClientDisconnectMs;
}
