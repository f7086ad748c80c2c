/**
 * The host ports of one address of one node: which are held, and which may still be drawn.
 *
 * P1: `dynamicFree` counts exactly the ports of the dynamic range that are neither held nor
 *     reserved.
 * P2: a port held twice (a client that came back from the dead can do that) is free only after both
 *     holders have let go.
 */

/** Ports that a node hands out by itself, and those that it keeps for itself. */
export interface PortRange {
  /** Both ends included. */
  readonly min: number;
  readonly max: number;
  readonly reserved: readonly number[];
}

const WORD_BITS = 32;
const PORT_MAX = 65_535;

export class PortSet {
  readonly #min: number;
  readonly #max: number;
  /** Held or reserved ports of the dynamic range, a bit each. */
  readonly #words: Uint32Array;
  /** Held ports outside the dynamic range. */
  readonly #outside = new Set<number>();
  /** Second and further holders of one port (P2). */
  readonly #again = new Map<number, number>();
  readonly #reserved: ReadonlySet<number>;
  #dynamicFree: number;

  constructor(range: PortRange) {
    this.#min = range.min;
    this.#max = Math.max(range.min - 1, Math.min(range.max, PORT_MAX));
    this.#words = new Uint32Array(Math.ceil((this.#max - this.#min + 1) / WORD_BITS));
    this.#dynamicFree = this.#max - this.#min + 1;
    this.#reserved = new Set(range.reserved);
    for (const port of this.#reserved) if (this.#inRange(port)) this.#set(port);
    // Bits past the end of the range would otherwise be found free.
    for (let bit = this.#max - this.#min + 1; bit < this.#words.length * WORD_BITS; bit++) {
      this.#words[bit >>> 5] = (this.#words[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  get dynamicFree(): number {
    return this.#dynamicFree;
  }

  /** True where nobody may take the port: held by an allocation or reserved by the node. */
  taken(port: number): boolean {
    if (this.#inRange(port)) return this.#bit(port);
    return this.#outside.has(port) || this.#reserved.has(port);
  }

  hold(port: number): void {
    if (this.taken(port) && !this.#reservedOnly(port)) {
      this.#again.set(port, (this.#again.get(port) ?? 0) + 1);
    } else if (!this.#inRange(port) || this.#reserved.has(port)) {
      this.#outside.add(port);
    } else {
      this.#set(port);
    }
  }

  release(port: number): void {
    const again = this.#again.get(port) ?? 0;
    if (again > 1) this.#again.set(port, again - 1);
    else if (again === 1) this.#again.delete(port);
    else if (!this.#outside.delete(port) && this.#inRange(port)) this.#clear(port);
  }

  /**
   * A free port of the dynamic range: the first at or after `start`, around the end.
   *
   * @param start 0..1, where in the range to begin
   * @param but ports that are not to be given, though free
   */
  draw(start: number, but: readonly number[] = []): number | undefined {
    const size = this.#max - this.#min + 1;
    let port = this.#nextFree(Math.min(size - 1, Math.floor(start * size)));
    for (let tries = 0; port !== undefined && but.includes(port); tries++) {
      // Each of `but` can be met once; meeting more means there is nothing else.
      if (tries >= but.length) return undefined;
      port = this.#nextFree((port - this.#min + 1) % size);
    }
    return port;
  }

  /** Every held port, as often as it is held, in no particular order. */
  *held(): Iterable<number> {
    for (let port = this.#min; port <= this.#max; port++) {
      if (this.#bit(port) && !this.#reserved.has(port)) yield port;
    }
    yield* this.#outside;
    for (const [port, times] of this.#again) for (let i = 0; i < times; i++) yield port;
  }

  /** The first free port at or after the bit `first`, around the end. */
  #nextFree(first: number): number | undefined {
    if (this.#dynamicFree === 0) return undefined;
    const words = this.#words;
    let at = first >>> 5;
    let free = ~(words[at] ?? 0) & (-1 << (first & 31));
    for (let seen = 0; seen <= words.length; seen++) {
      if (free !== 0) return this.#min + at * WORD_BITS + (31 - Math.clz32(free & -free));
      at = at + 1 === words.length ? 0 : at + 1;
      free = ~(words[at] ?? 0);
    }
    return undefined;
  }

  #reservedOnly(port: number): boolean {
    return this.#reserved.has(port) && !this.#outside.has(port);
  }

  #inRange(port: number): boolean {
    return port >= this.#min && port <= this.#max;
  }

  #bit(port: number): boolean {
    const bit = port - this.#min;
    return ((this.#words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  #set(port: number): void {
    const bit = port - this.#min;
    this.#words[bit >>> 5] = (this.#words[bit >>> 5] ?? 0) | (1 << (bit & 31));
    this.#dynamicFree--;
  }

  #clear(port: number): void {
    if (!this.#bit(port) || this.#reserved.has(port)) return;
    const bit = port - this.#min;
    this.#words[bit >>> 5] = (this.#words[bit >>> 5] ?? 0) & ~(1 << (bit & 31));
    this.#dynamicFree++;
  }
}
