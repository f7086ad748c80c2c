/**
 * Which machines reach which: cables that are pulled, in one direction or in both, and put back.
 *
 * A machine always reaches itself. Cuts of several shapes may overlap: what two of them cut is open
 * only once both are mended.
 */

/** One direction between two machines. */
export interface Way {
  readonly from: string;
  readonly to: string;
}

export class SimReach {
  /** How many cuts there are of each: of a machine by its name, of a way by `from>to`. */
  readonly #cuts = new Map<string, number>();
  readonly #listeners: (() => void)[] = [];
  /** Cuts of before were all mended together. */
  #age = 0;

  /** Is told after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  isOpen(from: string, to: string): boolean {
    if (from === to) return true;
    return !this.#cuts.has(from) && !this.#cuts.has(to) && !this.#cuts.has(`${from}>${to}`);
  }

  /** Cuts a machine off from all others; answers what mends that. */
  cutOff(host: string): () => void {
    return this.#cut([host]);
  }

  /** Cuts some ways; answers what mends them. */
  cutWays(ways: readonly Way[]): () => void {
    return this.#cut(ways.map(({ from, to }) => `${from}>${to}`));
  }

  /** Puts two groups out of each other's reach; answers what mends that. */
  part(some: readonly string[], others: readonly string[]): () => void {
    const pairs = some.flatMap((a) => others.map((b) => [a, b] as const));
    return this.cutWays(
      pairs.flatMap(([a, b]) => [
        { from: a, to: b },
        { from: b, to: a },
      ]),
    );
  }

  mendAll(): void {
    this.#age += 1;
    this.#cuts.clear();
    this.#tell();
  }

  #cut(names: readonly string[]): () => void {
    for (const name of names) this.#cuts.set(name, (this.#cuts.get(name) ?? 0) + 1);
    this.#tell();
    const age = this.#age;
    let isMended = false;
    return () => {
      if (isMended || age !== this.#age) return;
      isMended = true;
      for (const name of names) {
        const left = (this.#cuts.get(name) ?? 0) - 1;
        if (left > 0) this.#cuts.set(name, left);
        else this.#cuts.delete(name);
      }
      this.#tell();
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
