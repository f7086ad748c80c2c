/**
 * Searches text with regular expressions in time linear in its length, whatever the pattern: all
 * ways to match are followed at once, one step per character (Thompson, Pike). A pattern from a
 * job file can therefore not stop the program, as it could with a backtracking engine.
 *
 * G1: of several matches the leftmost is found; of those, the one that Perl would prefer.
 *
 * Source: Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
 */
import { REGEX_PROGRAM_MAX, REGEX_STEPS_MAX } from '../limits.ts';
import { isWord, parseRegex } from './syntax.ts';
import type { Assertion, CharTest, RegexNode } from './syntax.ts';

type Instruction =
  | Readonly<{ op: 'char'; test: CharTest }>
  | Readonly<{ op: 'assert'; assertion: Assertion }>
  /** Goes on at both places; the first is preferred. */
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | Readonly<{ op: 'save'; slot: number }>
  | Readonly<{ op: 'match' }>;

/** A pattern ready to search with. */
export type Regex = Readonly<{
  program: readonly Instruction[];
  /** Names of the groups, undefined for those without, in order. */
  groups: readonly (string | undefined)[];
}>;

/** Where a match is, in UTF-16 units; `groups` has start and end, undefined if not part of it. */
export type RegexMatch = Readonly<{
  start: number;
  end: number;
  groups: readonly (readonly [start: number, end: number] | undefined)[];
}>;

export type RegexProblem = Readonly<{ problem: string }>;

/** Compiles a pattern, or says what is wrong with it. */
export function compileRegex(pattern: string): Regex | RegexProblem {
  const tree = parseRegex(pattern);
  if ('problem' in tree) return { problem: `error parsing regexp: ${tree.problem}` };
  const program: Instruction[] = [];
  emit(program, { kind: 'group', index: 0, node: tree.root });
  if (program.length >= REGEX_PROGRAM_MAX) {
    return { problem: 'error parsing regexp: expression too large' };
  }
  program.push({ op: 'match' });
  return { program, groups: tree.groups };
}

/** Whether the pattern is found anywhere in the text. */
export function testRegex(regex: Regex, text: string): boolean | RegexProblem {
  const match = searchRegex(regex, text, 0);
  if (match === undefined) return false;
  return 'problem' in match ? match : true;
}

/** The first match at or after `from`; undefined if there is none. */
export function searchRegex(
  regex: Regex,
  text: string,
  from: number,
): RegexMatch | RegexProblem | undefined {
  return new Search(regex.program, text).run(from);
}

