/** The tables of `constraint`, `affinity` and `spread`. */
import type { Affinity, Constraint, ConstraintOperand, Spread } from '../model/placement.ts';
import { int, many, table, text, flag } from './table.ts';
import type { ArgumentRow, Written } from './table.ts';

/** Arguments that say operator and right side at once: `version = ">= 1.0"`. */
const SHORT_OPERANDS = ['regexp', 'semver', 'version'] as const;
const SET_OPERANDS = ['set_contains', 'set_contains_all', 'set_contains_any'] as const;

type WrittenRule = Affinity & Readonly<Record<ConstraintOperand, unknown>>;

function shortRows(
  names: readonly ConstraintOperand[],
): Record<string, ArgumentRow<ConstraintOperand>> {
  return Object.fromEntries(names.map((name) => [name, text(name)]));
}

function expandShort(written: Written, names: readonly string[]): Written {
  const { lTarget = '', rTarget = '', operand = '=', weight } = written;
  const rule = { lTarget, rTarget, operand, ...(weight === undefined ? {} : { weight }) };
  const short = names.find((name) => typeof written[name] === 'string');
  return short === undefined ? rule : { ...rule, operand: short, rTarget: written[short] };
}

function finishConstraint(written: Written): Written {
  const rule = expandShort(written, [...SHORT_OPERANDS, ...SET_OPERANDS]);
  if (written['distinct_hosts'] === true) return { ...rule, operand: 'distinct_hosts' };
  // Said to be false it is no constraint at all, but one that no node could fail to meet.
  if (written['distinct_hosts'] === false) {
    return { ...rule, operand: 'distinct_hosts', rTarget: 'false' };
  }
  const property = written['distinct_property'];
  if (property === undefined) return rule;
  const count = written['rTarget'] ?? '';
  return { lTarget: property, rTarget: count, operand: 'distinct_property' };
}

export const CONSTRAINT = table<Constraint & WrittenRule>({
  arguments: {
    attribute: text('lTarget'),
    value: text('rTarget'),
    operator: text('operand'),
    ...shortRows([...SHORT_OPERANDS, ...SET_OPERANDS]),
    distinct_hosts: flag('distinct_hosts'),
    distinct_property: text('distinct_property'),
  },
  finish: finishConstraint,
});

export const AFFINITY = table<WrittenRule>({
  arguments: {
    attribute: text('lTarget'),
    value: text('rTarget'),
    operator: text('operand'),
    weight: int('weight'),
    ...shortRows([...SHORT_OPERANDS, ...SET_OPERANDS]),
  },
  finish: (written) => expandShort(written, [...SHORT_OPERANDS, ...SET_OPERANDS]),
});

const SPREAD_TARGET = table<Spread['targets'][number]>({
  label: 'value',
  labelName: 'value',
  arguments: { percent: int('percent') },
});

export const SPREAD = table<Spread>({
  arguments: { attribute: text('attribute'), weight: int('weight') },
  blocks: { target: many('targets', SPREAD_TARGET) },
});
