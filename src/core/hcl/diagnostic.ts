/**
 * What is wrong with a configuration, where, and how it is shown.
 *
 * Expected outcomes of parsing and evaluation are values of this type, never thrown.
 */
import { countCharacters, toRange } from './source.ts';
import type { Range, Source, Span } from './source.ts';

/** One remark about a configuration. `summary` is a headline; `detail` sentences that help. */
export type Diagnostic = Readonly<{
  severity: 'error' | 'warning';
  summary: string;
  detail: string;
  /** What the remark is about. */
  subject: Range;
  /** What to show around the subject, if more than its line helps. */
  context?: Range;
}>;

/** An error about `subject`. */
export function errorAt(
  subject: Span,
  summary: string,
  detail: string,
  context?: Span,
): Diagnostic {
  const base = { severity: 'error', summary, detail, subject: toRange(subject) } as const;
  return context === undefined ? base : { ...base, context: toRange(context) };
}

/** A warning about `subject`: the configuration is taken all the same. */
export function warningAt(subject: Span, summary: string, detail: string): Diagnostic {
  return { severity: 'warning', summary, detail, subject: toRange(subject) };
}

/** Whether any of the remarks is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** `file:line,col-col`, or `file:line,col-line,col` for a range of several lines. */
export function formatRange(range: Range): string {
  const { file, start, end } = range;
  const last = start.line === end.line ? String(end.column) : `${end.line},${end.column}`;
  return `${file}:${start.line},${start.column}-${last}`;
}

/** One line: `file:line,col-col: Summary; Detail`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  return `${formatRange(diagnostic.subject)}: ${diagnostic.summary}; ${diagnostic.detail}`;
}

/** Longer source lines are cut around the mark: a minified file must not flood a terminal. */
const SHOWN_COLUMNS_MAX = 160;

/**
 * The one-line form, followed by the source line with a mark under the place:
 *
 *     job.hcl:3,5-10: Unsupported argument; An argument named "cuont" is not expected here.
 *       3 |     cuont = 3
 *         |     ^^^^^
 *
 * @param sources the texts by file name; a range in another file is shown without its line
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, Source>,
): string {
  const headline = formatDiagnostic(diagnostic);
  const { file, start, end } = diagnostic.subject;
  const line = sources.get(file)?.line(start.line);
  if (line === undefined) return headline;
  const { shown, skipped } = cut(line, start.column);
  const width =
    end.line === start.line ? end.column - start.column : countCharacters(line) - start.column + 1;
  const before = shown.slice(0, start.column - 1 - skipped).replace(/[^\t]/g, ' ');
  const mark = '^'.repeat(Math.max(1, Math.min(width, SHOWN_COLUMNS_MAX)));
  const number = String(start.line);
  const gutter = ' '.repeat(number.length);
  return `${headline}\n  ${number} | ${shown}\n  ${gutter} | ${before}${mark}`;
}

/** All remarks, rendered, one after another. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Source>,
): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, sources)).join('\n\n');
}

function cut(line: string, column: number): Readonly<{ shown: string; skipped: number }> {
  if (line.length <= SHOWN_COLUMNS_MAX) return { shown: line, skipped: 0 };
  const skipped = Math.max(0, column - 1 - SHOWN_COLUMNS_MAX / 2);
  return { shown: line.slice(skipped, skipped + SHOWN_COLUMNS_MAX), skipped };
}
