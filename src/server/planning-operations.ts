/**
 * Questions that take many steps to answer, asked of a copy of the state: what would happen if, and
 * which moves are worth it. Between steps everybody else has their turn.
 */
import type { Clock } from '../ports/clock.ts';
import type { Note } from '../core/state/lint-note.ts';
import { lintSteps } from '../core/state/lint.ts';
import type { State } from '../core/state/state.ts';
import type { Forecast } from '../core/what-if/forecast.ts';
import { Rebalance, type Move, type RebalanceWish } from '../core/what-if/rebalance.ts';
import { Simulation, type WhatIf } from '../core/what-if/simulation.ts';
import type { Replica } from './replica.ts';
import { inSlices } from './slices.ts';

export interface PlanningOperations {
  /** Tries changes out. Fails: `canceled` when `signal` aborts. */
  simulate(whatIf: WhatIf, signal: AbortSignal): Promise<Forecast>;
  /** Finds moves. Fails: as above. */
  rebalance(wish: RebalanceWish, signal: AbortSignal): Promise<readonly Move[]>;
  /** Judges this server's state, row by row: some seconds for a million rows. Fails: as above. */
  lint(signal: AbortSignal): Promise<readonly Note[]>;
}

interface Deps {
  readonly replica: Pick<Replica, 'state'>;
  readonly clock: Clock;
  readonly newId: () => string;
}

export function planningOperations({ replica, clock, newId }: Deps): PlanningOperations {
  return {
    async simulate(whatIf, signal) {
      const simulation = new Simulation(replica.state, whatIf, { now: clock.now(), seed: newId() });
      await toTheEnd(simulation, clock, signal);
      return simulation.forecast();
    },

    async rebalance(wish, signal) {
      const search = new Rebalance(replica.state, wish);
      await toTheEnd(search, clock, signal);
      return search.moves();
    },

    lint: (signal) => judged(replica.state, clock, signal),
  };
}

/** So many short steps are taken at once: yielding after each would cost more than the steps. */
const STEPS_AT_ONCE = 4;

async function toTheEnd(
  stepwise: { step(): boolean },
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let n = 1; stepwise.step(); n++) {
    if (n % STEPS_AT_ONCE !== 0) continue;
    await clock.sleep(0, signal);
    signal.throwIfAborted();
  }
}

async function judged(state: State, clock: Clock, signal: AbortSignal): Promise<readonly Note[]> {
  const notes: Note[] = [];
  const keep = (note: Note | undefined): boolean => {
    if (note !== undefined) notes.push(note);
    return false;
  };
  await inSlices(lintSteps(state), keep, { clock, signal });
  return notes;
}
