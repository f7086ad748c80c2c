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
  if ('pipe' in part)
    return `{{${wordOf(part)}${part.pipe === undefined ? '' : describe(part.pipe)}}}`;
  return part.kind === 'break' || part.kind === 'continue' ? `{{${part.kind}}}` : describe(part);
}

/** What stands before the pipeline of an action. */
function wordOf(part: Extract<Part, { pipe: unknown }>): string {
  if (part.kind === 'action') return '';
  if (part.kind !== 'template') return `${part.kind} `;
  return `template ${JSON.stringify(part.name)}${part.pipe === undefined ? '' : ' '}`;
}
