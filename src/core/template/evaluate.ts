/**
 * Runs a parsed template: control structures, templates that call templates, and the output.
 * Pipelines are `evaluate-pipeline.ts`.
 *
 * E1: steps, depth and text are bounded, whatever the template says and is given.
 *
 * Source: https://pkg.go.dev/text/template
 */
import { TEMPLATE_DEPTH_MAX, TEMPLATE_STEPS_MAX, TEMPLATE_TEXT_MAX } from '../limits.ts';
import type { Block, Branch, Definition, Node, Template } from './ast.ts';
import { PipelineEvaluator, type EvaluationOptions } from './evaluate-pipeline.ts';
import type { Run } from './function.ts';
import { Place } from './place.ts';
import { CallProblem } from './problem.ts';
import { formatValue, printed } from './print.ts';
import { Dict, isList, isTruthy, type Value } from './value.ts';
import { Variables } from './variables.ts';

/** What the world gives to functions; the evaluator adds what is its own. */
export type RunWorld = Omit<Run, 'execute' | 'charge'>;

/** The output of a template. Throws `TemplateError`. */
export function evaluate(
  template: Template,
  dot: Value,
  world: RunWorld,
  options: EvaluationOptions,
): string {
  return new Evaluator(template, world, options).execute(template.main, dot);
}

type Jump = 'break' | 'continue' | undefined;

/** Where the run is: the definition, its variables, and what they are printed into. */
type Frame = Readonly<{ place: Place; variables: Variables; output: string[] }>;

class Evaluator {
  readonly #template: Template;
  readonly #pipelines: PipelineEvaluator;
  #frame: Frame | undefined;
  #steps = TEMPLATE_STEPS_MAX;
  #text = TEMPLATE_TEXT_MAX;
  #depth = 0;

