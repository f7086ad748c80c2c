/**
 * Which target of a rule a request goes to.
 *
 * P1: a target without weight is never picked, and none that was tried already.
 * P2: one that was thrown out is picked only where all others are, too.
 */
import type { Rule, Target } from './rule.ts';

export type Strategy = 'rr' | 'least' | 'random';
export const STRATEGIES: readonly Strategy[] = ['rr', 'least', 'random'];

export interface PickState {
  /** Counts the picks of this rule; any whole number to begin with. */
  readonly turn: number;
  /** In [0, 1). */
  readonly random: number;
  /** Requests under way to a target's address. */
  readonly active: (target: Target) => number;
  readonly ejected: (target: Target) => boolean;
  /** Ids of targets that this request failed on. */
  readonly tried: ReadonlySet<string>;
}

/** Undefined where none is left. */
export function pick(rule: Rule, strategy: Strategy, state: PickState): Target | undefined {
  const healthy = (target: Target): boolean =>
    !state.tried.has(target.id) && !state.ejected(target);
  const untried = (target: Target): boolean => !state.tried.has(target.id);
  return pickAmong(rule, strategy, state, healthy) ?? pickAmong(rule, strategy, state, untried);
}

function pickAmong(
  rule: Rule,
  strategy: Strategy,
  state: PickState,
  may: (target: Target) => boolean,
): Target | undefined {
  switch (strategy) {
    case 'rr':
      return inTurn(rule, state.turn, may);
    case 'random':
      return inTurn(rule, Math.floor(state.random * rule.ring.length), may);
    case 'least':
      return leastBusy(rule, state, may);
  }
}

/** The one at that place of the ring, or the next that may. */
function inTurn(rule: Rule, turn: number, may: (target: Target) => boolean): Target | undefined {
  const { ring, targets } = rule;
  for (let i = 0; i < ring.length; i++) {
    const target = targets[ring[(turn + i) % ring.length] ?? 0];
    if (target !== undefined && may(target)) return target;
  }
  return undefined;
}

/** The fewest requests under way for its weight; who is equal has turns. */
function leastBusy(
  { targets }: Rule,
  { turn, active }: PickState,
  may: (target: Target) => boolean,
): Target | undefined {
  let best: Target | undefined;
  let bestLoad = Infinity;
  for (let i = 0; i < targets.length; i++) {
    const target = targets[(turn + i) % targets.length];
    if (target === undefined || target.weight <= 0 || !may(target)) continue;
    const load = (active(target) + 1) / target.weight;
    if (load < bestLoad) {
      best = target;
      bestLoad = load;
    }
  }
  return best;
}
