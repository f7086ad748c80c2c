import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import type { RestartPolicy } from '../model/strategy.ts';
import { decideRestart, newTracker, type Ending, type RestartDecision } from './restart.ts';

const POLICY: RestartPolicy = {
  attempts: 2,
  intervalMs: 60_000,
  delayMs: 10_000,
  mode: 'fail',
  renderTemplates: false,
};
const BAD: Ending = { type: 'exited', success: false };
const GOOD: Ending = { type: 'exited', success: true };

/** Endings at these instants, and what follows the last of them. */
function after(
  instants: readonly number[],
  ending: Ending,
  rules: { policy?: Partial<RestartPolicy>; onSuccess?: boolean } = {},
): RestartDecision {
  const policy = { ...POLICY, ...rules.policy };
  let tracker = newTracker(0 as Millis);
  let decision: RestartDecision = { do: 'complete' };
  for (const at of instants) {
    decision = decideRestart(tracker, { policy, onSuccess: rules.onSuccess ?? true }, ending, {
      now: at as Millis,
      jitter: 0,
    });
    if (decision.do === 'restart') tracker = decision.tracker;
  }
  return decision;
}

test('the table of endings', () => {
  const shown = (d: RestartDecision): string =>
    d.do === 'complete'
      ? 'complete'
      : d.do === 'fail'
        ? `fail: ${d.reason}`
        : `again in ${d.delayMs}`;
  const spent = 'fail: Exceeded allowed attempts 2 in interval 1m0s and mode is "fail"';
  const rows: readonly (readonly [RestartDecision, string])[] = [
    [after([1], BAD), 'again in 10000'],
    [after([1, 2], BAD), 'again in 10000'],
    [after([1, 2, 3], BAD), spent],
    [after([1, 2, 60_000], BAD), 'again in 10000'],
    [after([1, 2, 3], BAD, { policy: { mode: 'delay' } }), 'again in 59997'],
    [after([1], GOOD), 'again in 10000'],
    [after([1], GOOD, { onSuccess: false }), 'complete'],
    [after([1], GOOD, { onSuccess: false, policy: { attempts: 0 } }), 'complete'],
    [after([1], GOOD, { policy: { attempts: 0 } }), 'fail: Policy allows no restarts'],
    [after([1], BAD, { policy: { attempts: 0 } }), 'fail: Policy allows no restarts'],
    [after([1], { type: 'not_started', retry: true }), 'again in 10000'],
    [after([1], { type: 'not_started', retry: false }), 'fail: Error was unrecoverable'],
  ];
  for (const [decision, expected] of rows) assert.equal(shown(decision), expected);
});

test('R1: never more than `attempts` restarts within one interval in mode fail', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 50 }), (gaps) => {
      let now = 0;
      let tracker = newTracker(0 as Millis);
      const restarts: number[] = [];
      for (const gap of gaps) {
        now += gap;
        const rules = { policy: POLICY, onSuccess: true };
        const decision = decideRestart(tracker, rules, BAD, { now: now as Millis, jitter: 0.5 });
        if (decision.do !== 'restart') break;
        tracker = decision.tracker;
        restarts.push(now);
        const start = tracker.intervalStartedAt;
        assert.ok(restarts.filter((at) => at >= start).length <= POLICY.attempts);
      }
    }),
  );
});

test('R2: the delay grows by less than a quarter', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (jitter) => {
      const rules = { policy: POLICY, onSuccess: true };
      const decision = decideRestart(newTracker(0 as Millis), rules, BAD, {
        now: 1 as Millis,
        jitter,
      });
      assert.ok(decision.do === 'restart');
      assert.ok(decision.delayMs >= 10_000 && decision.delayMs <= 12_500);
    }),
  );
});