  constructor(template: Template, world: RunWorld, options: EvaluationOptions) {
    this.#template = template;
    const run: Run = {
      ...world,
      execute: (name, dot) => this.#executeNamed(name, dot),
      charge: (steps) => this.#charge(steps),
    };
    this.#pipelines = new PipelineEvaluator(run, options, {
      deeper: (evaluateIt) => this.#deeper(evaluateIt),
      made: (length) => this.#made(length),
    });
  }

  /** Runs a definition with variables of its own. */
  execute(definition: Definition, dot: Value): string {
    const output: string[] = [];
    this.#call(definition, dot, output);
    return output.join('');
  }

  #executeNamed(name: string, dot: Value): string {
    const definition = this.#template.definitions.get(name);
    if (definition === undefined) {
      throw new CallProblem(`template ${JSON.stringify(name)} not defined`);
    }
    return this.#deeper(() => this.execute(definition, dot));
  }

  #call(definition: Definition, dot: Value, output: string[]): void {
    const before = this.#frame;
    const frame = { place: new Place(definition), variables: new Variables(dot), output };
    this.#frame = frame;
    this.#pipelines.enter(frame.place, frame.variables);
    this.#block(definition.block, dot, frame);
    if (before !== undefined) this.#pipelines.enter(before.place, before.variables);
    this.#frame = before;
  }

  #block(block: Block, dot: Value, frame: Frame): Jump {
    for (const node of block) {
      this.#charge(1);
      if (node.kind === 'text') {
        this.#print(node.text, frame);
        continue;
      }
      const jump = this.#node(node, dot, frame);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #node(node: Exclude<Node, { kind: 'text' }>, dot: Value, frame: Frame): Jump {
    frame.place.at(node);
    switch (node.kind) {
      case 'action': {
        const value = this.#pipelines.pipeline(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#printValue(value, frame);
        return undefined;
      }
      case 'if':
      case 'with':
        return this.#deeper(() => this.#choose(node, dot, frame));
      case 'range':
        return this.#deeper(() => this.#range(node, dot, frame));
      case 'template':
        this.#deeper(() => this.#invoke(node, dot, frame));
        return undefined;
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #choose(node: Branch, dot: Value, frame: Frame): Jump {
    const mark = frame.variables.mark();
    const value = this.#pipelines.pipeline(node.pipe, dot);
    const holds = isTruthy(value);
    const block = holds ? node.then : (node.otherwise ?? []);
    const jump = this.#block(block, holds && node.kind === 'with' ? value : dot, frame);
    frame.variables.forget(mark);
    return jump;
  }

  #range(node: Branch, dot: Value, frame: Frame): Jump {
    const { variables } = frame;
    const mark = variables.mark();
    const value = this.#pipelines.pipeline(node.pipe, dot);
    let any = false;
    for (const [key, item] of this.#items(value, frame)) {
      any = true;
      this.#charge(1);
      const inner = variables.mark();
      bind(node, variables, key, item);
      const jump = this.#block(node.then, item, frame);
      variables.forget(inner);
      if (jump === 'break') break;
    }
    const jump = any ? undefined : this.#block(node.otherwise ?? [], dot, frame);
    variables.forget(mark);
    return jump;
  }

  /** What `range` goes through: index or key, and element. */
  #items(value: Value, frame: Frame): Iterable<readonly [Value, Value]> {
    if (value === undefined || value === null) return [];
    if (isList(value)) return numbered(value);
    if (value instanceof Dict) {
      return value.keys().map((key) => [key, value.entries.get(key)] as const);
    }
    if (typeof value === 'bigint') return counted(value);
    const shown = formatValue(value, () => undefined).slice(0, 200);
    return frame.place.fail(`range can't iterate over ${shown}`);
  }

  #invoke(node: Extract<Node, { kind: 'template' }>, dot: Value, frame: Frame): void {
    const definition = this.#template.definitions.get(node.name);
    if (definition === undefined) {
      return frame.place.fail(`template ${JSON.stringify(node.name)} not defined`);
    }
    const inner = node.pipe === undefined ? undefined : this.#pipelines.pipeline(node.pipe, dot);
    this.#call(definition, inner, frame.output);
  }

  #printValue(value: Value, frame: Frame): void {
    try {
      this.#print(
        printed(value, (steps) => this.#charge(steps)),
        frame,
      );
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error;
      frame.place.fail(error.message);
    }
  }

  #print(text: string, frame: Frame): void {
    this.#made(text.length);
    frame.output.push(text);
  }

  #made(length: number): void {
    this.#text -= length;
    if (this.#text < 0) this.#stop(`it makes more than ${TEMPLATE_TEXT_MAX} characters`);
  }

  #charge(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) this.#stop(`it takes more than ${TEMPLATE_STEPS_MAX} steps`);
  }

  #deeper<T>(evaluateIt: () => T): T {
    this.#depth++;
    if (this.#depth > TEMPLATE_DEPTH_MAX) {
      this.#stop(`exceeded maximum template depth (${TEMPLATE_DEPTH_MAX})`);
    }
    const result = evaluateIt();
    this.#depth--;
    return result;
  }

  #stop(why: string): never {
    if (this.#frame === undefined) throw new CallProblem(why);
    return this.#frame.place.fail(why);
  }
}

/** Gives an iteration its variables: with one, it is the element. */
function bind(node: Branch, variables: Variables, key: Value, item: Value): void {
  const [first, second] = node.pipe.variables;
  if (first === undefined) return;
  const set = (name: string, value: Value): void => {
    if (node.pipe.assigns) variables.assign(name, value);
    else variables.declare(name, value);
  };
  set(first, second === undefined ? item : key);
  if (second !== undefined) set(second, item);
}

function* numbered(list: readonly Value[]): Iterable<readonly [Value, Value]> {
  for (const [i, item] of list.entries()) yield [BigInt(i), item];
}

function* counted(count: bigint): Iterable<readonly [Value, Value]> {
  for (let i = 0n; i < count; i++) yield [i, i];
}
