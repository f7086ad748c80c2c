/** Parses what stands inside actions: pipelines, commands, operands, and variables they know. */
import { TEMPLATE_NESTING_MAX } from '../limits.ts';
import type { Command, NumberOperand, Operand, Pipe } from './ast.ts';
import type { FunctionTable } from './function.ts';
import { parseCharacter, parseNumber, unquote } from './literal.ts';
import type { Token, TokenKind } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** What a command can begin with. */
const OPERANDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'string',
  'variable',
  'left paren',
]);
/** Operands that call nothing: they cannot take the value of the command before. */
const CONSTANTS: ReadonlySet<Operand['kind']> = new Set<Operand['kind']>([
  'bool',
  'dot',
  'nil',
  'number',
  'string',
]);

export class PipelineParser {
  readonly #tokens: TokenStream;
  readonly #functions: FunctionTable;
  #variables: string[] = ['$'];
  #depth = 0;

  constructor(tokens: TokenStream, functions: FunctionTable) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  /** Variables declared from here on are forgotten by `closeScope`. */
  openScope(): number {
    return this.#variables.length;
  }

  closeScope(scope: number): void {
    this.#variables.length = scope;
  }

  /** Starts over with no variables; the answer brings those of before back. */
  freshScope(): () => void {
    const before = this.#variables;
    this.#variables = ['$'];
    return () => {
      this.#variables = before;
    };
  }

  /** Parses one level deeper; fails where a template is nested too deep. */
  nested<T>(at: number, parse: () => T): T {
    this.#depth++;
    if (this.#depth > TEMPLATE_NESTING_MAX) {
      this.#tokens.fail(`nested deeper than ${TEMPLATE_NESTING_MAX} levels`, at);
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** @param context what the pipeline is of, for messages: `if`, `command` */
  pipeline(context: string, end: 'right delimiter' | 'right paren'): Pipe {
    const { at } = this.#tokens.peekWord();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#tokens.peekWord();
      if (token.kind === end) {
        this.#tokens.next();
        this.#check(commands, context);
        return { kind: 'pipe', at, assigns, variables, commands };
      }
      const isNil = token.kind === 'keyword' && token.text === 'nil';
      if (!OPERANDS.has(token.kind) && !isNil) {
        this.#tokens.unexpected(this.#tokens.next(), context);
      }
      commands.push(this.#command());
    }
  }

  #declarations(context: string): Readonly<{ variables: readonly string[]; assigns: boolean }> {
    const variables: string[] = [];
    for (;;) {
      const mark = this.#tokens.mark();
      const variable = this.#tokens.peekWord();
      if (variable.kind !== 'variable') return { variables, assigns: false };
      this.#tokens.next();
      const next = this.#tokens.peekWord();
      const isDeclaration = next.kind === 'declare' || next.kind === 'assign';
      const isComma = next.kind === 'punctuation' && next.text === ',';
      if (!isDeclaration && !isComma) {
        this.#tokens.reset(mark);
        return { variables, assigns: false };
      }
      this.#tokens.next();
      variables.push(variable.text);
      this.#variables.push(variable.text);
      if (isDeclaration) return { variables, assigns: next.kind === 'assign' };
      if (context !== 'range' || variables.length > 1) {
        this.#tokens.fail(`too many declarations in ${context}`);
      }
      if (this.#tokens.peekWord().kind !== 'variable') {
        this.#tokens.fail('range can only initialize variables');
      }
    }
  }

  #check(commands: readonly Command[], context: string): void {
    if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`);
    for (const [i, command] of commands.entries()) {
      const first = command.args[0];
      if (i > 0 && first !== undefined && CONSTANTS.has(first.kind)) {
        this.#tokens.fail(`non executable command in pipeline stage ${i + 1}`, command.at);
      }
    }
  }

  #command(): Command {
    const { at } = this.#tokens.peekWord();
    const args: Operand[] = [];
    for (;;) {
      this.#tokens.skipSpaces();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#tokens.peek();
      if (token.kind === 'right delimiter' || token.kind === 'right paren') break;
      this.#tokens.next();
      if (token.kind === 'pipe') break;
      if (token.kind !== 'space') this.#tokens.unexpected(token, 'operand');
    }
    if (args.length === 0) this.#tokens.fail('empty command', at);
    return { kind: 'command', at, args };
  }

  /** A term with the fields behind it. */
  #operand(): Operand | undefined {
    const term = this.#term();
    const next = this.#tokens.peek();
    if (term === undefined || next.kind !== 'field') return term;
    const names: string[] = [];
    while (this.#tokens.peek().kind === 'field') names.push(this.#tokens.next().text.slice(1));
    // The place is that of the fields behind, as Go tells it.
    const { at } = next;
    switch (term.kind) {
      case 'field':
      case 'variable':
        return { ...term, at, names: [...term.names, ...names] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot': {
        const shown = this.#tokens.source.text.slice(term.at, next.at);
        return this.#tokens.fail(`unexpected . after term ${JSON.stringify(shown)}`, at);
      }
      case 'chain':
      case 'function':
      case 'pipe':
        return { kind: 'chain', at, of: term, names };
    }
  }

  #term(): Operand | undefined {
    const token = this.#tokens.peek();
    const { at, text } = token;
    if (!OPERANDS.has(token.kind) && text !== 'nil') return undefined;
    this.#tokens.next();
    if (token.kind === 'identifier') return this.#function(token);
    if (token.kind === 'variable') return this.#variable(token);
    if (token.kind === 'string') return this.#string(token);
    if (token.kind === 'number') return this.#number(parseNumber(text, at), at);
    if (token.kind === 'character') return this.#number(parseCharacter(text, at), at);
    if (token.kind === 'left paren') {
      return this.nested(at, () => this.pipeline('parenthesized pipeline', 'right paren'));
    }
    if (token.kind === 'field') return { kind: 'field', at, names: [text.slice(1)] };
    if (token.kind === 'bool') return { kind: 'bool', at, value: text === 'true' };
    return { kind: token.kind === 'dot' ? 'dot' : 'nil', at };
  }

  #function({ at, text: name }: Token): Operand {
    if (name === 'and' || name === 'or') return { kind: 'function', at, name, function: name };
    const known = this.#functions.get(name);
    if (known === undefined) {
      this.#tokens.fail(`function ${JSON.stringify(name)} not defined`, at);
    }
    return { kind: 'function', at, name, function: known };
  }

  #variable({ at, text: name }: Token): Operand {
    if (!this.#variables.includes(name)) {
      this.#tokens.fail(`undefined variable ${JSON.stringify(name)}`, at);
    }
    return { kind: 'variable', at, name, names: [] };
  }

  #number(number: NumberOperand | Readonly<{ problem: string }>, at: number): Operand {
    return 'problem' in number ? this.#tokens.fail(number.problem, at) : number;
  }

  #string({ at, text: quoted }: Token): Operand {
    const value = unquote(quoted);
    return value === undefined
      ? this.#tokens.fail('invalid syntax', at)
      : { kind: 'string', at, quoted, value };
  }
}
