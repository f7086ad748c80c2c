/**
 * Parses templates: actions, control structures and definitions. Pipelines are `parse-pipeline.ts`.
 *
 * P1: nesting is bounded, so that no source exhausts the stack, here or when it is rendered.
 * P2: a mistake is told in the words of Go's text/template.
 *
 * Source: https://pkg.go.dev/text/template
 */
import { TEMPLATE_SOURCE_MAX } from '../limits.ts';
import type { Block, Definition, Node, Template, TemplateText } from './ast.ts';
import type { FunctionTable } from './function.ts';
import { DELIMITERS, tokenize, type Delimiters } from './lexer.ts';
import { unquote } from './literal.ts';
import { PipelineParser } from './parse-pipeline.ts';
import { caught, TemplateError, type TemplateProblem } from './problem.ts';
import type { Token } from './token.ts';
import { TokenStream } from './token-stream.ts';

/**
 * Parses a template.
 *
 * @param functions what it may call; others are mistakes
 * @param delimiters empty texts stand for the usual ones
 */
export function parseTemplate(
  source: TemplateText,
  functions: FunctionTable,
  delimiters: Delimiters = DELIMITERS,
): Template | TemplateProblem {
  return caught(() => {
    if (source.text.length > TEMPLATE_SOURCE_MAX) {
      const size = `it has more than ${TEMPLATE_SOURCE_MAX} characters`;
      const message = `template: ${source.name}: the template is too large: ${size}`;
      throw new TemplateError(message, { line: 1, column: 1 });
    }
    const left = delimiters.left === '' ? DELIMITERS.left : delimiters.left;
    const right = delimiters.right === '' ? DELIMITERS.right : delimiters.right;
    const tokens = new TokenStream(source, tokenize(source.text, { left, right }));
    return new Parser(tokens, functions).run();
  });
}

/** How a list of nodes ended. */
type Ending = Readonly<{ nodes: Block; by: 'end' | 'else' | 'end of file'; token: Token }>;

class Parser {
  readonly #tokens: TokenStream;
  readonly #pipelines: PipelineParser;
  readonly #definitions = new Map<string, Definition>();
  #ranges = 0;

  constructor(tokens: TokenStream, functions: FunctionTable) {
    this.#tokens = tokens;
    this.#pipelines = new PipelineParser(tokens, functions);
  }

