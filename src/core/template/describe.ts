/** Parts of a template as text, as messages show them: `<key "a" | toUpper>`. */
import type { Command, Operand, Pipe } from './ast.ts';

/** Messages stay readable. */
const SHOWN_MAX = 120;

/** Any part of a pipeline, as Go prints it; cut where it is long. */
export function describe(node: Operand | Command): string {
  const text = show(node, 0);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

/** Deeper parts are not shown at all. */
const DEPTH_MAX = 8;

function show(node: Operand | Command, depth: number): string {
  if (depth > DEPTH_MAX) return '...';
  switch (node.kind) {
    case 'bool':
      return String(node.value);
    case 'nil':
      return 'nil';
    case 'dot':
      return '.';
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'field':
      return `.${node.names.join('.')}`;
    case 'variable':
      return [node.name, ...node.names].join('.');
    case 'chain':
      return [argument(node.of, depth), ...node.names].join('.');
    case 'function':
      return node.name;
    case 'command':
      return node.args.map((arg) => argument(arg, depth)).join(' ');
    case 'pipe':
      return showPipe(node, depth);
  }
}

function argument(node: Operand, depth: number): string {
  const text = show(node, depth + 1);
  return node.kind === 'pipe' ? `(${text})` : text;
}

function showPipe(pipe: Pipe, depth: number): string {
  const commands = pipe.commands.map((command) => show(command, depth + 1)).join(' | ');
  if (pipe.variables.length === 0) return commands;
  return `${pipe.variables.join(', ')} ${pipe.assigns ? '=' : ':='} ${commands}`;
}
