/**
 * Reads agent configuration files and merges them.
 *
 * G1: of two files the later one counts; lists are joined, records and blocks merged by name.
 * G2: an unknown argument or block is a mistake with its place, never ignored.
 */
import type { Json, JsonObject } from '../../base/json.ts';
import type { Body } from '../hcl/ast.ts';
import type { Diagnostic } from '../hcl/diagnostic.ts';
import { Evaluation } from '../hcl/evaluate.ts';
import { encodeJson } from '../hcl/functions/json.ts';
import { parseJson } from '../hcl/json-body.ts';
import { parseConfig } from '../hcl/parse.ts';
import { readAttributes, readContent, type BoundBlock, type BoundBody } from '../hcl/schema.ts';
import type { Source } from '../hcl/source.ts';
import type { Setting, Settings } from './setting.ts';
import { AGENT_SETTINGS } from './shape.ts';
import { isArray, isObject, KINDS } from './values.ts';

/** One file's settings by their names in the file; what it leaves out is absent. */
export type AgentFile = JsonObject;

/**
 * Answers the file's settings, or what is wrong with it. JSON where its name ends so.
 *
 * @param settings what a file of this kind may hold
 */
export function decodeAgentFile(
  source: Source,
  settings: Settings = AGENT_SETTINGS,
): AgentFile | readonly Diagnostic[] {
  const json = source.name.endsWith('.json');
  const parsed = json ? parseJson(source) : parseConfig(source);
  if (parsed.diagnostics.length > 0) return parsed.diagnostics;
  const run = new Evaluation();
  const file = decodeBody({ body: parsed.tree, scope: { names: new Map() } }, settings, run);
  return run.diagnostics.length > 0 ? run.diagnostics : file;
}

/** Narrows the answer of `decodeAgentFile`. */
export function isAgentFile(value: AgentFile | readonly Diagnostic[]): value is AgentFile {
  return !Array.isArray(value);
}

/** Merges two files; the second one counts (G1). */
export function mergeFiles(a: AgentFile, b: AgentFile): AgentFile {
  const merged: Record<string, Json> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = merged[key];
    merged[key] = before === undefined ? value : mergeValues(before, value);
  }
  return merged;
}

function mergeValues(a: Json, b: Json): Json {
  if (isArray(a) && isArray(b)) return [...a, ...b];
  if (isObject(a) && isObject(b)) return mergeFiles(a, b);
  return b;
}

function decodeBody(bound: BoundBody, settings: Settings, run: Evaluation): JsonObject {
  const content = readContent(bound, schemaOf(settings, bound.body), run);
  const found: Record<string, Json> = {};
  for (const [name, attribute] of content.attributes) {
    const setting = settings[name];
    if (setting === undefined) continue;
    const value = run.evaluate(attribute.value, bound.scope);
    const plain = JSON.parse(encodeJson(value)) as Json;
    const decoded = KINDS[setting.kind].decode(plain);
    if (decoded === undefined) {
      run.fail(
        attribute.value.span,
        'Unsuitable value',
        `${KINDS[setting.kind].wanted} is required here.`,
      );
    } else {
      found[name] = decoded;
    }
  }
  for (const block of content.blocks) addBlock(found, block, settings, run);
  return found;
}

function addBlock(
  found: Record<string, Json>,
  block: BoundBlock,
  settings: Settings,
  run: Evaluation,
): void {
  const setting = settings[block.type];
  if (setting === undefined) return;
  const before = found[block.type];
  const value = decodeBlock(block, setting, run);
  found[block.type] = before === undefined ? value : mergeValues(before, value);
}

function decodeBlock(block: BoundBlock, setting: Setting, run: Evaluation): Json {
  const body: BoundBody = { body: block.body, scope: block.scope };
  switch (setting.kind) {
    case 'block':
      return decodeBody(body, setting.settings, run);
    case 'named':
      return { [block.labels[0] ?? '']: decodeBody(body, setting.settings, run) };
    case 'blocks':
      return [decodeFree(body, run, (inner) => [inner])];
    case 'record':
    case 'free':
    case 'text':
    case 'texts':
    case 'flag':
    case 'count':
    case 'duration':
    case 'size':
      return decodeFree(body, run, (inner) => inner);
  }
}

/**
 * A block of free names: `meta { rack = "r1" }`, `config { ... }` with blocks in it.
 *
 * @param hold what stands for one block in it; of several, lists are joined and records merged
 */
function decodeFree(
  bound: BoundBody,
  run: Evaluation,
  hold: (inner: JsonObject) => Json,
): JsonObject {
  const record: Record<string, Json> = {};
  for (const [name, attribute] of readAttributes(
    { ...bound, body: withoutBlocks(bound.body) },
    run,
  )) {
    const value = run.evaluate(attribute.value, bound.scope);
    record[name] = JSON.parse(encodeJson(value)) as Json;
  }
  for (const block of bound.body.blocks) {
    const inner = hold(decodeFree({ body: block.body, scope: bound.scope }, run, hold));
    const before = record[block.type];
    record[block.type] = before === undefined ? inner : mergeValues(before, inner);
  }
  return record;
}

function withoutBlocks(body: Body): Body {
  return { ...body, blocks: [] };
}

/** A record may be written as an argument; in JSON, a block looks like one too. */
function schemaOf(settings: Settings, body: Body): Parameters<typeof readContent>[1] {
  const attributes = new Map<string, object>();
  const blocks = new Map<string, readonly string[]>();
  for (const [name, setting] of Object.entries(settings)) {
    const written = body.attributes.has(name);
    switch (setting.kind) {
      case 'block':
        blocks.set(name, []);
        break;
      case 'named':
        blocks.set(name, ['name']);
        break;
      case 'record':
      case 'free':
      case 'blocks':
        if (written) attributes.set(name, {});
        else blocks.set(name, []);
        break;
      case 'text':
      case 'flag':
      case 'count':
      case 'texts':
      case 'duration':
      case 'size':
        attributes.set(name, {});
    }
  }
  return { attributes, blocks };
}
