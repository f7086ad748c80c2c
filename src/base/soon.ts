/**
 * Answers that are often there at once. A promise costs its maker, its reader and a turn of the
 * microtask queue; where most answers need no waiting, that is most of their cost.
 */

/** A value that is there already, or the promise of one. `await` takes either. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: at once where it is there already. */
export function soon<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Does something in place of what failed, whether it threw or rejected. */
export function soonOr<T>(start: () => Soon<T>, failed: (error: unknown) => T): Soon<T> {
  try {
    const value = start();
    return value instanceof Promise ? value.catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}
