import assert from 'node:assert/strict';
import test from 'node:test';
import type { Namespace } from './ids.ts';
import { DEFAULT_NAMESPACE_ROW, driverProblem, tenancyProblem } from './tenancy.ts';

test('names and descriptions', () => {
  const rows = [
    ['namespace', 'team-a', '', undefined],
    ['namespace', 'a b', '', /invalid name "a b"/],
    ['namespace', '*', '', /invalid name/],
    ['namespace', '', '', /invalid name/],
    ['namespace', 'all', '', undefined],
    ['node pool', 'gpu', 'x'.repeat(257), /description longer/],
    ['node pool', 'all', '', /built-in/],
    ['node pool', 'default', '', /built-in/],
  ] as const;
  for (const [what, name, description, expected] of rows) {
    const problem = tenancyProblem(what, { name, description });
    if (expected === undefined) assert.equal(problem, undefined, name);
    else assert.match(problem ?? '', expected);
  }
});

test('drivers of a namespace', () => {
  const base = { ...DEFAULT_NAMESPACE_ROW, name: 'n' as Namespace };
  assert.equal(driverProblem(base, 'docker'), undefined);
  assert.equal(driverProblem({ ...base, enabledDrivers: ['docker'] }, 'docker'), undefined);
  assert.match(driverProblem({ ...base, enabledDrivers: ['exec'] }, 'docker') ?? '', /not allowed/);
  assert.match(driverProblem({ ...base, disabledDrivers: ['exec'] }, 'exec') ?? '', /not allowed/);
});
