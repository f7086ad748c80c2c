/** What a function of the language is: its parameters as data, and what it computes. */
import type { Expression } from './ast.ts';
import type { Budget } from './budget.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Type } from './type.ts';
import type { Value } from './value.ts';

/** Why a call has no result; `argument` counts from 0 if one of them is to blame. */
export type Problem = Readonly<{ problem: string; argument?: number }>;

export type Parameter = Readonly<{
  name: string;
  /** Arguments are converted to this before the call. */
  type: Type;
  allowNull?: boolean;
  /** Unknown arguments are handed over; otherwise they make the result unknown. */
  allowUnknown?: boolean;
}>;

/** An ordinary function: its arguments are evaluated, checked and converted first. */
export type HclFunction = Readonly<{
  params: readonly Parameter[];
  /** Takes all further arguments. */
  rest?: Parameter;
  call: (args: readonly Value[], context: CallContext) => Value | Problem;
}>;

/** A function of expressions, such as `try`: it decides itself what is evaluated. */
export type LazyFunction = Readonly<{
  minArgs: number;
  maxArgs: number;
  lazy: (args: readonly Expression[], attempt: Attempt) => Value | Problem;
}>;

/** Evaluates an expression without telling its mistakes to anybody but the caller. */
export type Attempt = (
  expression: Expression,
) => Readonly<{ value: Value; diagnostics: readonly Diagnostic[] }>;

export type FunctionTable = ReadonlyMap<string, HclFunction | LazyFunction>;

/** What functions may use of the evaluation that calls them. */
export type CallContext = Readonly<{
  budget: Budget;
  host: FunctionHost;
  /** Renders a template with these variables only. */
  render: (name: string, text: string, variables: Value) => Value | Problem;
}>;

/**
 * What functions need of the world, given by whoever evaluates; a function whose member is absent
 * says that it is not available here. All are synchronous and may throw nothing: a problem is
 * answered as `{ problem }`.
 */
export type FunctionHost = Readonly<{
  /** The time of this evaluation [ms since 1970]: the same for every call in it. */
  now?: number;
  readFile?: (path: string) => Readonly<{ text: string }> | Problem;
  fileExists?: (path: string) => boolean;
  /** All files below a directory, as paths relative to it with `/`, in any order. */
  listFiles?: (directory: string) => readonly string[] | Problem;
  absolutePath?: (path: string) => string;
  homeDirectory?: () => string | undefined;
  /** The digest of some bytes. */
  hash?: (algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512', bytes: Uint8Array) => Uint8Array;
  bcrypt?: (text: string, cost: number) => Readonly<{ text: string }> | Problem;
  /** Decrypts base64 text with a private key in PEM form. */
  rsaDecrypt?: (ciphertext: string, key: string) => Readonly<{ text: string }> | Problem;
  /** What a YAML document says, as plain data. */
  decodeYaml?: (text: string) => Readonly<{ data: unknown }> | Problem;
  /** A random identifier (version 4). */
  uuid?: () => string;
}>;

export function isProblem(result: object): result is Problem {
  return 'problem' in result;
}
