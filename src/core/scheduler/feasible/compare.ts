/**
 * The operands of constraints and affinities, each a comparison of two resolved sides.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/constraint#operator
 */
import type { ConstraintOperand } from '../../model/placement.ts';
import { compileRegex, testRegex, type Regex } from '../../regex/search.ts';
import { inRange, parseRange, parseVersion } from './version.ts';

type Side = string | undefined;

/** What is compared by itself; `distinct_*` look at other placements and are decided elsewhere. */
export type Comparison = Exclude<ConstraintOperand, 'distinct_hosts' | 'distinct_property'>;

/** Longer values are not searched: one constraint must not take a noticeable time. */
const REGEXP_VALUE_LENGTH_MAX = 2_048;

/** True where the comparison holds. Undefined sides are facts that the node does not have. */
export function holds(operand: Comparison, left: Side, right: Side): boolean {
  if (operand === '!=') return left !== right;
  if (operand === 'is_set') return left !== undefined;
  if (operand === 'is_not_set') return left === undefined;
  return left !== undefined && right !== undefined && relates(operand, left, right);
}

function relates(
  operand: Exclude<Comparison, '!=' | 'is_set' | 'is_not_set'>,
  left: string,
  right: string,
): boolean {
  switch (operand) {
    case '=':
      return left === right;
    case '<':
      return order(left, right) < 0;
    case '<=':
      return order(left, right) <= 0;
    case '>':
      return order(left, right) > 0;
    case '>=':
      return order(left, right) >= 0;
    case 'regexp':
      return matches(left, right);
    case 'version':
      return versionHolds(left, right, false);
    case 'semver':
      return versionHolds(left, right, true);
    case 'set_contains':
    case 'set_contains_all':
      return subset(right, left, 'every');
    case 'set_contains_any':
      return subset(right, left, 'some');
  }
}

/** As integers where both are, else as numbers where both are, else as text. */
function order(left: string, right: string): number {
  if (INTEGER.test(left) && INTEGER.test(right)) {
    const a = BigInt(left);
    const b = BigInt(right);
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (FLOAT.test(left) && FLOAT.test(right)) return Number(left) - Number(right);
  return left < right ? -1 : left > right ? 1 : 0;
}

const INTEGER = /^-?[0-9]{1,40}$/;
const FLOAT = /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/;

function subset(wanted: string, present: string, how: 'every' | 'some'): boolean {
  const has = new Set(present.split(',').map((item) => item.trim()));
  return wanted
    .split(',')
    .map((item) => item.trim())
    [how]((item) => has.has(item));
}

function versionHolds(left: string, right: string, strict: boolean): boolean {
  const version = parseVersion(left, strict);
  const range = parseRange(right, strict);
  return version !== undefined && range !== undefined && inRange(version, range, strict);
}

function matches(value: string, pattern: string): boolean {
  if (value.length > REGEXP_VALUE_LENGTH_MAX) return false;
  const regex = compiled(pattern);
  return regex !== undefined && testRegex(regex, value) === true;
}

/** Patterns seen lately. Each node asks for the same few again and again. */
const patterns = new Map<string, Regex | undefined>();
const PATTERNS_MAX = 256;

/** Undefined where it is no pattern: such a constraint holds nowhere. */
function compiled(pattern: string): Regex | undefined {
  if (patterns.has(pattern)) return patterns.get(pattern);
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  const regex = compileRegex(pattern);
  const usable = 'problem' in regex ? undefined : regex;
  patterns.set(pattern, usable);
  return usable;
}
