/**
 * What the blocks of a job file have, as tables: one row for each argument and block, with the
 * field of the model that it becomes and its kind. One decoder (decode.ts) serves all of them.
 */
import type { BoundBlock } from '../hcl/schema.ts';
import type { Evaluation } from '../hcl/evaluate.ts';

/** What an argument's value is converted to. Durations are milliseconds. */
export type Kind = 'text' | 'int' | 'flag' | 'duration' | 'texts';

/** An argument: the field it becomes and its kind. */
export type ArgumentRow<Field extends string = string> = Readonly<{
  field: Field;
  kind: Kind;
  required?: boolean;
}>;

/** A block: the field it becomes and how. */
export type BlockRow<Field extends string = string> = Readonly<{
  field: Field;
  /**
   * `one`: at most one; `list`: any number; `byLabel`: a record by the block's label;
   * `textMap`, `textsMap`: arguments of any name with texts, or lists of them;
   * `free`: whatever it holds, as JSON.
   */
  as: 'one' | 'list' | 'byLabel' | 'textMap' | 'textsMap' | 'free';
  table?: BlockTable;
}>;

/** What was decoded of a block, before it is known to be of a type: fields that were written. */
export type Written = Record<string, unknown>;

export type BlockTable = Readonly<{
  arguments: ReadonlyMap<string, ArgumentRow>;
  blocks: ReadonlyMap<string, BlockRow>;
  /** The block's labels: what messages call them, and the fields that they become. */
  labels: readonly Readonly<{ name: string; field: string }>[];
  /** Looks over what was decoded; may complain, and answers what the model gets. */
  finish: (written: Written, block: BoundBlock, run: Evaluation) => Written;
}>;

type Columns<T> = Readonly<{
  arguments?: Readonly<Record<string, ArgumentRow<keyof T & string>>>;
  blocks?: Readonly<Record<string, BlockRow<keyof T & string>>>;
  label?: keyof T & string;
  /** What messages call the label; `name` unless said. */
  labelName?: string;
  finish?: BlockTable['finish'];
}>;

/** Describes a block whose fields are those of `T`. */
export function table<T>(columns: Columns<T>): BlockTable {
  const { label, labelName = 'name' } = columns;
  return {
    arguments: new Map(Object.entries(columns.arguments ?? {})),
    blocks: new Map(Object.entries(columns.blocks ?? {})),
    labels: label === undefined ? [] : [{ name: labelName, field: label }],
    finish: columns.finish ?? ((written) => written),
  };
}

type Row = <Field extends string>(field: Field) => ArgumentRow<Field>;

function argument(kind: Kind): Row {
  return (field) => ({ field, kind });
}

export const text: Row = argument('text');
export const int: Row = argument('int');
export const flag: Row = argument('flag');
export const duration: Row = argument('duration');
export const texts: Row = argument('texts');

/** An argument that must be there. */
export function required<Field extends string>(row: ArgumentRow<Field>): ArgumentRow<Field> {
  return { ...row, required: true };
}

/** At most one block of that table. */
export function one<Field extends string>(field: Field, of: BlockTable): BlockRow<Field> {
  return { field, as: 'one', table: of };
}

/** Any number of blocks of that table. */
export function many<Field extends string>(field: Field, of: BlockTable): BlockRow<Field> {
  return { field, as: 'list', table: of };
}

/** Blocks told apart by their label. */
export function byLabel<Field extends string>(field: Field, of: BlockTable): BlockRow<Field> {
  return { field, as: 'byLabel', table: of };
}

/** Names and texts of the author's own. */
export function textMap<Field extends string>(field: Field): BlockRow<Field> {
  return { field, as: 'textMap' };
}

/** Names and lists of texts of the author's own. */
export function textsMap<Field extends string>(field: Field): BlockRow<Field> {
  return { field, as: 'textsMap' };
}

/** Whatever the author writes, as JSON. */
export function free<Field extends string>(field: Field): BlockRow<Field> {
  return { field, as: 'free' };
}
