/** What a function of the template language is, and what it may use of the run that calls it. */
import { CallProblem } from './problem.ts';
import type { Answered, Dependency } from './dependency.ts';
import type { TemplateHost } from './host.ts';
import { Dict, isList, type List, type Param, type Value } from './value.ts';

/** A function: arguments are counted and checked against `params` and `rest` before the call. */
export type TemplateFunction = Readonly<{
  params: readonly Param[];
  /** Takes all further arguments. */
  rest?: Param;
  /** Throws `CallProblem` (through `fail`) where it has no answer. */
  call: (args: readonly Value[], run: Run) => Value;
}>;

/** A function that belongs to a value: `.Tags.Contains`. */
export type Method = Readonly<{
  params: readonly Param[];
  rest?: Param;
  call: (self: never, args: readonly Value[], run: Run) => Value;
}>;

export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

/** One rendering, as functions see it. */
export interface Run {
  readonly host: TemplateHost;
  /** What `scratch` answers: the same in one rendering, nothing of it in the next. */
  readonly scratch: Value;
  /** The answer to a data query, if it is there; notes that the template uses it either way. */
  recall<D extends Dependency>(dependency: D): Answered<D> | undefined;
  /** Notes that the template cannot be complete for want of this. */
  miss(dependency: Dependency): void;
  /** Renders a defined template apart. */
  execute(name: string, dot: Value): string;
  /** Charges work that a function does, in steps. Throws when the rendering took too many. */
  charge(steps: number): void;
}

/** Ends a call: the message is told as `error calling <function>: <message>`. */
export function fail(message: string): never {
  throw new CallProblem(message);
}

/** A function of texts only. */
export function textual(count: number, of: (...texts: string[]) => Value): TemplateFunction {
  return {
    params: Array<Param>(count).fill('string'),
    call: (args) => of(...args.map(String)),
  };
}

/** The argument as a text; the call has been checked. */
export function textAt(args: readonly Value[], at: number): string {
  const value = args[at];
  return typeof value === 'string' ? value : '';
}

/** The argument as a whole number. */
export function intAt(args: readonly Value[], at: number): bigint {
  const value = args[at];
  return typeof value === 'bigint' ? value : 0n;
}

/** The argument as a list; nothing is an empty one. */
export function listAt(args: readonly Value[], at: number): List {
  const value = args[at];
  return isList(value) ? value : [];
}

/** The argument as a map; nothing is an empty one. */
export function dictAt(args: readonly Value[], at: number): Dict {
  const value = args[at];
  return value instanceof Dict ? value : new Dict();
}
