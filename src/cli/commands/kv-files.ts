/** `kv export`, `kv import`: keys as a file. */
import { UINT64 } from '../../api/consul/kv-codec.ts';
import { readPairs, writeKv } from '../../api/consul/kv-routes.ts';
import { decodeFull, shape, type Shape } from '../../api/codec/codec.ts';
import { isIssues, renderIssues } from '../../api/codec/issue.ts';
import { listOf, nested, text } from '../../api/codec/fields.ts';
import { fromBase64 } from '../../base/base64.ts';
import { Failure } from '../../base/failure.ts';
import { readJson, writeJson, type Json } from '../../base/json.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { readData } from './data-argument.ts';
import { orNothing, withoutSlash } from './kv.ts';

/** A key as it stands in a file. */
interface Exported {
  readonly key: string;
  readonly flags: string;
  /** Base64. */
  readonly value: string;
}

const EXPORTED: Shape<Exported> = shape({
  key: text('key'),
  flags: nested('flags', UINT64, 0),
  value: text('value'),
});

export const kvExport: Command = {
  name: 'kv export',
  summary: 'Print keys and values as JSON',
  arguments: ['[<prefix>]'],
  flags: withDiscoveryFlags(),
  examples: [{ line: 'muster kv export app/ > app.json', says: 'Keep them in a file:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const key = withoutSlash(invocation.args[0] ?? '');
    const api = await discoveryApi(invocation, world);
    const query = { recurse: true };
    const pairs = await orNothing(api.call(readPairs, { params: { key }, query }, world.signal));
    world.out(`${writeJson(listOf(EXPORTED).encode(pairs, 'full'), '\t')}\n`);
    return 0;
  },
};

export const kvImport: Command = {
  name: 'kv import',
  summary: 'Set keys from JSON that "kv export" printed',
  description:
    'Takes the JSON itself, "@file" for the content of a file, or "-" for standard input.',
  arguments: ['[<data>]'],
  flags: withDiscoveryFlags(flag.string('prefix', '<text>', 'Put in front of every key.')),
  examples: [{ line: 'muster kv import @app.json', says: 'From a file:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const typed = invocation.args[0];
    if (typed === undefined) throw new Failure('invalid', 'Error! Missing DATA argument');
    const entries = decode(new TextDecoder().decode(await readData(typed, world)));
    // All of it is looked at before any of it is written.
    const bodies = entries.map((entry) => ({ ...entry, body: bytesOf(entry) }));
    const prefix = withoutSlash(invocation.flags.text('prefix') ?? '');
    const api = await discoveryApi(invocation, world);
    for (const { key: name, flags, body } of bodies) {
      const key = joined(prefix, name);
      await api.call(writeKv, { params: { key }, query: { flags }, body }, world.signal);
      world.out(`Imported: ${key}\n`);
    }
    return 0;
  },
};

function bytesOf({ key, value }: Exported): Uint8Array {
  const bytes = fromBase64(value);
  if (bytes !== undefined) return bytes;
  throw new Failure('invalid', `Error! Cannot base 64 decode data of ${key}`);
}

/** As a path: one slash between them. */
function joined(prefix: string, key: string): string {
  if (prefix === '') return key;
  return prefix.endsWith('/') ? prefix + key : `${prefix}/${key}`;
}

function decode(text: string): readonly Exported[] {
  let json: Json;
  try {
    json = readJson(text);
  } catch (cause) {
    throw new Failure('invalid', 'Cannot unmarshal data: it is not JSON', { cause });
  }
  const found = decodeFull(listOf(EXPORTED), json, 'data');
  if (isIssues(found)) throw new Failure('invalid', `Cannot unmarshal ${renderIssues(found)}`);
  return found;
}
