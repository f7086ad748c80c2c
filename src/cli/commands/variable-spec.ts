/** Files that describe a variable, in HCL or JSON. */
import { decodeFull, isObject } from '../../api/codec/codec.ts';
import { isIssues, renderIssues } from '../../api/codec/issue.ts';
import { VARIABLE } from '../../api/nomad/variable-routes.ts';
import { Failure } from '../../base/failure.ts';
import { readJson, type Json, type JsonObject } from '../../base/json.ts';
import { count, record, text, type Settings } from '../../core/agent-config/setting.ts';
import type { Variable } from '../../core/model/variable.ts';
import { readSettings } from '../settings-file.ts';

export type SpecFormat = 'hcl' | 'json';

/** Reads a description. Fails: `invalid`, with what is wrong and where. */
export async function parseSpec(
  name: string,
  content: string,
  format: SpecFormat,
): Promise<Variable> {
  const wire = format === 'json' ? jsonSpec(content) : await hclSpec(name, content);
  const variable = decodeFull(VARIABLE, wire);
  if (isIssues(variable)) throw broken(renderIssues(variable));
  return variable;
}

function jsonSpec(source: string): Json {
  try {
    return readJson(source);
  } catch (cause) {
    throw new Failure('invalid', 'Failed to parse variable data: it is not JSON', { cause });
  }
}

const NAMES: Readonly<Record<string, string>> = {
  namespace: 'Namespace',
  path: 'Path',
  create_index: 'CreateIndex',
  modify_index: 'ModifyIndex',
  items: 'Items',
};

const SPEC_SETTINGS: Settings = {
  namespace: text('where it is kept'),
  path: text('where it is kept'),
  create_index: count('set by the servers'),
  create_time: { kind: 'free', note: 'set by the servers' },
  modify_index: count('the index that it must still have'),
  modify_time: { kind: 'free', note: 'set by the servers' },
  items: record('what it holds'),
};

async function hclSpec(name: string, content: string): Promise<JsonObject> {
  const read = await readSettings(name, content, SPEC_SETTINGS);
  if ('wrong' in read) throw broken(read.wrong);
  const wire: Record<string, Json> = {};
  for (const [key, value] of Object.entries(read.file)) {
    const field = NAMES[key];
    // Times have nanoseconds, more than a number here can hold; the servers set them anyway.
    if (field === undefined) continue;
    wire[field] = key === 'items' && isObject(value) ? textsOf(value) : value;
  }
  return wire;
}

/** Numbers and truths are kept as they were written. */
function textsOf(items: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(items).map(([key, item]) => [
      key,
      typeof item === 'object' ? item : String(item),
    ]),
  );
}

function broken(why: string): Failure {
  return new Failure('invalid', `Failed to parse variable data: ${why}`);
}

export const EXAMPLE_SPEC: Readonly<Record<SpecFormat, string>> = {
  hcl: `# Where the variable is kept. "muster var put <path> @file" says it, too, and
# goes before this.
# path = "path/to/variable"

# Its namespace; the flag -namespace goes before this.
# namespace = "default"

# What it holds: texts under names. This block is all that is needed. Names that
# are one word are the easiest to use in templates: {{ .key1 }}.
items {
  key1 = "value 1"
  key2 = "value 2"
}
`,
  json: `{
  "Namespace": "default",
  "Path": "path/to/variable",
  "Items": {
    "key1": "value 1",
    "key2": "value 2"
  }
}
`,
};
