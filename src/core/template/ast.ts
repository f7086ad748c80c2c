/** A parsed template. `at` counts UTF-16 units from the start of its source. */
import type { TemplateFunction } from './function.ts';

export type Block = readonly Node[];

export type Node =
  | Readonly<{ kind: 'text'; at: number; text: string }>
  | Readonly<{ kind: 'action'; at: number; pipe: Pipe }>
  | Branch
  | Readonly<{ kind: 'template'; at: number; name: string; pipe: Pipe | undefined }>
  | Readonly<{ kind: 'break'; at: number }>
  | Readonly<{ kind: 'continue'; at: number }>;

export type Branch = Readonly<{
  kind: 'if' | 'with' | 'range';
  at: number;
  pipe: Pipe;
  then: Block;
  otherwise: Block | undefined;
}>;

/** Commands in a row; the value of each is the last argument of the next. */
export type Pipe = Readonly<{
  kind: 'pipe';
  at: number;
  /** `=` instead of `:=`. */
  assigns: boolean;
  /** With their dollar signs. */
  variables: readonly string[];
  commands: readonly Command[];
}>;

/** An operand with arguments. Never empty. */
export type Command = Readonly<{ kind: 'command'; at: number; args: readonly Operand[] }>;

export type Operand =
  | Readonly<{ kind: 'bool'; at: number; value: boolean }>
  | Readonly<{ kind: 'nil'; at: number }>
  | Readonly<{ kind: 'dot'; at: number }>
  | NumberOperand
  | Readonly<{ kind: 'string'; at: number; quoted: string; value: string }>
  | FieldOperand
  | Readonly<{ kind: 'variable'; at: number; name: string; names: readonly string[] }>
  | ChainOperand
  | FunctionOperand
  | Pipe;

export type NumberOperand = Readonly<{
  kind: 'number';
  at: number;
  text: string;
  /** Its value as a whole number, if it is one: `1e3` is. */
  int: bigint | undefined;
  float: number;
  /** Whether it is a floating number where nothing says what is wanted. */
  isFloat: boolean;
}>;
export type FieldOperand = Readonly<{ kind: 'field'; at: number; names: readonly string[] }>;
/** Fields of a value that is no field itself: `(pipeline).Name`. */
export type ChainOperand = Readonly<{
  kind: 'chain';
  at: number;
  of: Operand;
  names: readonly string[];
}>;
export type FunctionOperand = Readonly<{
  kind: 'function';
  at: number;
  name: string;
  /** The function itself, or one of the language's own that see their arguments unevaluated. */
  function: TemplateFunction | 'and' | 'or';
}>;

/** One `define`, or the file itself. */
export type Definition = Readonly<{ name: string; source: TemplateText; block: Block }>;

/** The text that positions count in. */
export type TemplateText = Readonly<{ name: string; text: string }>;

/** What can be rendered: the file and all that it defines. */
export type Template = Readonly<{
  main: Definition;
  definitions: ReadonlyMap<string, Definition>;
}>;
