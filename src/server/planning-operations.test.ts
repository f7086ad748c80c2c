import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyPlan,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
  World,
} from '../../test/state-world.ts';
import { lint, lintSteps } from '../core/state/lint.ts';
import type { State } from '../core/state/state.ts';
import type { Clock } from '../ports/clock.ts';
import { planningOperations, type PlanningOperations } from './planning-operations.ts';

/** A hundred nodes with ten instances each: more than they hold. */
function crowded(): State {
  const world = new World();
  for (let n = 0; n < 100; n++) world.do(registerNode(n));
  world.do(register(jobSpec('web'), 1));
  const placements = Array.from({ length: 1_000 }, (_, n) => placement(n, nodeId(n % 100)));
  world.do(applyPlan(plan('web', { placements })));
  return world.state;
}

/** A clock on which each look takes a millisecond; it counts who sleeps. */
class Slow implements Clock {
  slept = 0;
  #elapsedMs = 0;
  readonly onSleep: () => void;

  constructor(onSleep: () => void = () => undefined) {
    this.onSleep = onSleep;
  }

  now(): never {
    throw new RangeError('a judgement needs no date');
  }

  elapsedMs(): number {
    return ++this.#elapsedMs;
  }

  sleep(): Promise<void> {
    this.slept += 1;
    this.onSleep();
    return Promise.resolve();
  }
}

function judging(state: State, clock: Clock): PlanningOperations {
  return planningOperations({ replica: { state }, clock, newId: () => 'none' });
}

test('a judgement lets others have their turn, and misses nothing', async () => {
  const state = crowded();
  const rows = [...Object.values(state.counts())].reduce((sum, count) => sum + count, 0);
  const steps = [...lintSteps(state)].length;
  assert.ok(rows > 1_000 && steps > 4 * rows, `each row is a step: ${rows} rows, ${steps} steps`);
  const clock = new Slow();
  const signal = new AbortController().signal;
  assert.deepEqual(await judging(state, clock).lint(signal), lint(state));
  assert.ok(clock.slept > 10, `it slept ${clock.slept} times`);
});

test('nobody judges for who has gone', async () => {
  const gone = new AbortController();
  const clock = new Slow(() => gone.abort());
  await assert.rejects(judging(crowded(), clock).lint(gone.signal), { name: 'AbortError' });
  assert.equal(clock.slept, 1);
});
