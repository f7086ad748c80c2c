/** What a job says about where it may and would rather run. */

/** A rule that a node must meet. `lTarget` and `rTarget` may hold `${...}` interpolations. */
export interface Constraint {
  readonly lTarget: string;
  readonly rTarget: string;
  readonly operand: ConstraintOperand;
}

/**
 * How the two sides are compared. `==` and `is` are read as `=`, `not` as `!=`.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/constraint
 */
export type ConstraintOperand =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'regexp'
  | 'version'
  | 'semver'
  | 'set_contains'
  | 'set_contains_all'
  | 'set_contains_any'
  | 'is_set'
  | 'is_not_set'
  | 'distinct_hosts'
  | 'distinct_property';

/** A preference: a matching node scores higher (or lower, with a negative weight). */
export interface Affinity {
  readonly lTarget: string;
  readonly rTarget: string;
  readonly operand: ConstraintOperand;
  /** -100 to 100, not 0. */
  readonly weight: number;
}

/** Spread instances over the values of an attribute. */
export interface Spread {
  readonly attribute: string;
  /** 0 to 100. */
  readonly weight: number;
  /** Empty means: evenly. */
  readonly targets: readonly { readonly value: string; readonly percent: number }[];
}
