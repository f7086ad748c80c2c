/**
 * What goes wrong with a template, in the words of Go's text/template, which people search for.
 *
 * Inside the language problems are thrown, as they end a rendering from any depth; its doors
 * (`parseTemplate`, `render`) catch them and answer them as values.
 */

/** Why a template cannot be parsed or rendered. */
export type TemplateProblem = Readonly<{
  /** The whole message: `template: in:1:5: executing "in" at <.Foo>: ...`. */
  problem: string;
  /** Of the place, in the source it names; both count from 1. */
  line: number;
  column: number;
}>;

/** A problem with its place, on its way to the door. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly line: number;
  readonly column: number;

  constructor(message: string, place: Readonly<{ line: number; column: number }>) {
    super(message);
    this.line = place.line;
    this.column = place.column;
  }
}

/** Why a function has no answer; the evaluator adds which one and where. */
export class CallProblem extends Error {
  override readonly name = 'CallProblem';
}

/** Runs something of the language; what it throws as a problem is answered. */
export function caught<T>(run: () => T): T | TemplateProblem {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { problem: error.message, line: error.line, column: error.column };
  }
}

/** Whether an answer of `parseTemplate` is a problem. */
export function isTemplateProblem(answer: object): answer is TemplateProblem {
  return 'problem' in answer;
}
