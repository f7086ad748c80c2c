/**
 * What evaluating one configuration may cost: steps, text and elements made.
 *
 * B1: once it is spent it stays spent, and whoever asks learns it at once: work stops, no throw.
 */
import {
  HCL_ELEMENTS_MAX,
  HCL_STEPS_MAX,
  HCL_TEXT_MAX,
  HCL_VALUE_DEPTH_MAX,
  HCL_VALUE_SIZE_MAX,
} from '../limits.ts';

/** Looking at sixteen values costs about as much as evaluating one expression. */
const VALUES_PER_STEP_BITS = 4;

export class Budget {
  #steps = HCL_STEPS_MAX;
  #text = HCL_TEXT_MAX;
  #elements = HCL_ELEMENTS_MAX;
  #spent: string | undefined;

  /** What ran out, for a message; undefined while nothing did. */
  spent(): string | undefined {
    return this.#spent;
  }

  /** Whether one more expression may be evaluated, or `count` more units of work be done. */
  step(count = 1): boolean {
    this.#steps -= count;
    return this.#check(this.#steps, 'too many steps of evaluation');
  }

  /** Whether a string of `length` characters may be made. Ask before making it. */
  text(length: number): boolean {
    this.#text -= length;
    return this.#check(this.#text, 'the strings it makes are too long');
  }

  /** Whether a collection of `count` elements may be made. Ask before making it. */
  elements(count: number): boolean {
    this.#elements -= count;
    return this.#check(this.#elements, 'the collections it makes are too large');
  }

  /** Whether a value of that extent may be gone on with; whoever uses it may look at all of it. */
  value(extent: Readonly<{ size: number; depth: number }>): boolean {
    this.#check(HCL_VALUE_DEPTH_MAX - extent.depth, 'the values it makes are nested too deep');
    this.#check(HCL_VALUE_SIZE_MAX - extent.size, 'the values it makes are too large');
    return this.step(extent.size >> VALUES_PER_STEP_BITS);
  }

  #check(left: number, what: string): boolean {
    // Not a number is no budget either.
    if (!(left >= 0)) this.#spent ??= what;
    return this.#spent === undefined;
  }
}
