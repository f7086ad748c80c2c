/** Places in a source, as messages tell them. */
import { byteLength } from './bytes.ts';

/** Line and column of a place, from 1, and its distance from the line's start in bytes (Go's). */
export function positionOf(
  text: string,
  at: number,
): Readonly<{ line: number; column: number; byte: number }> {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  const before = text.slice(start, at);
  return { line, column: Array.from(before).length + 1, byte: byteLength(before) };
}
