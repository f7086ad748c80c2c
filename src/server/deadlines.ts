/**
 * What falls due when: keys with an instant each, on whatever clock the owner uses.
 *
 * D1: putting a deadline off costs no more than a write to a map: it is looked at again when the
 *     old one passes.
 */
import TinyQueue from 'tinyqueue';

interface Due {
  readonly key: string;
  readonly at: number;
}

interface Held {
  /** When it falls due. */
  at: number;
  /** Where it stands in the queue: never later than `at`. */
  queuedAt: number;
}

export class Deadlines {
  readonly #held = new Map<string, Held>();
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at);

  get size(): number {
    return this.#held.size;
  }

  has(key: string): boolean {
    return this.#held.has(key);
  }

  /** Sets, or moves, a deadline (D1). */
  set(key: string, at: number): void {
    const held = this.#held.get(key);
    if (held !== undefined && held.queuedAt <= at) {
      held.at = at;
      return;
    }
    this.#held.set(key, { at, queuedAt: at });
    this.#queue.push({ key, at });
  }

  delete(key: string): void {
    this.#held.delete(key);
  }

  /** The earliest instant at which something may be due; undefined: nothing is held. */
  nextAt(): number | undefined {
    this.#settle(-Infinity);
    return this.#queue.peek()?.at;
  }

  /** Takes out what is due by `now`, earliest first, at most `max`. */
  take(now: number, max: number): readonly string[] {
    const due: string[] = [];
    while (due.length < max) {
      this.#settle(now);
      const first = this.#queue.peek();
      if (first === undefined || first.at > now) break;
      this.#queue.pop();
      this.#held.delete(first.key);
      due.push(first.key);
    }
    return due;
  }

  clear(): void {
    this.#held.clear();
    while (this.#queue.length > 0) this.#queue.pop();
  }

  /** Moves whatever stands first, and is due by `now`, to its true place. */
  #settle(now: number): void {
    for (;;) {
      const first = this.#queue.peek();
      if (first === undefined) return;
      const held = this.#held.get(first.key);
      const isCurrent = held?.queuedAt === first.at;
      if (isCurrent && (held.at === first.at || first.at > now)) return;
      this.#queue.pop();
      if (!isCurrent) continue;
      held.queuedAt = held.at;
      this.#queue.push({ key: first.key, at: held.at });
    }
  }
}
