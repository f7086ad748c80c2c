/**
 * The syntax of regular expressions as Go's RE2 has it, read into a tree.
 *
 * What RE2 leaves out (back references, look around) is refused here as it is there: what remains
 * can be searched in time linear in the text, whatever the pattern (see search.ts).
 *
 * Source: github.com/google/re2/wiki/Syntax.
 */

/** Whether a code point is one of those meant. */
export type CharTest = (codePoint: number) => boolean;

export type Assertion =
  'text start' | 'text end' | 'line start' | 'line end' | 'word edge' | 'no edge';

export type RegexNode =
  | Readonly<{ kind: 'char'; test: CharTest }>
  | Readonly<{ kind: 'assert'; assertion: Assertion }>
  | Readonly<{ kind: 'sequence' | 'choice'; nodes: readonly RegexNode[] }>
  /** `index` counts groups from 1. */
  | Readonly<{ kind: 'group'; index: number; node: RegexNode }>
  | Readonly<{ kind: 'repeat'; node: RegexNode; min: number; max: number; greedy: boolean }>;

/** The tree of a pattern and the names of its groups (undefined for those without), in order. */
export type RegexTree = Readonly<{ root: RegexNode; groups: readonly (string | undefined)[] }>;

/** Groups inside each other: the parser recurses over them. */
const DEPTH_MAX = 100;
/** Source: RE2 refuses higher counts, too. */
const REPEAT_MAX = 1_000;

/** Reads a pattern; or says what is wrong with it. */
export function parseRegex(pattern: string): RegexTree | Readonly<{ problem: string }> {
  const parser = new Parser(pattern);
  const root = parser.choice();
  if (!parser.atEnd()) parser.wrong('unexpected )');
  return parser.problem === undefined
    ? { root, groups: parser.groups }
    : { problem: parser.problem };
}

type Flags = Readonly<{ i: boolean; m: boolean; s: boolean; U: boolean }>;

const EMPTY: RegexNode = { kind: 'sequence', nodes: [] };
const FLAG_NAMES = ['i', 'm', 's', 'U'] as const;
const COUNT = /\{([0-9]{1,5})(,?)([0-9]{0,5})\}/y;
const GROUP_NAME = /\?P?<([A-Za-z_][A-Za-z0-9_]*)>/y;
const FLAG_GROUP = /\?([imsU]*)(?:-([imsU]+))?([:)])/y;
const POSIX = /\[:(\^?)([a-z]+):\]/y;
const PROPERTY = /\{(\^?)([A-Za-z_]+)\}|([A-Za-z])/y;
const HEX = /\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2})/y;

const isDigit: CharTest = (c) => c >= 48 && c <= 57;
const isLower: CharTest = (c) => c >= 97 && c <= 122;
const isUpper: CharTest = (c) => c >= 65 && c <= 90;
const isAlpha: CharTest = (c) => isLower(c) || isUpper(c);
export const isWord: CharTest = (c) => isAlpha(c) || isDigit(c) || c === 95;
const isSpace: CharTest = (c) => c === 32 || (c >= 9 && c <= 13 && c !== 11);
const isGraph: CharTest = (c) => c > 32 && c < 127;

const PERL: ReadonlyMap<string, CharTest> = new Map([
  ['d', isDigit],
  ['w', isWord],
  ['s', isSpace],
]);
const POSIX_CLASSES: ReadonlyMap<string, CharTest> = new Map<string, CharTest>([
  ['alnum', (c) => isAlpha(c) || isDigit(c)],
  ['alpha', isAlpha],
  ['ascii', (c) => c < 128],
  ['blank', (c) => c === 9 || c === 32],
  ['cntrl', (c) => c < 32 || c === 127],
  ['digit', isDigit],
  ['graph', isGraph],
  ['lower', isLower],
  ['print', (c) => c === 32 || isGraph(c)],
  ['punct', (c) => isGraph(c) && !isAlpha(c) && !isDigit(c)],
  ['space', (c) => isSpace(c) || c === 11],
  ['upper', isUpper],
  ['word', isWord],
  ['xdigit', (c) => isDigit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102)],
]);
const ESCAPED: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'text start',
  z: 'text end',
  b: 'word edge',
  B: 'no edge',
};

