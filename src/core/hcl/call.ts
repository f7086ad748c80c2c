/** Calls functions: finds them, counts, checks and converts their arguments. */
import type { Expression } from './ast.ts';
import { convert } from './convert.ts';
import type { Run, Scope } from './evaluation.ts';
import type { HclFunction, LazyFunction, Parameter } from './function.ts';
import { isProblem } from './function.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggest.ts';
import { UNKNOWN, isSequence, isWhollyKnown } from './value.ts';
import type { Value } from './value.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Argument = Readonly<{ value: Value; span: Span }>;

/** The value of a call; unknown if it failed (which is told). */
export function callFunction(call: Call, scope: Scope, run: Run): Value {
  const found = run.functions.get(call.name);
  if (found === undefined) {
    return run.fail(
      call.nameSpan,
      'Call to unknown function',
      `There is no function named "${call.name}".${didYouMean(call.name, run.functions.keys())}`,
      call.span,
    );
  }
  return 'lazy' in found ? callLazy(call, found, scope, run) : callEager(call, found, scope, run);
}

function callLazy(call: Call, found: LazyFunction, scope: Scope, run: Run): Value {
  const { minArgs, maxArgs } = found;
  const count = call.args.length;
  if (call.expands || count < minArgs || count > maxArgs) {
    const expected = minArgs === maxArgs ? `${minArgs}` : `at least ${minArgs}`;
    const detail = `Function "${call.name}" expects ${expected} argument(s), without "...".`;
    return run.fail(call.span, 'Wrong number of function arguments', detail);
  }
  const result = found.lazy(call.args, (expression) => run.attempt(expression, scope));
  return isProblem(result) ? failCall(call, result.problem, run) : result;
}

function callEager(call: Call, found: HclFunction, scope: Scope, run: Run): Value {
  const given = argumentsOf(call, scope, run);
  if (given === undefined || !countFits(call, found, given, run)) return UNKNOWN;
  const args = admitAll(found, given, run);
  if (args === undefined) return UNKNOWN;
  const { budget, host } = run;
  const result = found.call(args, { budget, host, render: run.render.bind(run) });
  if (!isProblem(result)) return result;
  const culprit = result.argument === undefined ? undefined : given[result.argument];
  if (culprit === undefined) return failCall(call, result.problem, run);
  const parameter = found.params[result.argument ?? 0] ?? found.rest;
  return failArgument(culprit, parameter?.name ?? '', result.problem, run);
}

/** The arguments as the parameters want them; undefined if one is unknown or wrong. */
function admitAll(
  found: HclFunction,
  given: readonly Argument[],
  run: Run,
): readonly Value[] | undefined {
  const args: Value[] = [];
  let known = true;
  for (const [i, argument] of given.entries()) {
    const parameter = found.params[i] ?? found.rest;
    if (parameter === undefined) break;
    const value = admit(argument, parameter, run);
    if (value === undefined) return undefined;
    if (parameter.allowUnknown !== true && !isWhollyKnown(value)) known = false;
    args.push(value);
  }
  return known ? args : undefined;
}

function failCall(call: Call, problem: string, run: Run): Value {
  const detail = `Call to function "${call.name}" failed: ${problem}.`;
  return run.fail(call.span, 'Error in function call', detail);
}

function failArgument(argument: Argument, name: string, problem: string, run: Run): Value {
  const detail = `Invalid value for "${name}" parameter: ${problem}.`;
  return run.fail(argument.span, 'Invalid function argument', detail);
}

function argumentsOf(call: Call, scope: Scope, run: Run): readonly Argument[] | undefined {
  const args: Argument[] = call.args.map((expression) => ({
    value: run.evaluate(expression, scope),
    span: expression.span,
  }));
  const last = args[args.length - 1];
  if (!call.expands || last === undefined) return args;
  if (last.value.kind === 'unknown') return undefined;
  if (!isSequence(last.value)) {
    const detail =
      'The expanding argument (indicated by ...) must be of a tuple, list, or set type.';
    run.fail(last.span, 'Invalid expanding argument value', detail, call.span);
    return undefined;
  }
  const expanded = last.value.items.map((value) => ({ value, span: last.span }));
  return [...args.slice(0, -1), ...expanded];
}

function countFits(call: Call, found: HclFunction, given: readonly Argument[], run: Run): boolean {
  const missing = found.params[given.length];
  const wanted = found.params.length;
  if (missing !== undefined) {
    run.fail(
      call.span,
      'Not enough function arguments',
      `Function "${call.name}" expects ${found.rest === undefined ? '' : 'at least '}${wanted} ` +
        `argument(s). Missing value for "${missing.name}".`,
    );
    return false;
  }
  const extra = given[wanted];
  if (extra === undefined || found.rest !== undefined) return true;
  const detail = `Function "${call.name}" expects only ${wanted} argument(s).`;
  run.fail(extra.span, 'Too many function arguments', detail, call.span);
  return false;
}

function admit(argument: Argument, parameter: Parameter, run: Run): Value | undefined {
  const { value } = argument;
  if (value.kind === 'null' && parameter.allowNull !== true) {
    failArgument(argument, parameter.name, 'argument must not be null', run);
    return undefined;
  }
  const converted = convert(value, parameter.type);
  if (!('problem' in converted)) return converted.value;
  failArgument(argument, parameter.name, converted.problem, run);
  return undefined;
}
