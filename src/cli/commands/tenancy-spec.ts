/** Files that describe a namespace or a node pool, in HCL or JSON. */
import { decodeFull, type Codec, isObject } from '../../api/codec/codec.ts';
import { isIssues, renderIssues } from '../../api/codec/issue.ts';
import { Failure } from '../../base/failure.ts';
import { readJson, type Json, type JsonObject } from '../../base/json.ts';
import type { Settings } from '../../core/agent-config/setting.ts';
import { readSettings } from '../settings-file.ts';

/** How the blocks of a file become the wire form. */
export interface SpecForm<T> {
  readonly settings: Settings;
  readonly toWire: (file: JsonObject) => JsonObject;
  readonly codec: Codec<T>;
}

/** Reads a description. Fails: `invalid`, with what is wrong and where. */
export async function parseSpec<T>(name: string, text: string, form: SpecForm<T>): Promise<T> {
  const wire = text.trimStart().startsWith('{')
    ? jsonOf(name, text)
    : await hclOf(name, text, form);
  const decoded = decodeFull(form.codec, wire);
  if (!isIssues(decoded)) return decoded;
  throw new Failure('invalid', `cannot read ${name}:\n${renderIssues(decoded)}`);
}

function jsonOf(name: string, text: string): Json {
  try {
    return readJson(text);
  } catch (cause) {
    throw new Failure('invalid', `${name} is not JSON`, { cause });
  }
}

async function hclOf<T>(name: string, text: string, form: SpecForm<T>): Promise<JsonObject> {
  const read = await readSettings(name, text, form.settings);
  if ('file' in read) return form.toWire(read.file);
  throw new Failure('invalid', `cannot read ${name}:\n${read.wrong}`);
}

/** Names and texts of a block; numbers and truths are kept as they were written. */
export function textsOf(value: Json | undefined): JsonObject {
  if (value === undefined || !isObject(value)) return {};
  const texts = Object.entries(value).map(([key, item]): [string, Json] => {
    return [key, typeof item === 'object' ? item : String(item)];
  });
  return Object.fromEntries(texts);
}
