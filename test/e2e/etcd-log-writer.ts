/**
 * A server's log in a process of its own, for tests that kill or stop it: counts up while it leads.
 *
 *     etcd-log-writer NAME MEMBER ENDPOINT...
 *
 * Prints `leads TERM`, `follows`, and `acked N INDEX` for each acknowledged entry.
 */
import type { Index } from '../../src/base/brand.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import { openEtcdLog } from '../../src/io/etcd-log/etcd-log.ts';
import { memberBeside } from '../../src/io/etcd-member/member-beside.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';

type Count = Readonly<{ by: string; n: number }>;

const [name = '', beside = '', ...others] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const client = new EtcdClient({ endpoints: [beside, ...others] }, { clock: systemClock });
const member = memberBeside({ endpoint: beside, votersMin: 1 }, client);
const log = await openEtcdLog<Count, number>(
  {
    prefix: 'test/',
    self: { id: name, name, address: name },
    applied: 0 as Index,
    compactsRevisions: true,
  },
  {
    ...{ client, member, codec: entryCodec<Count>(), clock: systemClock },
    apply: (index) => index,
    note: (line) => say(`note ${line}`),
  },
);
let n = 0;
let leading = false;
async function write(): Promise<void> {
  while (leading) {
    const each = ++n;
    try {
      const [done] = await log.append([{ by: name, n: each }]);
      say(`acked ${each} ${String(done?.index)}`);
    } catch {
      say(`failed ${each}`);
    }
  }
}
for await (const now of log.leadership(new AbortController().signal)) {
  leading = now.leading;
  say(leading ? `leads ${now.term}` : 'follows');
  if (leading) write().catch((error: unknown) => say(`broken ${String(error)}`));
}
