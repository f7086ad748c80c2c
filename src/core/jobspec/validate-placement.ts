/** Checks of constraints, affinities and spreads. */
import { compileRegex } from '../regex/search.ts';
import type { Affinity, Constraint, Spread } from '../model/placement.ts';
import type { Issues } from './issue.ts';

/** Operators that compare two sides, and those that need none or one. */
const OPERANDS: Readonly<Record<string, 'both' | 'left' | 'none'>> = {
  '=': 'both',
  '!=': 'both',
  '>': 'both',
  '>=': 'both',
  '<': 'both',
  '<=': 'both',
  regexp: 'both',
  version: 'both',
  semver: 'both',
  set_contains: 'both',
  set_contains_all: 'both',
  set_contains_any: 'both',
  is_set: 'left',
  is_not_set: 'left',
  distinct_property: 'left',
  distinct_hosts: 'none',
};
/** A version requirement: operators with versions, all of which must hold. */
const REQUIREMENT =
  /^\s*(?:[=!<>~]{0,2}\s*v?\d+(?:\.\d+)*(?:[-+.][0-9A-Za-z.+-]+)?\s*(?:,|$)\s*)+$/;

/** Checks rules that nodes must meet. */
export function validateConstraints(constraints: readonly Constraint[], issues: Issues): void {
  for (const [i, constraint] of constraints.entries()) {
    validateRule(constraint, issues.inside(`constraint ${i + 1}`));
  }
}

/** Checks preferences for nodes. */
export function validateAffinities(affinities: readonly Affinity[], issues: Issues): void {
  for (const [i, affinity] of affinities.entries()) {
    const at = issues.inside(`affinity ${i + 1}`);
    validateRule(affinity, at);
    at.addIf(
      [affinity.weight === 0, 'Affinity weight cannot be zero'],
      [Math.abs(affinity.weight) > 100, 'Affinity weight must be within the range [-100,100]'],
      [
        affinity.operand.startsWith('distinct_'),
        `Operator ${affinity.operand} is not for affinities`,
      ],
    );
  }
}

function validateRule(rule: Constraint, issues: Issues): void {
  const { lTarget, rTarget, operand } = rule;
  const sides = Object.hasOwn(OPERANDS, operand) ? OPERANDS[operand] : undefined;
  issues.addIf(
    [sides === undefined, `Unknown constraint type ${JSON.stringify(operand)}`],
    [sides !== 'none' && lTarget === '', 'No attribute provided but is required by constraint'],
  );
  // What is only known on the node can only be checked there.
  if (rTarget.includes('${')) return;
  if (operand === 'regexp') {
    const regex = compileRegex(rTarget);
    if ('problem' in regex) issues.add(`Regular expression failed to compile: ${regex.problem}`);
  }
  const requirement = operand === 'version' || operand === 'semver';
  const count = rTarget === '' ? 1 : Number(rTarget);
  issues.addIf(
    [requirement && !REQUIREMENT.test(rTarget), `Malformed constraint: ${rTarget}`],
    [
      operand === 'distinct_property' && !(Number.isSafeInteger(count) && count >= 1),
      `Distinct Property must have an allowed count of 1 or greater: ${rTarget}`,
    ],
  );
}

/** Checks how instances are spread. */
export function validateSpreads(spreads: readonly Spread[], issues: Issues): void {
  for (const [i, spread] of spreads.entries()) {
    const at = issues.inside(`spread ${i + 1}`);
    const { attribute, weight, targets } = spread;
    const values = targets.map((target) => target.value);
    const sum = targets.reduce((total, target) => total + target.percent, 0);
    at.addIf(
      [attribute === '', 'Missing spread attribute'],
      [weight <= 0 || weight > 100, 'Spread block must have a positive weight from 0 to 100'],
      [sum > 100, `Sum of spread target percentages must not be greater than 100%; got ${sum}%`],
      [new Set(values).size < values.length, 'Spread target values must differ'],
    );
    for (const { value, percent } of targets) {
      if (percent >= 0 && percent <= 100) continue;
      at.add(`Spread target percentage for value "${value}" must be between 0 and 100`);
    }
  }
}
