/**
 * Renders a template with the answers that are there so far, and tells what it asked for.
 *
 * R1: `missing` is empty exactly if the text is complete: everything it used has answered, and what
 * must exist does.
 * R2: what a template uses may change as answers come in; it is run again with each of them.
 */
import type { Template, TemplateText } from './ast.ts';
import { dependencyKey, type Answered, type AnswerOf, type Dependency } from './dependency.ts';
import { evaluate } from './evaluate.ts';
import { fail, type FunctionTable, type TemplateFunction } from './function.ts';
import { TEMPLATE_FUNCTIONS } from './functions/library.ts';
import { newScratch } from './functions/scratch.ts';
import type { TemplateHost } from './host.ts';
import type { Delimiters } from './lexer.ts';
import { parseTemplate } from './parse.ts';
import { caught, type TemplateProblem } from './problem.ts';

/** What has been answered, by `dependencyKey`. Each has the shape that its kind has. */
export type Answers = ReadonlyMap<string, Readonly<{ value: AnswerOf[Dependency['kind']] }>>;

export type Rendering = Readonly<{
  /** The text, or why there is none. It counts only where nothing is missing. */
  result: Readonly<{ text: string }> | TemplateProblem;
  /** What it asked for, in the order of asking; each once. */
  used: readonly Dependency[];
  /** Those of them without which it is not complete (R1). */
  missing: readonly Dependency[];
}>;

/**
 * Parses a template with the functions there are.
 *
 * @param denied functions that fail when they are called
 */
export function parseWithFunctions(
  source: TemplateText,
  delimiters?: Delimiters,
  denied: readonly string[] = [],
): Template | TemplateProblem {
  return parseTemplate(source, without(TEMPLATE_FUNCTIONS, denied), delimiters);
}

function without(functions: FunctionTable, denied: readonly string[]): FunctionTable {
  if (denied.length === 0) return functions;
  return new Map([
    ...functions,
    ...denied.filter((name) => functions.has(name)).map((name) => [name, DISABLED] as const),
  ]);
}

const DISABLED: TemplateFunction = {
  params: [],
  rest: 'any',
  call: () => fail('function is disabled'),
};

/** Renders; never throws for what a template says or is answered. */
export function render(
  template: Template,
  answers: Answers,
  host: TemplateHost,
  options: Readonly<{ errorOnMissingKey?: boolean }> = {},
): Rendering {
  const asked = new Asked(answers);
  const world = {
    host,
    scratch: newScratch(),
    recall: <D extends Dependency>(dependency: D) => asked.recall(dependency),
    miss: (dependency: Dependency) => asked.miss(dependency),
  };
  const result = caught(() => {
    const errorOnMissingKey = options.errorOnMissingKey ?? false;
    return { text: evaluate(template, undefined, world, { errorOnMissingKey }) };
  });
  return { result, used: [...asked.used.values()], missing: [...asked.missing.values()] };
}

/** What one rendering asked for. */
class Asked {
  readonly used = new Map<string, Dependency>();
  readonly missing = new Map<string, Dependency>();
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  recall<D extends Dependency>(dependency: D): Answered<D> | undefined {
    const key = dependencyKey(dependency);
    this.used.set(key, dependency);
    const answer = this.#answers.get(key);
    if (answer === undefined) this.missing.set(key, dependency);
    // Whoever answers keys with values keeps to the shape of the kind (D1).
    return answer as Answered<D> | undefined;
  }

  miss(dependency: Dependency): void {
    this.missing.set(dependencyKey(dependency), dependency);
  }
}
