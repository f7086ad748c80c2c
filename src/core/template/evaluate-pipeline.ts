/** Runs pipelines: functions, fields, methods, variables, and the checks of arguments. */
import type {
  ChainOperand,
  Command,
  FieldOperand,
  FunctionOperand,
  NumberOperand,
  Operand,
  Pipe,
} from './ast.ts';
import { describe } from './describe.ts';
import { convertArgument } from './argument.ts';
import type { Run, TemplateFunction } from './function.ts';
import { methodOf } from './methods.ts';
import type { Place } from './place.ts';
import { CallProblem } from './problem.ts';
import { Dict, isTruthy, Struct, typeName, type Param, type Value } from './value.ts';
import type { Variables } from './variables.ts';

/** How messages name what a parameter wants. */
const GO_NAMES: Readonly<Record<Param, string>> = {
  any: 'interface {}',
  string: 'string',
  int: 'int',
  float: 'float64',
  bool: 'bool',
  list: '[]string',
  map: 'map[string]interface {}',
};

export type EvaluationOptions = Readonly<{
  /** A key that a map has not is an error instead of `<no value>`. */
  errorOnMissingKey: boolean;
}>;

/** What the evaluator of blocks bounds for that of pipelines. */
export type Bounds = Readonly<{
  /** Evaluates one level deeper. */
  deeper: <T>(evaluate: () => T) => T;
  /** Charges a text that a function made. */
  made: (length: number) => void;
}>;

/** The value that the command before handed on; undefined for the first command. */
type Final = Readonly<{ value: Value }> | undefined;

/** The arguments of a call, as they stand in the template, and what is handed on to it. */
type Arguments = Readonly<{ dot: Value; operands: readonly Operand[]; final: Final }>;

export class PipelineEvaluator {
  readonly #run: Run;
  readonly #options: EvaluationOptions;
  readonly #bounds: Bounds;
  #place: Place | undefined;
  #variables: Variables | undefined;

  constructor(run: Run, options: EvaluationOptions, bounds: Bounds) {
    this.#run = run;
    this.#options = options;
    this.#bounds = bounds;
  }

  /** What follows runs in that definition. */
  enter(place: Place, variables: Variables): void {
    this.#place = place;
    this.#variables = variables;
  }

  /** The value of a pipeline; declares or assigns its variables. */
  pipeline(pipe: Pipe, dot: Value): Value {
    this.#at(pipe);
    let final: Final;
    for (const command of pipe.commands) {
      const value = this.#command(command, dot, final);
      // Nil in a collection is no value outside of it.
      final = { value: value ?? undefined };
    }
    for (const name of pipe.variables) {
      if (!pipe.assigns) this.#variables?.declare(name, final?.value);
      else if (this.#variables?.assign(name, final?.value) !== true) {
        this.#fail(`undefined variable: ${name}`);
      }
    }
    return final?.value;
  }

