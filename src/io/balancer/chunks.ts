/**
 * Reads a chunked body piece by piece.
 *
 * C1: what is no chunk by the letter of the grammar ends the reading: nothing is guessed.
 * C2: extensions and trailers are bounded, and dropped.
 *
 * Source: RFC 9112 section 7.1.
 */

/** Characters of a line between chunks, and of all trailers together. */
const LINE_BYTES_MAX = 16_384;
const SIZE_LINE = /^([0-9a-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i;
const TRAILER = /^[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*$/;
const CR = 13;
const LF = 10;

type Phase = 'size' | 'data' | 'data-end' | 'trailers';

export class ChunkReader {
  #phase: Phase = 'size';
  /** Of the chunk at hand. */
  #left = 0;
  /** A line that has not come whole. */
  #line = '';
  #trailerBytes = 0;

  /**
   * Reads a piece; hands on what is body.
   *
   * @returns where the body ends in it; -1: it goes on; undefined: this is no chunked body (C1)
   */
  read(piece: Buffer, take: (data: Buffer) => void): number | undefined {
    let at = 0;
    while (at < piece.length) {
      if (this.#phase === 'data') {
        const end = Math.min(piece.length, at + this.#left);
        take(piece.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#phase = 'data-end';
        continue;
      }
      const newline = piece.indexOf(LF, at);
      const end = newline < 0 ? piece.length : newline + 1;
      this.#line += piece.toString('latin1', at, end);
      at = end;
      if (this.#line.length > LINE_BYTES_MAX) return undefined;
      if (newline < 0) return -1;
      const line = this.#line;
      this.#line = '';
      if (line.length < 2 || line.charCodeAt(line.length - 2) !== CR) return undefined;
      const ended = this.#takeLine(line.slice(0, -2));
      if (ended === undefined) return undefined;
      if (ended) return at;
    }
    return -1;
  }

  /** True: it was the last one; undefined: it cannot stand there. */
  #takeLine(line: string): boolean | undefined {
    switch (this.#phase) {
      case 'size': {
        const size = SIZE_LINE.exec(line)?.[1];
        if (size === undefined) return undefined;
        this.#left = parseInt(size, 16);
        this.#phase = this.#left === 0 ? 'trailers' : 'data';
        return false;
      }
      case 'data-end':
        this.#phase = 'size';
        return line === '' ? false : undefined;
      case 'trailers':
        if (line === '') return true;
        this.#trailerBytes += line.length;
        return this.#trailerBytes <= LINE_BYTES_MAX && TRAILER.test(line) ? false : undefined;
      case 'data':
        return undefined;
    }
  }
}
