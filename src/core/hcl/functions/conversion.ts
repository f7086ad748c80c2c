/** Functions that convert, and those that see whether an expression can be evaluated. */
import type { Expression } from '../ast.ts';
import { convert } from '../convert.ts';
import { formatDiagnostic } from '../diagnostic.ts';
import type { Attempt, HclFunction, LazyFunction, Problem } from '../function.ts';
import { readType } from '../type-expression.ts';
import { ANY, BOOL, NUMBER, STRING, listOf, mapOf, setOf } from '../type.ts';
import type { Type } from '../type.ts';
import { FALSE, NULL, TRUE } from '../value.ts';
import type { Value } from '../value.ts';
import { freeParam } from './define.ts';

function converting(type: Type): HclFunction {
  const call = ([value]: readonly Value[]): Value | Problem => {
    const converted = convert(value ?? NULL, type);
    return 'problem' in converted ? { problem: converted.problem, argument: 0 } : converted.value;
  };
  return { params: [freeParam('v')], call };
}

function tryEach(args: readonly Expression[], attempt: Attempt): Value | Problem {
  const failures: string[] = [];
  for (const arg of args) {
    const { value, diagnostics } = attempt(arg);
    const [first] = diagnostics;
    if (first === undefined) return value;
    failures.push(formatDiagnostic(first));
  }
  return { problem: `no expression succeeded:\n- ${failures.join('\n- ')}` };
}

function convertTo([of, to]: readonly Expression[], attempt: Attempt): Value | Problem {
  if (of === undefined || to === undefined) return NULL;
  const type = readType(to);
  if ('problem' in type) return { problem: type.problem };
  const { value, diagnostics } = attempt(of);
  const [first] = diagnostics;
  if (first !== undefined) return { problem: formatDiagnostic(first) };
  const converted = convert(value, type.type);
  return 'problem' in converted ? converted : converted.value;
}

/** More attempts than anybody writes. */
const ATTEMPTS_MAX = 100;

export const CONVERSION: Readonly<Record<string, HclFunction | LazyFunction>> = {
  can: {
    minArgs: 1,
    maxArgs: 1,
    lazy: ([of], attempt) =>
      of !== undefined && attempt(of).diagnostics.length === 0 ? TRUE : FALSE,
  },
  convert: { minArgs: 2, maxArgs: 2, lazy: convertTo },
  try: { minArgs: 1, maxArgs: ATTEMPTS_MAX, lazy: tryEach },
  tobool: converting(BOOL),
  tolist: converting(listOf(ANY)),
  tomap: converting(mapOf(ANY)),
  tonumber: converting(NUMBER),
  toset: converting(setOf(ANY)),
  tostring: converting(STRING),
};
