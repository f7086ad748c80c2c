/** Where in a template its run is, for messages. */
import type { Command, Definition, Node, Operand } from './ast.ts';
import { describe } from './describe.ts';
import { positionOf } from './position.ts';
import { TemplateError } from './problem.ts';

type Part = Exclude<Node, { kind: 'text' }> | Operand | Command;

export class Place {
  readonly #definition: Definition;
  #part: Part | undefined;

  constructor(definition: Definition) {
    this.#definition = definition;
  }

  /** The run has come to that part. */
  at(part: Part): void {
    this.#part = part;
  }

  /** Ends the run, in Go's words: `template: in:1:3: executing "in" at <.Foo>: ...`. */
  fail(message: string): never {
    const { name, source } = this.#definition;
    const place = positionOf(source.text, this.#part?.at ?? 0);
    const where = `${source.name}:${place.line}:${place.byte}`;
    const what = this.#part === undefined ? '' : ` at <${show(this.#part)}>`;
    const text = `template: ${where}: executing ${JSON.stringify(name)}${what}: ${message}`;
    throw new TemplateError(text, place);
  }
}

function show(part: Part): string {
  switch (part.kind) {
    case 'template': {
      const pipe = part.pipe === undefined ? '' : ` ${describe(part.pipe)}`;
      return `{{template ${JSON.stringify(part.name)}${pipe}}}`;
    }
    case 'action':
      return `{{${describe(part.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range':
      return `{{${part.kind} ${describe(part.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${part.kind}}}`;
    case 'bool':
    case 'chain':
    case 'command':
    case 'dot':
    case 'field':
    case 'function':
    case 'nil':
    case 'number':
    case 'pipe':
    case 'string':
    case 'variable':
      return describe(part);
  }
}
