/** Constraints, affinities and spreads on the wire. */
import type { Affinity, Constraint, Spread } from '../../core/model/placement.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { int, list, text } from '../codec/fields.ts';

export const CONSTRAINT: Shape<Constraint> = shape({
  lTarget: text('LTarget'),
  rTarget: text('RTarget'),
  operand: text('Operand'),
});

export const AFFINITY: Shape<Affinity> = shape({
  lTarget: text('LTarget'),
  rTarget: text('RTarget'),
  operand: text('Operand'),
  weight: int('Weight', null),
});

const SPREAD_TARGET = shape<Spread['targets'][number]>({
  value: text('Value'),
  percent: int('Percent'),
});

export const SPREAD: Shape<Spread> = shape({
  attribute: text('Attribute'),
  weight: int('Weight', null),
  targets: list('SpreadTarget', SPREAD_TARGET),
});
