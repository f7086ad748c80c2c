/**
 * Nomad's variables: small sets of texts under a path, which tasks read in their templates.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/concepts/variables
 */
import type { Index, Millis } from '../../base/brand.ts';
import { VARIABLE_BYTES_MAX } from '../limits.ts';
import type { Namespace } from './ids.ts';

/** What one who writes a variable says of it. */
export interface VariableFacts {
  readonly namespace: Namespace;
  /** Without slashes at its ends. */
  readonly path: string;
  readonly items: Readonly<Record<string, string>>;
}

export interface Variable extends VariableFacts {
  readonly createdAt: Millis;
  readonly modifiedAt: Millis;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

const PATH = /^[a-zA-Z0-9\-_~/]{1,128}$/;
const NAMESPACE = /^[a-zA-Z0-9-]{1,128}$/;

/** Why a variable cannot be kept; undefined: it can. */
export function variableProblem({ namespace, path, items }: VariableFacts): string | undefined {
  if (namespace === '*') return 'can not target wildcard ("*")namespace';
  if (!NAMESPACE.test(namespace)) return `invalid namespace ${JSON.stringify(namespace)}`;
  if (Object.keys(items).length === 0) return 'empty variables are invalid';
  if (sizeOf(items) > VARIABLE_BYTES_MAX) return 'variables are limited to 64KiB in total size';
  return pathProblem(path);
}

function sizeOf(items: Readonly<Record<string, string>>): number {
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const [key, value] of Object.entries(items)) {
    // What is longer in characters is longer in bytes: such a text need not be encoded.
    if (value.length > VARIABLE_BYTES_MAX) return value.length;
    bytes += encoder.encode(key).length + encoder.encode(value).length;
  }
  return bytes;
}

/** Below `nomad/` there is room for what the servers themselves look for, and for nothing else. */
function pathProblem(path: string): string | undefined {
  if (path === '') return 'variable requires path';
  if (!PATH.test(path)) return `invalid path ${JSON.stringify(path)}`;
  const [root, area, ...rest] = path.split('/');
  if (root !== 'nomad' || area === 'jobs') return undefined;
  if (area === 'job-templates' && rest.length === 1) return undefined;
  const own = '"nomad/jobs" and below, or "nomad/job-templates/<name>"';
  return `"nomad" is a reserved top-level directory path: variables may be written to ${own}`;
}
