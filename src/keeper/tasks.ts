/**
 * The tasks of a keeper, by id.
 *
 * TS1: one id, one process: a repeated start or adoption meets the first one (P2).
 * TS2: starts hold a turn of the event loop up for `TURN_MS` at most. Each takes a millisecond or
 *      more, until the new process has become its program; in between, output is collected and
 *      those who wait for the starts before are answered. (250 starts in one turn answered all at
 *      the end, half a second later.)
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Failure } from '../base/failure.ts';
import type { Kept, Launch } from '../core/keeper/launch.ts';
import type { KeptState } from '../core/keeper/protocol.ts';
import type { KeptTask } from './kept-task.ts';
import { adoptTask, launchTask, type LaunchDeps } from './launch-task.ts';

/** A few starts, so that their answers wake the agent once [ms]. */
const TURN_MS = 10;

export class Tasks {
  readonly #deps: LaunchDeps;
  readonly #tasks = new Map<string, KeptTask>();
  readonly #starting = new Map<string, Promise<KeptTask>>();
  #lastTurn: Promise<void> = Promise.resolve();
  #turnBegan = 0;

  constructor(deps: Omit<LaunchDeps, 'turn'>) {
    this.#deps = { ...deps, turn: () => this.#turn() };
  }

  get count(): number {
    return this.#tasks.size + this.#starting.size;
  }

  /** Fails as `launchTask` does. */
  async start(launch: Launch): Promise<Kept> {
    const present = this.#tasks.get(launch.id);
    if (present !== undefined) return present.kept;
    const underway = this.#starting.get(launch.id) ?? this.#launch(launch);
    return (await underway).kept;
  }

  adopt(kept: Kept): KeptState {
    const present = this.#tasks.get(kept.id);
    if (present !== undefined) return present.state;
    const task = adoptTask(kept);
    this.#tasks.set(kept.id, task);
    return task.state;
  }

  /** Fails: `not_found`. */
  get(id: string): KeptTask {
    const task = this.#tasks.get(id);
    if (task === undefined) {
      throw new Failure('not_found', 'the keeper has no such task', { facts: { id } });
    }
    return task;
  }

  /** Content when there is no such task. */
  async forget(id: string): Promise<void> {
    const task = this.#tasks.get(id);
    if (task === undefined) return;
    await task.forget();
    this.#tasks.delete(id);
  }

  list(): readonly { readonly kept: Kept; readonly state: KeptState }[] {
    return [...this.#tasks.values()].map(({ kept, state }) => ({ kept, state }));
  }

  /** TS2. */
  #turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(async () => {
      if (performance.now() - this.#turnBegan < TURN_MS) return;
      await nextTurn();
      this.#turnBegan = performance.now();
    });
    return this.#lastTurn;
  }

  #launch(launch: Launch): Promise<KeptTask> {
    const underway = launchTask(launch, this.#deps).then((task) => {
      this.#tasks.set(launch.id, task);
      return task;
    });
    this.#starting.set(launch.id, underway);
    const done = (): boolean => this.#starting.delete(launch.id);
    underway.then(done, done);
    return underway;
  }
}
