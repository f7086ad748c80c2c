/**
 * The tables as one entry changes them: each is opened at its first use, as most entries use few.
 */
import type { Index } from '../../base/brand.ts';
import type { Rows } from './rows.ts';
import type { TableEdit } from './table.ts';
import type { Tables } from './tables.ts';
import type { TableName } from './watch.ts';

type OpenTables = { [Name in TableName]?: TableEdit<Rows[Name]> };

export class TableEdits {
  readonly #base: Tables;
  readonly #index: Index;
  readonly #open: OpenTables = {};

  constructor(base: Tables, index: Index) {
    this.#base = base;
    this.#index = index;
  }

  of<Name extends TableName>(name: Name): TableEdit<Rows[Name]> {
    const open: TableEdit<Rows[Name]> | undefined = this.#open[name];
    return open ?? this.#openOne(name);
  }

  /** The tables after the entry; what it did not touch is shared. */
  finish(): Tables {
    const tables: Record<string, unknown> = { ...this.#base };
    for (const [name, edit] of Object.entries(this.#open)) tables[name] = edit.finish();
    return tables as unknown as Tables;
  }

  #openOne<Name extends TableName>(name: Name): TableEdit<Rows[Name]> {
    const edit = this.#base[name].edit(this.#index);
    (this.#open as Record<TableName, unknown>)[name] = edit;
    return edit;
  }
}
