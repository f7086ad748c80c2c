/** `kv follow`: every change of keys, as it happens. Consul has nothing like it. */
import { KV_WATCH_LINE, type KvWatchLine } from '../../api/consul/kv-codec.ts';
import { watchKv } from '../../api/consul/kv-routes.ts';
import type { Api } from '../../api/api.ts';
import type { Index } from '../../base/brand.ts';
import { explain, Failure } from '../../base/failure.ts';
import { writeJson } from '../../base/json.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import type { World } from '../world.ts';

export const kvFollow: Command = {
  name: 'kv follow',
  summary: 'Print every change of keys as it happens',
  description:
    'Prints lines of JSON: first all that is there ("Snapshot"), then what each write changed ("Changes"), in order, none left out; a key without "Pair" is gone. When the connection breaks it goes on where it was; where that is not possible any more, a new "Snapshot" takes the place of all before.',
  arguments: ['[<key>...]'],
  flags: withDiscoveryFlags(
    flag.list('prefix', '<prefix>', 'All keys that begin so; empty: all keys.'),
    flag.string('index', '<index>', 'Go on after the line with this index.'),
  ),
  examples: [
    {
      line: 'muster kv follow app/colour -prefix app/db/',
      says: 'One key, and all under another:',
    },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const prefixes = invocation.flags.list('prefix');
    if (invocation.args.length + prefixes.length === 0) {
      throw new Failure('invalid', 'Error! Missing KEY argument or -prefix');
    }
    const after = indexOf(invocation.flags.text('index') ?? '0');
    const api = await discoveryApi(invocation, world);
    await follow(api, { keys: invocation.args, prefixes, after }, world);
    return 0;
  },
};

interface Following {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  readonly after: Index;
}

/** Pause before a broken connection is made anew [ms]. */
const RETRY_MS = 1_000;

/** Ends with the world's signal, or when the agent refuses. */
async function follow(api: Api, { keys, prefixes, after }: Following, world: World): Promise<void> {
  let told = after;
  while (!world.signal.aborted) {
    const query = { keys, prefixes, ...(told > 0 && { index: told }) };
    try {
      for await (const line of api.lines(watchKv, { query }, world.signal)) {
        print(line, world);
        told = line.index;
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.fault !== 'unavailable') throw error;
      world.err(`${explain(error)}\n`);
    }
    await world.sleep(RETRY_MS, world.signal);
  }
}

/** Heartbeats are no news. */
function print(line: KvWatchLine, world: World): void {
  if (line.snapshot === undefined && line.changes === undefined) return;
  world.out(`${writeJson(KV_WATCH_LINE.encode(line, 'full'))}\n`);
}

function indexOf(text: string): Index {
  if (!/^\d{1,15}$/.test(text)) {
    throw new Failure('invalid', `-index: expected a whole number, got ${JSON.stringify(text)}`);
  }
  return Number(text) as Index;
}
