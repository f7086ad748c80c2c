/**
 * Runs one controller: asks it when its tables changed or its time has come, appends what it
 * proposes, and asks again. Proposals that lost a race are dropped: the controller sees what is so.
 */
import { explain } from '../base/failure.ts';
import type { Controller } from '../core/controllers/controller.ts';
import type { TableName } from '../core/state/watch.ts';
import { Bell } from '../run/bell.ts';
import type { DeciderDeps } from './decider.ts';

/** Changes that come in quick succession are looked at together [ms]. */
const SETTLE_MS = 5;
/** After a write that failed: the log may be full, or this server the leader no more [ms]. */
const RETRY_MS = 1_000;

export class ControllerLoop {
  readonly name: string;
  readonly #controller: Controller;
  readonly #deps: DeciderDeps;
  readonly #bell = new Bell();

  constructor(controller: Controller, deps: DeciderDeps) {
    this.name = `controller ${controller.name}`;
    this.#controller = controller;
    this.#deps = deps;
  }

  /** Runs until `signal` aborts. Only the leader does. */
  async run(signal: AbortSignal): Promise<void> {
    const tables = new Set<TableName>(this.#controller.tables);
    const unsubscribe = this.#deps.replica.subscribe(({ changes }) => {
      if (changes.some(({ table }) => tables.has(table))) this.#bell.ring();
    });
    try {
      while (!signal.aborted) await this.#turn(signal);
    } finally {
      unsubscribe();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { replica, clock, newId, log, note } = this.#deps;
    const now = clock.now();
    const { propose, wakeAt } = this.#controller.decide(replica.state, now, newId);
    if (propose.length === 0) {
      await this.#bell.wait(clock, wakeAt && Math.max(0, wakeAt - now), signal);
      await clock.sleep(SETTLE_MS, signal);
      return;
    }
    try {
      for (const entry of propose) await log.append([entry], signal);
    } catch (error) {
      note(`${this.name}: ${explain(error)}`);
      await clock.sleep(RETRY_MS, signal);
    }
  }
}
