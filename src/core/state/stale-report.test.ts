import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import type { TaskEvent, TaskState } from '../model/alloc.ts';
import { isOvertaken } from './stale-report.ts';

/** A task after its first `count` events, of which the last ten are kept. */
function after(count: number, clock: (n: number) => number = (n) => n): TaskState {
  const events = Array.from({ length: count }, (_, n): TaskEvent => {
    const displayMessage = `event ${n}`;
    return {
      type: 'Restarting',
      at: clock(n) as Millis,
      message: '',
      displayMessage,
      failsTask: false,
      details: {},
    };
  });
  return { state: 'running', failed: false, restarts: 0, events: events.slice(-10) };
}

test('the report that ends earlier is the older one, however far behind', () => {
  const count = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(count, count, (report, known) => {
      assert.equal(isOvertaken({ web: after(report) }, { web: after(known) }), report < known);
    }),
  );
});

test('a clock that jumps does not matter while the reports share an event', () => {
  const back = (n: number): number => 1_000 - n;
  assert.equal(isOvertaken({ web: after(8, back) }, { web: after(5, back) }), false);
  assert.equal(isOvertaken({ web: after(5, back) }, { web: after(8, back) }), true);
});

test('one task that went on is enough; T1: a repetition is news of the same age', () => {
  const known = { web: after(3), log: after(5) };
  assert.equal(isOvertaken({ web: after(3), log: after(4) }, known), true);
  assert.equal(isOvertaken(known, known), false);
  assert.equal(isOvertaken({}, {}), false);
});
