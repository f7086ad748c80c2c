/** Parses `for` expressions: `[for x in y : x]` and `{for k, v in y : k => v...}`. */
import type { Expression } from './ast.ts';
import type { ParseExpression } from './parse-template.ts';
import type { Span } from './source.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';
import { UNKNOWN } from './value.ts';

/**
 * Parses what follows `[` or `{` when that is the word `for`, and takes the closing bracket.
 *
 * @param parse how the expressions in it are parsed
 */
export function parseFor(
  reader: TokenReader,
  open: Token,
  end: ']' | '}',
  parse: ParseExpression,
): Expression {
  const invalid: Invalid = (detail, subject) => {
    const at = reader.peek();
    const context = reader.source.span(open.start, at.end);
    const place = subject ?? reader.span(at);
    reader.complainOnce(place, 'Invalid "for" expression', detail, context);
    reader.recover(end);
    return { kind: 'literal', value: UNKNOWN, span: reader.spanFrom(open) };
  };
  reader.read();
  const names: string[] = [];
  do {
    const name = reader.take('ident');
    if (name === undefined) return invalid('For expression requires variable name after "for".');
    names.push(reader.text(name));
  } while (names.length < 2 && reader.take(',') !== undefined);
  if (!reader.isWord('in')) {
    return invalid('For expression requires the "in" keyword after its name declarations.');
  }
  reader.read();
  const collection = parse(reader);
  if (reader.isRecovering()) return invalid('');
  if (reader.take(':') === undefined) {
    return invalid('For expression requires a colon after the collection expression.');
  }
  return parseForBody(reader, { open, end, names, collection, invalid, parse });
}

/** Complains, goes behind the expression, and answers what stands for it. */
type Invalid = (detail: string, subject?: Span) => Expression;

type ForHead = Readonly<{
  open: Token;
  end: ']' | '}';
  names: readonly string[];
  collection: Expression;
  invalid: Invalid;
  parse: ParseExpression;
}>;

function parseForBody(reader: TokenReader, head: ForHead): Expression {
  const { invalid, end, collection, names, parse } = head;
  const first = parse(reader);
  const arrow = reader.take('=>') !== undefined;
  const value = arrow ? parse(reader) : first;
  if (reader.isRecovering()) return invalid('');
  if (arrow && end === ']') {
    return invalid('Key expression is not valid when building a tuple.', first.span);
  }
  if (!arrow && end === '}') {
    return invalid('Key expression is required when building an object.', first.span);
  }
  const groups = reader.take('...') !== undefined;
  if (groups && end === ']') {
    return invalid('Grouping ellipsis (...) cannot be used when building a tuple.');
  }
  let condition: Expression | undefined;
  if (reader.isWord('if')) {
    reader.read();
    condition = parse(reader);
    if (reader.isRecovering()) return invalid('');
  }
  if (reader.take(end) === undefined) {
    return invalid('Extra characters after the end of the "for" expression.');
  }
  const [keyName, valueName = ''] = names.length === 2 ? names : [undefined, names[0]];
  const key = arrow ? first : undefined;
  const span = reader.spanFrom(head.open);
  const open = reader.span(head.open);
  return { kind: 'for', keyName, valueName, collection, key, value, condition, groups, span, open };
}
