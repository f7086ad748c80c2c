/**
 * Watches what is typed for the escape that ends a remote session: the escape character at the
 * beginning of a line, then a dot. The escape twice is the character itself.
 *
 * Source: ssh(1), as `nomad alloc exec` has it.
 */

/** What goes on to the other side, and whether the session is to end. */
export interface Passed {
  readonly bytes: Uint8Array;
  readonly ended: boolean;
}

const CARRIAGE_RETURN = 13;
const NEWLINE = 10;
const DOT = 46;

export class EscapeWatch {
  readonly #escape: number;
  #place: 'line-start' | 'in-line' | 'escaped' = 'line-start';

  /** @param escape one character of ASCII; absent: nothing is special */
  constructor(escape: string | undefined) {
    this.#escape = escape?.charCodeAt(0) ?? -1;
  }

  /** Takes what was typed. The escape itself is held back until what follows is known. */
  pass(typed: Uint8Array): Passed {
    const out: number[] = [];
    for (const byte of typed) {
      if (this.#step(byte, out)) return { bytes: Uint8Array.from(out), ended: true };
    }
    return { bytes: Uint8Array.from(out), ended: false };
  }

  #step(byte: number, out: number[]): boolean {
    if (this.#place === 'escaped') {
      if (byte === DOT) return true;
      if (byte !== this.#escape) out.push(this.#escape);
    } else if (this.#place === 'line-start' && byte === this.#escape) {
      this.#place = 'escaped';
      return false;
    }
    out.push(byte);
    this.#place = byte === CARRIAGE_RETURN || byte === NEWLINE ? 'line-start' : 'in-line';
    return false;
  }
}
