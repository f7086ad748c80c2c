/** The end of an output of any length, in bounded memory. */
import { decodeTail, tailText } from '../../core/checks/output.ts';

/** Keeps the last bytes that were written. */
export class Tail {
  readonly #max: number;
  #pieces: Uint8Array[] = [];
  #held = 0;
  #total = 0;

  /** @param max bytes kept; 0: none */
  constructor(max: number) {
    this.#max = max;
  }

  /** Bytes written in all. */
  get total(): number {
    return this.#total;
  }

  add(bytes: Uint8Array): void {
    this.#total += bytes.length;
    const piece = bytes.length > this.#max ? bytes.subarray(bytes.length - this.#max) : bytes;
    this.#pieces.push(piece);
    this.#held += piece.length;
    // Joined now and then, not each time: a program may write a byte at a time.
    if (this.#held > 2 * this.#max || this.#pieces.length > PIECES_MAX) this.#join();
  }

  /** What was written last, at most as much as is kept. */
  raw(): string {
    this.#join();
    return decodeTail(this.#pieces[0] ?? new Uint8Array(), this.#max);
  }

  /** The same, with a word on what is missing. */
  text(): string {
    return this.#max === 0 ? '' : tailText({ text: this.raw(), total: this.#total });
  }

  #join(): void {
    const all = Buffer.concat(this.#pieces);
    // A copy: a slice would keep all of it in memory.
    const end = new Uint8Array(all.subarray(Math.max(0, all.length - this.#max)));
    this.#pieces = [end];
    this.#held = end.length;
  }
}

const PIECES_MAX = 64;
