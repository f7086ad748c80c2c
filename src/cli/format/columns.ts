/**
 * Text in columns, as `nomad` prints it.
 *
 * Widths count characters, the last column is not padded, so an empty last cell leaves the two
 * spaces before it.
 */

/** Lays rows out in columns with two spaces between them; no newline at the end. */
export function columns(rows: readonly (readonly string[])[]): string {
  return layout(rows, '  ');
}

/** Lays out `name = value` lines. */
export function keyValues(rows: readonly (readonly [key: string, value: string])[]): string {
  return layout(rows, ' = ');
}

function layout(rows: readonly (readonly string[])[], glue: string): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(cell));
    });
  }
  return rows
    .map((row) =>
      row.map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join(glue),
    )
    .join('\n');
}

function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)));
}

/** Characters that a terminal shows: colour codes count for nothing. */
function width(text: string): number {
  return Array.from(text.replace(/\u001b\[[0-9;]*m/g, '')).length;
}
