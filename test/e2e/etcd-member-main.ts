/**
 * A server with a managed etcd member and nothing else, in a process of its own: counts up while it
 * leads, and follows while it does not.
 *
 *     etcd-member-main DIR NAME HOST EXPECT [KEY]
 *
 * Reads the peers it knows as lines of JSON; prints what it does as lines of words.
 */
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Index } from '../../src/base/brand.ts';
import { explain } from '../../src/base/failure.ts';
import { manageEtcd, serverIdOf } from '../../src/compose/etcd.ts';
import type { ServerPeer } from '../../src/core/etcd-member/membership.ts';
import { systemClock } from '../../src/io/clock.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';

type Count = Readonly<{ by: string; n: number }>;

const [dir = '', name = '', host = '', expect = '3', encrypt = ''] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const id = serverIdOf(dir);
say(`id ${id}`);
let known: readonly ServerPeer[] = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  known = JSON.parse(line) as readonly ServerPeer[];
});
const stop = new AbortController();
const ports = { clientPort: 2379, peerPort: 2380 };
const store = await manageEtcd(
  { dir: join(dir, 'etcd'), host, ...ports, expect: Number(expect), encrypt },
  {
    self: { id, name, address: `${host}:4647` },
    clock: systemClock,
    peers: {
      known: () => known,
      announce: (stage) => say(`stage ${stage}`),
      forget: () => undefined,
    },
    note: (line) => say(`note ${line}`),
  },
);
process.once('SIGTERM', () => stop.abort());
let hash = 0;
const use = {
  ...{ applied: 0 as Index, codec: entryCodec<Count>() },
  apply: (index: Index, entry: Count): number => {
    hash = (hash * 31 + index * 7 + entry.n) % 1_000_000_007;
    return index;
  },
};
try {
  const log = await store.openLog<Count, number>(use, stop.signal);
  say('open');
  const reporting = setInterval(() => say(`at ${log.lastIndex} ${hash}`), 200);
  const writers: Promise<void>[] = [];
  let n = 0;
  let leading = false;
  const write = async (): Promise<void> => {
    while (leading && !stop.signal.aborted) {
      const each = ++n;
      try {
        const [done] = await log.append([{ by: id, n: each }]);
        say(`acked ${each} ${String(done?.index)}`);
      } catch (error) {
        say(`failed ${each} ${explain(error)}`);
      }
      await systemClock.sleep(5, stop.signal);
    }
  };
  for await (const now of log.leadership(stop.signal)) {
    leading = now.leading;
    say(leading ? `leads ${now.term}` : 'follows');
    if (leading) writers.push(write());
  }
  leading = false;
  await Promise.all(writers);
  clearInterval(reporting);
  await log.close();
} catch (error) {
  say(`broken ${explain(error)}`);
} finally {
  await store.close();
  say('ended');
}
process.exit(0);
