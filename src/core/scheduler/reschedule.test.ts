import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocId, nodeId, T0 } from '../../../test/state-world.ts';
import type { Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { ReschedulePolicy } from '../model/strategy.ts';
import { failureTime, nextTry } from './reschedule.ts';

/** One that failed now, after earlier tries: `[seconds ago, delay in seconds]`. */
function failed(...tries: readonly (readonly [ago: number, delay: number])[]): Alloc {
  return {
    clientStatus: 'failed',
    desiredStatus: 'run',
    modifiedAt: T0,
    taskStates: {},
    reschedules: tries.map(([ago, delay]) => ({
      at: (T0 - ago * 1_000) as Millis,
      previousAllocId: allocId(0),
      previousNodeId: nodeId(0),
      delayMs: delay * 1_000,
    })),
  } as unknown as Alloc;
}

function policy(more: Partial<ReschedulePolicy>): ReschedulePolicy {
  return {
    attempts: 0,
    intervalMs: 0,
    delayMs: 5_000,
    delayFunction: 'constant',
    maxDelayMs: 100_000,
    unlimited: true,
    ...more,
  };
}

const exponential = policy({ delayFunction: 'exponential' });
const fibonacci = policy({ delayFunction: 'fibonacci' });
const limited = policy({ unlimited: false, attempts: 2, intervalMs: 600_000 });

const rows: readonly (readonly [
  what: string,
  Alloc,
  ReschedulePolicy,
  seconds: number | undefined,
])[] = [
  ['the first try', failed(), exponential, 5],
  ['constant', failed([10, 5], [5, 5]), policy({}), 5],
  ['exponential', failed([10, 5], [5, 10]), exponential, 20],
  ['exponential, at its most', failed([5, 80]), exponential, 100],
  ['exponential, after a long good run', failed([500, 80]), exponential, 5],
  ['fibonacci, the second', failed([5, 5]), fibonacci, 5],
  ['fibonacci, the third', failed([10, 5], [5, 5]), fibonacci, 10],
  ['fibonacci, the fourth', failed([10, 5], [5, 10]), fibonacci, 15],
  ['fibonacci, started over', failed([10, 100], [5, 5]), fibonacci, 5],
  ['limited, the first', failed(), limited, 5],
  ['limited, one left', failed([100, 5]), limited, 5],
  ['limited, none left', failed([100, 5], [50, 5]), limited, undefined],
  ['limited, an old one forgotten', failed([700, 5], [50, 5]), limited, 5],
  ['none at all', failed(), policy({ unlimited: false }), undefined],
];

for (const [what, alloc, rule, seconds] of rows) {
  test(`${what}: ${seconds ?? 'never'}`, () => {
    const next = nextTry(alloc, rule);
    assert.equal(next === undefined ? undefined : (next.at - T0) / 1_000, seconds);
    assert.equal(next?.delayMs, seconds === undefined ? undefined : seconds * 1_000);
  });
}

test('only what failed and is still wanted is tried again', () => {
  const one = failed();
  assert.equal(nextTry(one, undefined), undefined);
  assert.equal(nextTry({ ...one, clientStatus: 'complete' }, exponential), undefined);
  assert.equal(nextTry({ ...one, desiredStatus: 'stop' }, exponential), undefined);
});

test('it failed when the last of its tasks ended', () => {
  const state = { state: 'dead' as const, failed: true, restarts: 0, events: [] };
  const taskStates = {
    a: { ...state, finishedAt: 7 as Millis },
    b: { ...state, finishedAt: 9 as Millis },
  };
  assert.equal(failureTime({ taskStates, modifiedAt: T0 }), 9);
  assert.equal(failureTime({ taskStates: {}, modifiedAt: T0 }), T0);
});
