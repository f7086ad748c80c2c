/** Variables as people read them. */
import { VARIABLE, type VariableMeta } from '../../api/nomad/variable-routes.ts';
import type { Variable } from '../../core/model/variable.ts';
import { columns, keyValues } from '../format/columns.ts';
import { wireJson } from '../format/json.ts';
import { timestamp } from '../format/time.ts';
import type { Session } from '../session.ts';

export const VARIABLE_FORMATS = ['hcl', 'json', 'none', 'table'] as const;
export type VariableFormat = (typeof VARIABLE_FORMATS)[number];

/** One variable with what it holds; ends with a newline, or is empty. */
export function variableAs(variable: Variable, format: VariableFormat, session: Session): string {
  switch (format) {
    case 'none':
      return '';
    case 'json':
      return wireJson(VARIABLE, variable);
    case 'hcl':
      return hcl(variable);
    case 'table':
      return table(variable, session);
  }
}

function table(variable: Variable, { paint }: Session): string {
  const { namespace, path, createdAt, modifiedAt, modifyIndex, items } = variable;
  const about: [string, string][] = [
    ['Namespace', namespace],
    ['Path', path],
    ['Create Time', timestamp(createdAt)],
  ];
  if (modifiedAt !== createdAt) about.push(['Modify Time', timestamp(modifiedAt)]);
  about.push(['Check Index', String(modifyIndex)]);
  const held = keyValues(Object.entries(items).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${keyValues(about)}\n\n${paint.bold('Items')}\n${held}\n`;
}

/** As a file for `var put`. */
function hcl(variable: Variable): string {
  const items = Object.entries(variable.items).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = items.map(([key]) => (/^[A-Za-z_][\w-]*$/.test(key) ? key : quoted(key)));
  const width = Math.max(0, ...names.map(({ length }) => length));
  return [
    `namespace    = ${quoted(variable.namespace)}`,
    `path         = ${quoted(variable.path)}`,
    `create_index = ${variable.createIndex}  # Set by server`,
    `modify_index = ${variable.modifyIndex}  # Set by server; consulted for check-and-set`,
    '',
    'items = {',
    ...items.map(([, value], at) => `  ${(names[at] ?? '').padEnd(width)} = ${quoted(value)}`),
    '}',
    '',
  ].join('\n');
}

/** HCL's escapes are JSON's, and `${` begins an expression unless it is doubled. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** A list of variables; no newline at its end. */
export function variableList(all: readonly VariableMeta[]): string {
  return columns([
    ['Namespace', 'Path', 'Last Updated'],
    ...all.map(({ namespace, path, modifiedAt }) => [namespace, path, timestamp(modifiedAt)]),
  ]);
}
