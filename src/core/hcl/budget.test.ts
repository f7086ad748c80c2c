import assert from 'node:assert/strict';
import test from 'node:test';
import { HCL_STEPS_MAX, HCL_TEXT_MAX } from '../limits.ts';
import { Budget } from './budget.ts';

test('B1: once it is spent it stays spent', () => {
  const budget = new Budget();
  assert.ok(budget.step(HCL_STEPS_MAX));
  assert.equal(budget.spent(), undefined);
  assert.ok(!budget.step());
  assert.ok(!budget.text(0));
  assert.match(budget.spent() ?? '', /steps/);
});

test('what is no number is too much', () => {
  assert.ok(!new Budget().elements(NaN));
  assert.ok(!new Budget().text(Infinity));
  assert.ok(!new Budget().text(HCL_TEXT_MAX + 1));
});