class Parser {
  readonly groups: (string | undefined)[] = [];
  problem: string | undefined;
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #flags: Flags = { i: false, m: false, s: false, U: false };

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Records the first mistake and ends the reading. */
  wrong(problem: string): RegexNode {
    this.problem ??= problem;
    this.#at = this.#text.length;
    return EMPTY;
  }

  choice(): RegexNode {
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    return nodes.length === 1 ? (nodes[0] ?? EMPTY) : { kind: 'choice', nodes };
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (!this.atEnd() && this.#peek() !== '|' && this.#peek() !== ')') {
      if (this.#take('\\Q')) nodes.push(...this.#literal());
      else nodes.push(this.#atom());
      const last = nodes.pop();
      if (last !== undefined) nodes.push(this.#repeats(last));
    }
    return nodes.length === 1 ? (nodes[0] ?? EMPTY) : { kind: 'sequence', nodes };
  }

  #literal(): readonly RegexNode[] {
    const end = this.#text.indexOf('\\E', this.#at);
    const literal = this.#text.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#text.length : end + 2;
    return Array.from(literal, (character) => this.#char(character.codePointAt(0) ?? 0));
  }

  #repeats(atom: RegexNode): RegexNode {
    let node = atom;
    for (let count = this.#count(); count !== undefined; count = this.#count()) {
      if (node.kind === 'repeat') return this.wrong('invalid nested repetition operator');
      const [min, max] = count;
      if (min > max) return this.wrong('invalid repeat count');
      if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX)) {
        return this.wrong(`repeat counts can be ${REPEAT_MAX} at most`);
      }
      const lazy = this.#take('?');
      node = { kind: 'repeat', node, min, max, greedy: lazy === this.#flags.U };
    }
    return node;
  }

  #count(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    const match = this.#peek() === '{' ? this.#match(COUNT) : null;
    if (match === null) return undefined;
    const [, min = '', comma, max = ''] = match;
    if (comma === '') return max === '' ? [Number(min), Number(min)] : undefined;
    return [Number(min), max === '' ? Infinity : Number(max)];
  }

