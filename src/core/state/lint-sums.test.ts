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
} from '../../../test/state-world.ts';
import { notesOf } from './lint-note.ts';
import { lintSums } from './lint-sums.ts';
import { State, type Derived } from './state.ts';
import { NO_USAGE } from './usage.ts';

/** What is said of a state with these sums in the place of its own. */
function saidOf(change: (derived: Derived) => Partial<Derived>): readonly string[] {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web'), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  const { index, at, entryVersion, tables, derived } = world.state;
  const wrong = { ...derived, ...change(derived) };
  const state = new State({ index, at, entryVersion, tables, derived: wrong });
  return Array.from(notesOf(lintSums(state)), ({ rule, subject, message }) => {
    return `${rule} ${subject.replace('\0', '/').replace(/\0.*/, '')} ${message.slice(0, 9)}`;
  });
}

test('a sum that is wrong, missing or too much is found', () => {
  const usage = `usage ${nodeId(1)}`;
  const rows: readonly [what: string, (derived: Derived) => Partial<Derived>, string[]][] = [
    ['nothing', () => ({}), []],
    [
      'an empty sum is none',
      (sums) => {
        const more = sums.usage.clone();
        more.set('gone', NO_USAGE);
        return { usage: more };
      },
      [],
    ],
    [
      'missing',
      (sums) => {
        const less = sums.usage.clone();
        less.delete(nodeId(1));
        return { usage: less };
      },
      [`sums-wrong ${usage} undefined`],
    ],
    [
      'wrong, and too much',
      (sums) => {
        const wrong = sums.jobCounts.clone();
        for (const [key] of sums.jobCounts.entries()) wrong.set(key, { live: 9, open: 9 });
        wrong.set('x', { live: 1, open: 0 });
        return { jobCounts: wrong };
      },
      ['sums-wrong jobCounts default/web {"live":9', 'sums-wrong jobCounts x {"live":1'],
    ],
  ];
  for (const [what, change, expected] of rows) assert.deepEqual(saidOf(change), expected, what);
});
