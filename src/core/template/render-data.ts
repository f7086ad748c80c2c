/**
 * Renders a template over plain data, as `-t` of commands does: the functions of the language that
 * need nothing but what they are given. A field that is not there is a mistake with its place.
 */
import { evaluate } from './evaluate.ts';
import type { FunctionTable } from './function.ts';
import { COLLECTION } from './functions/collection.ts';
import { COMPARE } from './functions/compare.ts';
import { GO } from './functions/go.ts';
import { JSON_FUNCTIONS } from './functions/json.ts';
import { MATH } from './functions/math.ts';
import { newScratch } from './functions/scratch.ts';
import { fromData } from './functions/shapes.ts';
import { TEXT } from './functions/text.ts';
import { parseTemplate } from './parse.ts';
import { caught, isTemplateProblem, type TemplateProblem } from './problem.ts';

const FUNCTIONS: FunctionTable = new Map([
  ...GO,
  ...COMPARE,
  ...TEXT,
  ...MATH,
  ...COLLECTION,
  ...JSON_FUNCTIONS,
]);

/**
 * The text that the template makes of the data; never throws for what either says.
 *
 * @param now the time that functions tell [ms since 1970]
 */
export function renderData(
  text: string,
  data: unknown,
  now: number,
): Readonly<{ text: string }> | TemplateProblem {
  const template = parseTemplate({ name: 'format', text }, FUNCTIONS);
  if (isTemplateProblem(template)) return template;
  const world = {
    host: { now, env: {} },
    scratch: newScratch(),
    recall: () => undefined,
    miss: () => undefined,
  };
  return caught(() => ({
    text: evaluate(template, fromData(data), world, { errorOnMissingKey: true }),
  }));
}