  #atom(): RegexNode {
    const character = this.#peek();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        return this.wrong(`missing argument to repetition operator: ${character}`);
    }
    const code = this.#text.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    const { m, s } = this.#flags;
    if (character === '^') return { kind: 'assert', assertion: m ? 'line start' : 'text start' };
    if (character === '$') return { kind: 'assert', assertion: m ? 'line end' : 'text end' };
    if (character === '.') return { kind: 'char', test: s ? () => true : (c) => c !== 10 };
    return this.#char(code);
  }

  #char(code: number): RegexNode {
    return { kind: 'char', test: this.#folded((c) => c === code) };
  }

  /** With the flag `i`: also what differs only in case. */
  #folded(test: CharTest): CharTest {
    if (!this.#flags.i) return test;
    return (c) => {
      if (test(c)) return true;
      const text = String.fromCodePoint(c);
      const cases = [text.toLowerCase(), text.toUpperCase()];
      return cases.some((other) => other !== text && test(other.codePointAt(0) ?? 0));
    };
  }

  #group(): RegexNode {
    if (++this.#depth > DEPTH_MAX) return this.wrong('the groups are nested too deep');
    this.#at++;
    const outer = this.#flags;
    const made = this.#groupHead();
    const node = made === 'flags only' ? EMPTY : this.choice();
    if (made !== 'flags only') {
      if (!this.#take(')')) this.wrong('missing closing )');
      this.#flags = outer;
    }
    this.#depth--;
    return typeof made === 'number' ? { kind: 'group', index: made, node } : node;
  }

  /** What is between `(` and the group's own pattern: its number if it captures. */
  #groupHead(): number | 'plain' | 'flags only' {
    if (this.#peek() !== '?') return this.groups.push(undefined);
    const named = this.#match(GROUP_NAME);
    if (named !== null) {
      if (this.groups.includes(named[1])) this.wrong(`duplicate group name: ${named[1] ?? ''}`);
      return this.groups.push(named[1]);
    }
    const flags = this.#match(FLAG_GROUP);
    if (flags === null) {
      this.wrong('invalid or unsupported Perl syntax: (?');
      return 'plain';
    }
    const [, on = '', off = '', end] = flags;
    const next = { ...this.#flags };
    for (const name of FLAG_NAMES) {
      if (on.includes(name)) next[name] = true;
      if (off.includes(name)) next[name] = false;
    }
    this.#flags = next;
    return end === ')' ? 'flags only' : 'plain';
  }

  #escape(): RegexNode {
    const letter = this.#text[this.#at + 1] ?? '';
    const assertion = ASSERTIONS[letter];
    if (assertion !== undefined) {
      this.#at += 2;
      return { kind: 'assert', assertion };
    }
    const test = this.#escapedClass();
    if (test !== undefined) return { kind: 'char', test: this.#folded(test) };
    const code = this.#escapedChar();
    return code === undefined
      ? this.wrong(`invalid escape sequence: \\${letter}`)
      : this.#char(code);
  }

  /** `\d`, `\W`, `\pL`, `\P{Greek}`: undefined if it is none of these. */
  #escapedClass(): CharTest | undefined {
    const letter = this.#text[this.#at + 1] ?? '';
    const perl = PERL.get(letter.toLowerCase());
    if (perl !== undefined) {
      this.#at += 2;
      return letter === letter.toLowerCase() ? perl : (c) => !perl(c);
    }
    if (letter !== 'p' && letter !== 'P') return undefined;
    this.#at += 2;
    const match = this.#match(PROPERTY);
    const name = match?.[2] ?? match?.[3] ?? '';
    const negated = (match?.[1] === '^') !== (letter === 'P');
    const property = unicodeProperty(name);
    if (property === undefined) {
      this.wrong(`invalid character class range: \\${letter}{${name}}`);
      return () => false;
    }
    return (c) => property.test(String.fromCodePoint(c)) !== negated;
  }

  #escapedChar(): number | undefined {
    const letter = this.#text[this.#at + 1] ?? '';
    this.#at += 2;
    if (letter === 'x') {
      const match = this.#match(HEX);
      const code = parseInt(match?.[1] ?? match?.[2] ?? '', 16);
      return code <= 0x10ffff ? code : undefined;
    }
    if (letter === '0') return 0;
    const simple = ESCAPED[letter];
    if (simple !== undefined) return simple;
    // Any other letter or digit might mean something one day; punctuation means itself.
    return letter === '' || isWord(letter.charCodeAt(0)) ? undefined : letter.charCodeAt(0);
  }

  #class(): RegexNode {
    this.#at++;
    const negated = this.#take('^');
    const tests: CharTest[] = [];
    // A bracket right at the beginning is itself a member.
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.atEnd()) return this.wrong('missing closing ]');
      tests.push(this.#member());
    }
    this.#at++;
    const some = this.#folded((c) => tests.some((test) => test(c)));
    return { kind: 'char', test: negated ? (c) => !some(c) : some };
  }

  #member(): CharTest {
    const posix = this.#peek() === '[' ? this.#match(POSIX) : null;
    if (posix !== null) {
      const [, caret, name = ''] = posix;
      const test = POSIX_CLASSES.get(name);
      if (test === undefined) this.wrong(`invalid character class range: [:${name}:]`);
      return caret === '^' ? (c) => test?.(c) === false : (c) => test?.(c) === true;
    }
    const escaped = this.#peek() === '\\' ? this.#escapedClass() : undefined;
    if (escaped !== undefined) return escaped;
    const low = this.#memberChar();
    if (this.#peek() !== '-' || this.#text[this.#at + 1] === ']') return (c) => c === low;
    this.#at++;
    const high = this.#memberChar();
    if (high < low) this.wrong('invalid character class range');
    return (c) => c >= low && c <= high;
  }

  #memberChar(): number {
    if (this.#peek() === '\\') {
      const code = this.#escapedChar();
      if (code === undefined) this.wrong('invalid escape sequence in a character class');
      return code ?? 0;
    }
    const code = this.#text.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }
}

/** A pattern for one code point of a general category (`Lu`) or script (`Greek`). */
function unicodeProperty(name: string): RegExp | undefined {
  for (const property of [name, `Script=${name}`]) {
    try {
      if (name !== '') return new RegExp(`^\\p{${property}}$`, 'u');
    } catch {
      // Not of this kind: the next is tried, and what is neither is told by the caller.
    }
  }
  return undefined;
}
