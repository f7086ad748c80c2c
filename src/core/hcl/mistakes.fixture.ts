/** What is told of broken files, for tests. */
import assert from 'node:assert/strict';
import { formatDiagnostic } from './diagnostic.ts';
import { parseConfig } from './parse.ts';
import { Source } from './source.ts';

/** What is told of a file named `x`, one line for each mistake. */
export function complaints(text: string): string[] {
  return parseConfig(new Source('x', text)).diagnostics.map(formatDiagnostic);
}

/** A text and the beginnings of all that is told of it. */
export type MistakeRow = readonly [text: string, expected: readonly string[]];

/** Compares each row. */
export function checkMistakes(rows: readonly MistakeRow[]): void {
  for (const [text, expected] of rows) {
    const actual = complaints(text).map((line, i) => line.slice(0, expected[i]?.length));
    assert.deepEqual(actual, expected, JSON.stringify(text));
  }
}