/** All matches, one after another; an empty one right after a match does not count. */
export function searchAllRegex(regex: Regex, text: string): readonly RegexMatch[] | RegexProblem {
  const matches: RegexMatch[] = [];
  const search = new Search(regex.program, text);
  let last = -1;
  for (let at = 0; at <= text.length;) {
    const match = search.run(at);
    if (match === undefined) break;
    if ('problem' in match) return match;
    if (match.end > match.start || match.start !== last) matches.push(match);
    last = match.end;
    at = match.end > match.start ? match.end : match.end + widthAt(text, match.end);
  }
  return matches;
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Appends the instructions of a node; stops growing once the program is too large. */
function emit(program: Instruction[], node: RegexNode): void {
  if (program.length >= REGEX_PROGRAM_MAX) return;
  switch (node.kind) {
    case 'char':
      program.push({ op: 'char', test: node.test });
      break;
    case 'assert':
      program.push({ op: 'assert', assertion: node.assertion });
      break;
    case 'sequence':
      for (const part of node.nodes) emit(program, part);
      break;
    case 'choice':
      emitChoice(program, node.nodes);
      break;
    case 'group':
      program.push({ op: 'save', slot: node.index * 2 });
      emit(program, node.node);
      program.push({ op: 'save', slot: node.index * 2 + 1 });
      break;
    case 'repeat':
      emitRepeat(program, node);
  }
}

function emitChoice(program: Instruction[], nodes: readonly RegexNode[]): void {
  const jumps: { to: number }[] = [];
  for (const [i, node] of nodes.entries()) {
    const isLast = i === nodes.length - 1;
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    if (!isLast) program.push(split);
    emit(program, node);
    if (isLast) break;
    const jump = { op: 'jump' as const, to: 0 };
    program.push(jump);
    jumps.push(jump);
    split.second = program.length;
  }
  for (const jump of jumps) jump.to = program.length;
}

function emitRepeat(program: Instruction[], node: Extract<RegexNode, { kind: 'repeat' }>): void {
  for (let i = 0; i < node.min; i++) emit(program, node.node);
  if (node.max === Infinity) {
    const start = program.length;
    const split = branch(program, node.greedy);
    emit(program, node.node);
    program.push({ op: 'jump', to: start });
    split(program.length);
    return;
  }
  const splits: ((end: number) => void)[] = [];
  for (let i = node.min; i < node.max && program.length < REGEX_PROGRAM_MAX; i++) {
    splits.push(branch(program, node.greedy));
    emit(program, node.node);
  }
  for (const split of splits) split(program.length);
}

/** Appends a split into what follows and an end that is told later. */
function branch(program: Instruction[], greedy: boolean): (end: number) => void {
  const next = program.length + 1;
  const split = { op: 'split' as const, first: next, second: next };
  program.push(split);
  return (end) => {
    if (greedy) split.second = end;
    else split.first = end;
  };
}

type Thread = Readonly<{ at: number; saved: readonly number[] }>;

class Search {
  readonly #program: readonly Instruction[];
  readonly #text: string;
  readonly #marked: Uint32Array;
  #generation = 0;
  #steps = 0;

  constructor(program: readonly Instruction[], text: string) {
    this.#program = program;
    this.#text = text;
    this.#marked = new Uint32Array(program.length);
  }

  run(from: number): RegexMatch | RegexProblem | undefined {
    let threads: Thread[] = [];
    let found: readonly number[] | undefined;
    for (let at = from; ;) {
      // Threads are in the order of preference; a new search begins behind all of them (G1).
      if (found === undefined) threads = [...threads, { at: 0, saved: [] }];
      const { next, matched } = this.#step(threads, at);
      found = matched ?? found;
      if (this.#steps > REGEX_STEPS_MAX) return { problem: 'the search takes too long' };
      if (at >= this.#text.length || (next.length === 0 && found !== undefined)) break;
      threads = next;
      at += widthAt(this.#text, at);
    }
    return found === undefined ? undefined : asMatch(found);
  }

  /** Follows all threads over one character; ends those less preferred than one that matched. */
  #step(
    threads: readonly Thread[],
    at: number,
  ): Readonly<{ next: Thread[]; matched: readonly number[] | undefined }> {
    const code = at < this.#text.length ? (this.#text.codePointAt(at) ?? -1) : -1;
    const next: Thread[] = [];
    this.#generation++;
    for (const thread of threads) {
      for (const ready of this.#expand(thread, at)) {
        const instruction = this.#program[ready.at];
        if (instruction?.op === 'match') return { next, matched: ready.saved };
        if (instruction?.op === 'char' && code >= 0 && instruction.test(code)) {
          next.push({ at: ready.at + 1, saved: ready.saved });
        }
      }
    }
    return { next, matched: undefined };
  }

  /** Follows splits, jumps and assertions up to instructions that look at a character. */
  #expand(thread: Thread, at: number): readonly Thread[] {
    const ready: Thread[] = [];
    const stack: Thread[] = [thread];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      this.#steps++;
      if (this.#marked[top.at] === this.#generation) continue;
      this.#marked[top.at] = this.#generation;
      const instruction = this.#program[top.at];
      switch (instruction?.op) {
        case 'split':
          stack.push({ ...top, at: instruction.second }, { ...top, at: instruction.first });
          break;
        case 'jump':
          stack.push({ ...top, at: instruction.to });
          break;
        case 'save': {
          const saved = top.saved.slice();
          saved[instruction.slot] = at;
          stack.push({ at: top.at + 1, saved });
          break;
        }
        case 'assert':
          if (this.#holds(instruction.assertion, at)) stack.push({ ...top, at: top.at + 1 });
          break;
        case 'char':
        case 'match':
          ready.push(top);
          break;
        case undefined:
      }
    }
    return ready;
  }

  #holds(assertion: Assertion, at: number): boolean {
    const text = this.#text;
    switch (assertion) {
      case 'text start':
        return at === 0;
      case 'text end':
        return at === text.length;
      case 'line start':
        return at === 0 || text[at - 1] === '\n';
      case 'line end':
        return at === text.length || text[at] === '\n';
      case 'word edge':
      case 'no edge': {
        const before = at > 0 && isWord(text.charCodeAt(at - 1));
        const after = at < text.length && isWord(text.charCodeAt(at));
        return (before !== after) === (assertion === 'word edge');
      }
    }
  }
}

function asMatch(saved: readonly number[]): RegexMatch {
  const groups: (readonly [number, number] | undefined)[] = [];
  for (let slot = 2; slot < saved.length; slot += 2) {
    const [start, end] = [saved[slot], saved[slot + 1]];
    groups.push(start === undefined || end === undefined ? undefined : [start, end]);
  }
  return { start: saved[0] ?? 0, end: saved[1] ?? 0, groups };
}