  run(): Template {
    const { source } = this.#tokens;
    const { nodes, by, token } = this.#list(true);
    if (by !== 'end of file') this.#tokens.fail(`unexpected {{${by}}}`, token.at);
    const main = { name: source.name, source, block: nodes };
    const definitions = new Map(this.#definitions);
    if (!definitions.has(source.name)) definitions.set(source.name, main);
    return { main, definitions };
  }

  /** Nodes up to the `end` or `else` that belongs to whoever asks, whose token is taken. */
  #list(isTop: boolean): Ending {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens.next();
      if (token.kind === 'end of file') {
        if (!isTop) this.#tokens.fail('unexpected EOF', token.at);
        return { nodes, by: 'end of file', token };
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', at: token.at, text: token.text });
        continue;
      }
      if (token.kind !== 'left delimiter') this.#tokens.unexpected(token, 'input');
      const word = this.#tokens.peekWord();
      if (word.kind === 'keyword') this.#tokens.next();
      if (word.text === 'end' && word.kind === 'keyword') {
        this.#tokens.expect('right delimiter', 'end');
        return { nodes, by: 'end', token: word };
      }
      if (word.text === 'else' && word.kind === 'keyword') {
        return { nodes, by: 'else', token: word };
      }
      const node = this.#action(word, isTop);
      if (node !== undefined) nodes.push(node);
    }
  }

  /** One action, whose keyword has been taken; undefined for a definition. */
  #action(word: Token, isTop: boolean): Node | undefined {
    if (word.kind !== 'keyword' || word.text === 'nil') {
      if (word.kind === 'keyword') this.#tokens.reset(this.#tokens.mark() - 1);
      const pipe = this.#pipelines.pipeline('command', 'right delimiter');
      return { kind: 'action', at: word.at, pipe };
    }
    switch (word.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#nested(word, () => this.#branch(word, word.text as 'if' | 'with' | 'range'));
      case 'break':
      case 'continue':
        return this.#jump(word, word.text);
      case 'template':
        return this.#template();
      case 'block':
        return this.#nested(word, () => this.#block());
      default:
        // A definition stands at the top only.
        if (!isTop || word.text !== 'define') this.#tokens.unexpected(word, 'command');
        this.#define();
        return undefined;
    }
  }

  #nested<T>(word: Token, parse: () => T): T {
    return this.#pipelines.nested(word.at, parse);
  }

  #branch(word: Token, kind: 'if' | 'with' | 'range'): Node {
    const scope = this.#pipelines.openScope();
    const pipe = this.#pipelines.pipeline(kind, 'right delimiter');
    if (kind === 'range') this.#ranges++;
    const then = this.#list(false);
    if (kind === 'range') this.#ranges--;
    const otherwise = then.by === 'else' ? this.#otherwise(kind) : undefined;
    this.#pipelines.closeScope(scope);
    return { kind, at: word.at, pipe, then: then.nodes, otherwise };
  }

  /** What follows an `else`, whose word alone has been taken. */
  #otherwise(kind: 'if' | 'with' | 'range'): Block {
    const next = this.#tokens.peekWord();
    const goesOn = next.kind === 'keyword' && (next.text === 'if' || next.text === 'with');
    if (goesOn && next.text === kind) {
      this.#tokens.next();
      return [this.#nested(next, () => this.#branch(next, kind))];
    }
    this.#tokens.expect('right delimiter', 'else');
    const rest = this.#list(false);
    if (rest.by !== 'end') {
      this.#tokens.fail(`expected end; found {{${rest.by}}}`, rest.token.at);
    }
    return rest.nodes;
  }

  #jump(word: Token, kind: 'break' | 'continue'): Node {
    const next = this.#tokens.nextWord();
    if (next.kind !== 'right delimiter') this.#tokens.unexpected(next, `{{${kind}}}`);
    if (this.#ranges === 0) this.#tokens.fail(`{{${kind}}} outside {{range}}`, word.at);
    return { kind, at: word.at };
  }

  #template(): Node {
    const { at, name } = this.#name('template clause');
    if (this.#tokens.peekWord().kind === 'right delimiter') {
      this.#tokens.next();
      return { kind: 'template', at, name, pipe: undefined };
    }
    const pipe = this.#pipelines.pipeline('template clause', 'right delimiter');
    return { kind: 'template', at, name, pipe };
  }

  #block(): Node {
    const { at, name } = this.#name('block clause');
    const pipe = this.#pipelines.pipeline('block clause', 'right delimiter');
    this.#body(name, 'block clause');
    return { kind: 'template', at, name, pipe };
  }

  #define(): void {
    const { name } = this.#name('define clause');
    this.#tokens.expect('right delimiter', 'define clause');
    this.#body(name, 'define clause');
  }

  /** The content of a definition: a template of its own, with variables of its own. */
  #body(name: string, context: string): void {
    const ranges = this.#ranges;
    this.#ranges = 0;
    const restore = this.#pipelines.freshScope();
    const body = this.#list(false);
    if (body.by !== 'end') {
      this.#tokens.fail(`unexpected {{${body.by}}} in ${context}`, body.token.at);
    }
    restore();
    this.#ranges = ranges;
    this.#add(name, body.nodes);
  }

  #add(name: string, block: Block): void {
    const before = this.#definitions.get(name);
    if (before !== undefined && !isEmpty(before.block)) {
      if (isEmpty(block)) return;
      this.#tokens.fail(`template: multiple definition of template ${JSON.stringify(name)}`);
    }
    this.#definitions.set(name, { name, source: this.#tokens.source, block });
  }

  #name(context: string): Readonly<{ at: number; name: string }> {
    const token = this.#tokens.nextWord();
    const name = token.kind === 'string' ? unquote(token.text) : undefined;
    if (name === undefined) this.#tokens.unexpected(token, context);
    return { at: token.at, name };
  }
}

/** Whether a definition holds nothing but spaces: another one may stand in its place. */
function isEmpty(block: Block): boolean {
  return block.every((node) => node.kind === 'text' && node.text.trim() === '');
}
