import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import type { CheckState } from '../core/checks/check.ts';
import { noteCheck } from './noted-check.ts';
import { ALIVE, type OwnedCheck } from './own-rows.ts';

const HELD = 50 as Millis;
const row = (over: Partial<OwnedCheck>): OwnedCheck => ({
  facts: { ...ALIVE, status: 'passing', output: 'x' },
  definition: undefined,
  source: 'api',
  pending: false,
  ...over,
});
const found = (status: CheckState['status'], output: string): CheckState =>
  ({ status, output, known: true }) as CheckState;

test('a status is told at once, an output alone later, and sameness never', () => {
  const first = row({ pending: true, facts: { ...ALIVE, output: '' } });
  const rows = [
    [row({}), found('critical', 'x'), 'now', undefined],
    [row({ outputHeldUntil: 9 as Millis }), found('warning', 'y'), 'now', undefined],
    [row({}), found('passing', 'y'), HELD, HELD],
    [row({ outputHeldUntil: 9 as Millis }), found('passing', 'z'), 9, 9],
    [row({ pending: true }), found('passing', 'x'), undefined, undefined],
    [first, found('passing', 'up'), 'now', undefined],
  ] as const;
  for (const [before, state, tellAt, heldUntil] of rows) {
    const noted = noteCheck(before, state, () => HELD);
    assert.equal(noted.tellAt, tellAt);
    assert.equal(noted.row.outputHeldUntil, heldUntil);
    assert.equal(noted.row.facts.output, state.output);
    assert.equal(noted.row.pending, false);
  }
});
