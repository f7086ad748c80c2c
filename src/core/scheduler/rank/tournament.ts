/**
 * A tournament of numbers: the best of thousands is known at once, and changing one costs a dozen
 * steps. What makes the price of a placement independent of how many nodes there are and how full.
 *
 * T1: `best` is the greatest of all values.
 */
export class Tournament {
  readonly #size: number;
  /** A complete binary tree; node i has children 2i and 2i+1, the values are its last row. */
  readonly #tree: Float64Array;

  /** All values start at minus infinity: not taking part. */
  constructor(count: number) {
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(count, 1)));
    this.#tree = new Float64Array(2 * this.#size).fill(-Infinity);
  }

  get best(): number {
    return this.#tree[1] ?? -Infinity;
  }

  get(at: number): number {
    return this.#tree[this.#size + at] ?? -Infinity;
  }

  set(at: number, value: number): void {
    const tree = this.#tree;
    let node = this.#size + at;
    if (tree[node] === value) return;
    tree[node] = value;
    while (node > 1) {
      const sibling = tree[node ^ 1] ?? -Infinity;
      const own = tree[node] ?? -Infinity;
      node >>>= 1;
      const winner = own > sibling ? own : sibling;
      // Where the winner stays, nothing above can change.
      if (tree[node] === winner) return;
      tree[node] = winner;
    }
  }

  /** Sets many values, then `settle`s once: cheaper than `set` for most of them. */
  stage(at: number, value: number): void {
    this.#tree[this.#size + at] = value;
  }

  settle(): void {
    const tree = this.#tree;
    for (let node = this.#size - 1; node > 0; node--) {
      tree[node] = Math.max(tree[2 * node] ?? -Infinity, tree[2 * node + 1] ?? -Infinity);
    }
  }

  /**
   * Where a best value stands: the first at or after `from`, else the first of all. Undefined where
   * nobody takes part. Different `from`s spread equal candidates.
   */
  find(from: number): number | undefined {
    const { best } = this;
    if (best === -Infinity) return undefined;
    return this.#firstFrom(from, best) ?? this.#firstFrom(0, best);
  }

  /** Climbs until a subtree to the right holds the value, then goes down to its first place. */
  #firstFrom(from: number, value: number): number | undefined {
    const tree = this.#tree;
    let node = this.#size + from;
    while (tree[node] !== value) {
      while ((node & 1) === 1) {
        node >>>= 1;
        if (node <= 1) return undefined;
      }
      if (node <= 1) return undefined;
      node++;
    }
    while (node < this.#size) {
      node *= 2;
      if (tree[node] !== value) node++;
    }
    return node - this.#size;
  }
}
