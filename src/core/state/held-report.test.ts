import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import { TASK_EVENTS_MAX } from '../limits.ts';
import type { TaskEvent } from '../model/alloc.ts';
import { received, record, setupFailure, started } from '../runner/events.ts';
import { heldStates } from './held-report.ts';

const texts = fc.constantFrom(
  ...['', 'Received', 'Task received by client', 'Driver', 'a word of its own', 'running'],
);
const events: fc.Arbitrary<TaskEvent> = fc.record(
  {
    type: texts,
    at: fc.nat().map((at) => at as Millis),
    message: texts,
    displayMessage: texts,
    failsTask: fc.boolean(),
    exitCode: fc.nat(255),
    signal: fc.nat(64),
    details: fc.dictionary(texts, texts, { noNullPrototype: true }),
  },
  {
    noNullPrototype: true,
    requiredKeys: ['type', 'at', 'message', 'displayMessage', 'failsTask', 'details'],
  },
);

test('H1: what is held says what was reported, of too many events the newest', () => {
  const tasks = fc.array(events, { maxLength: TASK_EVENTS_MAX + 3 });
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), tasks, { maxKeys: 3, noNullPrototype: true }),
      (told) => {
        const states = Object.fromEntries(
          Object.entries(told).map(([name, list]) => [
            name,
            { state: 'running', failed: false, restarts: 0, events: list } as const,
          ]),
        );
        const expected = Object.entries(states).map(([name, state]) => [
          name,
          { ...state, events: state.events.slice(-TASK_EVENTS_MAX) },
        ]);
        assert.deepEqual(heldStates(states), Object.fromEntries(expected));
      },
    ),
  );
});

test('H1: a task may have any name', () => {
  const state = { state: 'running', failed: false, restarts: 0, events: [] } as const;
  const states = Object.fromEntries([['__proto__', state]]);
  assert.deepEqual(Object.keys(heldStates(states)), ['__proto__']);
});

test('what two allocations have in common is held once', () => {
  const at = 1 as Millis;
  const [one, other] = [1, 2].map(() => {
    const list = record(record([], received(), at), started(), at);
    const state = { state: 'running', failed: false, restarts: 0, events: list } as const;
    return heldStates({ web: state })['web']?.events ?? [];
  });
  assert.equal(one?.[0]?.details, other?.[1]?.details);
  const failed = record([], setupFailure('no such directory'), at);
  const held = heldStates({ web: { state: 'dead', failed: true, restarts: 0, events: failed } });
  assert.equal(held['web']?.events[0]?.details['setup_error'], 'no such directory');
});