  #command(command: Command, dot: Value, final: Final): Value {
    const [first, ...operands] = command.args;
    if (first === undefined) return undefined;
    const args = { dot, operands, final };
    switch (first.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.#path(first, args);
      case 'function':
        return this.#function(first, command, args);
      case 'pipe':
        this.#refuseArguments(first, args);
        return this.#bounds.deeper(() => this.pipeline(first, dot));
      case 'nil':
        this.#at(first);
        return this.#fail('nil is not a command');
      case 'bool':
      case 'dot':
      case 'number':
      case 'string':
        this.#at(first);
        this.#refuseArguments(first, args);
        return this.#constant(first, dot);
    }
  }

  #refuseArguments(first: Operand, { operands, final }: Arguments): void {
    if (operands.length > 0 || final !== undefined) {
      this.#fail(`can't give argument to non-function ${describe(first)}`);
    }
  }

  #constant(
    operand: Extract<Operand, { kind: 'bool' | 'dot' | 'nil' | 'number' | 'string' }>,
    dot: Value,
  ): Value {
    switch (operand.kind) {
      case 'bool':
      case 'string':
        return operand.value;
      case 'dot':
        return dot;
      case 'number':
        return ideal(operand);
      case 'nil':
        return undefined;
    }
  }

  /** A field of something, or a field of that, or a method's answer. */
  #path(
    operand: FieldOperand | ChainOperand | Extract<Operand, { kind: 'variable' }>,
    args: Arguments,
  ): Value {
    this.#at(operand);
    if (operand.kind === 'field') return this.#fields(args.dot, operand.names, args);
    if (operand.kind === 'chain') {
      const of = this.#any(operand.of, args.dot);
      this.#at(operand);
      return this.#fields(of, operand.names, args);
    }
    const variable = this.#variables?.find(operand.name);
    if (variable === undefined) return this.#fail(`undefined variable: ${operand.name}`);
    if (operand.names.length > 0) return this.#fields(variable.value, operand.names, args);
    this.#refuseArguments(operand, args);
    return variable.value;
  }

  #fields(of: Value, names: readonly string[], args: Arguments): Value {
    let value = of;
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      value = this.#field(value, name, isLast ? args : { ...args, operands: [], final: undefined });
    }
    return value;
  }

  #field(of: Value, name: string, args: Arguments): Value {
    if (of === undefined) {
      if (this.#options.errorOnMissingKey) {
        this.#fail(`nil data; no entry for key ${JSON.stringify(name)}`);
      }
      return undefined;
    }
    if (of === null) return this.#fail(`nil pointer evaluating interface {}.${name}`);
    const method = methodOf(of, name);
    if (method !== undefined) {
      const call = (values: readonly Value[]): Value =>
        of instanceof Struct
          ? of.invoke(method, values, this.#run)
          : method.call(of as never, values, this.#run as never);
      return this.#call(name, { ...method, call }, args);
    }
    const hasArguments = args.operands.length > 0 || args.final !== undefined;
    if (of instanceof Dict) return this.#entry(of, name, hasArguments);
    if (of instanceof Struct && of.type.fields.has(name)) {
      if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`);
      return of.field(name);
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeName(of)}`);
  }

  #entry(dict: Dict, name: string, hasArguments: boolean): Value {
    if (hasArguments) this.#fail(`${name} is not a method but has arguments`);
    const value = dict.entries.get(name);
    if (value === undefined && this.#options.errorOnMissingKey && !dict.entries.has(name)) {
      this.#fail(`map has no entry for key ${JSON.stringify(name)}`);
    }
    return value;
  }

  #function(operand: FunctionOperand, whole: Operand | Command, args: Arguments): Value {
    this.#at(operand);
    if (typeof operand.function === 'string') return this.#logic(operand.function, args);
    return this.#call(operand.name, operand.function, args, whole);
  }

  /** `and` and `or`: arguments after the one that decides are not looked at. */
  #logic(name: 'and' | 'or', { dot, operands, final }: Arguments): Value {
    if (operands.length === 0 && final === undefined) {
      return this.#fail(`wrong number of args for ${name}: want at least 1 got 0`);
    }
    let value: Value;
    for (const operand of operands) {
      value = this.#any(operand, dot);
      if (isTruthy(value) === (name === 'or')) return value;
    }
    return final === undefined ? value : final.value;
  }

  #call(
    name: string,
    called: TemplateFunction,
    { dot, operands, final }: Arguments,
    whole?: Operand | Command,
  ): Value {
    const { params, rest } = called;
    const count = operands.length + (final === undefined ? 0 : 1);
    if (count < params.length || (rest === undefined && count > params.length)) {
      const wanted = rest === undefined ? params.length : `at least ${params.length}`;
      this.#fail(`wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
    const values = operands.map((operand, i) => {
      return this.#argument(operand, params[i] ?? rest ?? 'any', dot);
    });
    if (final !== undefined) {
      values.push(this.#checked(final.value, params[operands.length] ?? rest ?? 'any'));
    }
    let result: Value;
    try {
      result = called.call(values, this.#run);
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error;
      if (whole !== undefined) this.#at(whole);
      return this.#fail(`error calling ${name}: ${error.message}`);
    }
    if (typeof result === 'string') this.#bounds.made(result.length);
    return result;
  }

  /** An argument where it stands, as its parameter wants it. */
  #argument(operand: Operand, param: Param, dot: Value): Value {
    this.#at(operand);
    switch (operand.kind) {
      case 'nil':
        if (param === 'any' || param === 'list' || param === 'map') return null;
        return this.#fail(`cannot assign nil to ${GO_NAMES[param]}`);
      case 'bool':
      case 'string':
      case 'number':
        return this.#constantArgument(operand, param);
      case 'chain':
      case 'dot':
      case 'field':
      case 'function':
      case 'pipe':
      case 'variable':
        return this.#checked(this.#any(operand, dot), param);
    }
  }

  #constantArgument(
    operand: Extract<Operand, { kind: 'bool' | 'string' | 'number' }>,
    param: Param,
  ): Value {
    if (param === 'any') return operand.kind === 'number' ? ideal(operand) : operand.value;
    if (operand.kind === 'number') {
      if (param === 'int' && operand.int !== undefined) return operand.int;
      if (param === 'float') return operand.float;
    }
    if (operand.kind === 'string' && param === 'string') return operand.value;
    if (operand.kind === 'bool' && param === 'bool') return operand.value;
    if (param === 'list' || param === 'map') {
      return this.#fail(`can't handle ${describe(operand)} for arg of type ${GO_NAMES[param]}`);
    }
    const wanted = param === 'int' ? 'integer' : param;
    return this.#fail(`expected ${wanted}; found ${describe(operand)}`);
  }

  /** The value of any operand, where nothing says what is wanted. */
  #any(operand: Operand, dot: Value): Value {
    this.#at(operand);
    switch (operand.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.#path(operand, { dot, operands: [], final: undefined });
      case 'function':
        return this.#function(operand, operand, { dot, operands: [], final: undefined });
      case 'pipe':
        return this.#bounds.deeper(() => this.pipeline(operand, dot));
      case 'bool':
      case 'dot':
      case 'nil':
      case 'number':
      case 'string':
        return this.#constant(operand, dot);
    }
  }

  #checked(value: Value, param: Param): Value {
    if (param === 'any') return value;
    const converted = convertArgument(value, param);
    if (converted !== undefined) return converted.value;
    if (value === undefined || value === null) {
      return this.#fail(`invalid value; expected ${GO_NAMES[param]}`);
    }
    return this.#fail(`wrong type for value; expected ${GO_NAMES[param]}; got ${typeName(value)}`);
  }

  #at(part: Operand | Command): void {
    this.#place?.at(part);
  }

  #fail(message: string): never {
    if (this.#place === undefined) throw new CallProblem(message);
    return this.#place.fail(message);
  }
}

/** A constant where nothing says what is wanted: as it is spelt. */
function ideal(number: NumberOperand): Value {
  return number.isFloat || number.int === undefined ? number.float : number.int;
}
