/** Functions of paths and files. Files are read through the host, or not at all. */
import { compileRegex, testRegex } from '../../regex/search.ts';
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { isProblem } from '../function.ts';
import { STRING } from '../type.ts';
import { FALSE, TRUE, set, string } from '../value.ts';
import type { Value } from '../value.ts';
import { TOO_MUCH, anyParam, ofTexts, textOf, textParam } from './define.ts';

const NO_FILES: Problem = { problem: 'files cannot be read here' };

function readFile(
  path: string,
  { host, budget }: CallContext,
): Readonly<{ text: string }> | Problem {
  const read = host.readFile?.(path) ?? NO_FILES;
  if (isProblem(read)) return { ...read, argument: 0 };
  return budget.text(read.text.length) ? read : TOO_MUCH;
}

function baseName(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function directoryName(path: string): string {
  const end = path.lastIndexOf('/');
  if (end === -1) return '.';
  return cleanPath(path.slice(0, end + 1));
}

/** Without `.`, `..` and doubled slashes where they can be resolved. Source: Go's path.Clean. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    const last = parts[parts.length - 1];
    if (part !== '..' || (last === undefined ? !rooted : last === '..')) parts.push(part);
    else parts.pop();
  }
  const joined = parts.join('/');
  if (rooted) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

function withHost(
  names: readonly string[],
  call: (texts: readonly string[], context: CallContext) => Value | Problem,
): HclFunction {
  return {
    params: names.map(textParam),
    call: (args, context) => call(args.map(textOf), context),
  };
}

function expandHome([path = '']: readonly string[], { host }: CallContext): Value | Problem {
  if (path !== '~' && !path.startsWith('~/')) return string(path);
  const home = host.homeDirectory?.();
  if (home === undefined) return { problem: 'the home directory is not known here', argument: 0 };
  return string(home + path.slice(1));
}

function fileSet(
  [directory = '', pattern = '']: readonly string[],
  { host, budget }: CallContext,
): Value | Problem {
  const files = host.listFiles?.(directory) ?? NO_FILES;
  if ('problem' in files) return { ...files, argument: 0 };
  const regex = compileRegex(globPattern(pattern));
  if ('problem' in regex) return { problem: `invalid pattern "${pattern}"`, argument: 1 };
  if (!budget.elements(files.length)) return TOO_MUCH;
  const found = files.filter((file) => testRegex(regex, file) === true);
  return set(STRING, found.map(string));
}

const GLOB = /\*\*\/|\*\*|\*|\?|\{[^{}]*\}|\[[^\]]*\]|\\.|[.+^$()|\\\]{}]/g;

/** A file pattern as a regular expression: a star stays within one directory, two do not. */
function globPattern(pattern: string): string {
  return `(?s)\\A${globBody(pattern)}\\z`;
}

function globBody(pattern: string): string {
  return pattern.replace(GLOB, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('[')) return part.replace(/^\[!/, '[^');
    if (part.startsWith('{') && part.endsWith('}') && part.length > 1) {
      const choices = part.slice(1, -1).split(',');
      return `(?:${choices.map(globBody).join('|')})`;
    }
    return part.startsWith('\\') && part.length > 1 ? part : `\\${part}`;
  });
}

function renderFile(args: readonly Value[], context: CallContext): Value | Problem {
  const path = textOf(args[0]);
  const variables = args[1];
  if (variables === undefined || !('entries' in variables)) {
    return { problem: 'invalid vars value: must be a map', argument: 1 };
  }
  const read = readFile(path, context);
  return isProblem(read) ? read : context.render(path, read.text, variables);
}

export const FILE: Readonly<Record<string, HclFunction>> = {
  abspath: withHost(['path'], ([path = ''], { host }) => {
    const absolute = host.absolutePath?.(path);
    return absolute === undefined ? NO_FILES : string(absolute);
  }),
  basename: ofTexts(['path'], (path = '') => string(baseName(path))),
  dirname: ofTexts(['path'], (path = '') => string(directoryName(path))),
  file: withHost(['path'], ([path = ''], context) => {
    const read = readFile(path, context);
    return isProblem(read) ? read : string(read.text);
  }),
  fileexists: withHost(['path'], ([path = ''], { host }) => {
    if (host.fileExists === undefined) return NO_FILES;
    return host.fileExists(path) ? TRUE : FALSE;
  }),
  fileset: withHost(['path', 'pattern'], fileSet),
  pathexpand: withHost(['path'], expandHome),
  templatefile: { params: [textParam('path'), anyParam('vars')], call: renderFile },
};
