/** The variables of one running template, innermost last. */
import type { Value } from './value.ts';

export class Variables {
  readonly #names: string[] = ['$'];
  readonly #values: Value[];

  /** @param data what `$` stands for */
  constructor(data: Value) {
    this.#values = [data];
  }

  /** Where the variables stand; those declared later are forgotten by `forget`. */
  mark(): number {
    return this.#names.length;
  }

  forget(mark: number): void {
    this.#names.length = mark;
    this.#values.length = mark;
  }

  declare(name: string, value: Value): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** Changes the innermost variable of that name; answers whether there is one. */
  assign(name: string, value: Value): boolean {
    const at = this.#names.lastIndexOf(name);
    if (at >= 0) this.#values[at] = value;
    return at >= 0;
  }

  /**
   * The innermost variable of that name; undefined if there is none, which the parser cannot tell
   * where it would have been declared in an argument that was skipped.
   */
  find(name: string): Readonly<{ value: Value }> | undefined {
    const at = this.#names.lastIndexOf(name);
    return at < 0 ? undefined : { value: this.#values[at] };
  }
}
