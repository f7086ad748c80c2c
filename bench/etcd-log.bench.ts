/**
 * Entries a second through the log in etcd, at 1, 100 and 1,000 writers, and how long a write takes
 * to reach a follower; on one member of etcd on loopback. Without etcd on PATH it measures nothing.
 */
import type { Index } from '../src/base/brand.ts';
import { systemClock } from '../src/io/clock.ts';
import { EtcdClient } from '../src/io/etcd/client.ts';
import { openEtcdLog } from '../src/io/etcd-log/etcd-log.ts';
import type { EtcdLog } from '../src/io/etcd-log/etcd-log.ts';
import { memberBeside } from '../src/io/etcd-member/member-beside.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import { startEtcd, withoutEtcd } from '../test/etcd-process.ts';
import { measure, percentile, report } from './harness.ts';

type Put = Readonly<{ type: 'kv.put'; at: number; key: string; value: string }>;

const RUN_MS = 1_500;

function put(i: number): Put {
  return { type: 'kv.put', at: 1_732e9 + i, key: `app/config/${i}`, value: 'v'.repeat(100) };
}

async function appends(
  log: EtcdLog<Put, number>,
  writers: number,
  into: number[],
): Promise<number> {
  let count = 0;
  const startedAt = performance.now();
  const writer = async (): Promise<void> => {
    while (performance.now() - startedAt < RUN_MS) {
      const begunAt = performance.now();
      await log.append([put(count++)]);
      into.push(performance.now() - begunAt);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return (count * 1_000) / (performance.now() - startedAt);
}

async function run(): Promise<void> {
  const etcd = await startEtcd();
  const { endpoints } = etcd;
  const client = new EtcdClient({ endpoints }, { clock: systemClock });
  const self = { id: 'a', name: 'a', address: 'a' };
  const options = { prefix: 'bench/', self, applied: 0 as Index, compactsRevisions: true };
  const shared = { codec: entryCodec<Put>(), clock: systemClock, note: () => undefined };
  const arrivals: number[] = [];
  const sentAt = new Map<number, number>();
  try {
    const member = memberBeside({ endpoint: endpoints[0] ?? '', votersMin: 1 }, client);
    const log = await openEtcdLog<Put, number>(options, {
      ...{ ...shared, client, member, apply: (index) => index },
    });
    for await (const { leading } of log.leadership(new AbortController().signal)) {
      if (leading) break;
    }
    for (const writers of [1, 100, 1_000]) {
      const latencies: number[] = [];
      const rate = await measure(() => appends(log, writers, latencies), { runs: 3 });
      const name = `etcd-log.append.${writers}-writers`;
      report({ name, value: rate.median, unit: 'durable entries/s', better: 'higher' });
      const p50 = percentile(latencies, 0.5);
      report({ name: `${name}.p50`, value: p50, unit: 'ms', better: 'lower' });
    }
    const follower = await openEtcdLog<Put, number>(
      { ...options, self: { ...self, id: 'b' }, applied: log.lastIndex },
      {
        ...{ ...shared, client },
        apply: (index, entry) => {
          arrivals.push(performance.now() - (sentAt.get(entry.at) ?? 0));
          return index;
        },
      },
    );
    for (let i = 0; i < 300; i++) {
      const entry = put(i);
      sentAt.set(entry.at, performance.now());
      await log.append([entry]);
    }
    while (follower.lastIndex < log.lastIndex) await new Promise((r) => setTimeout(r, 5));
    const p50 = percentile(arrivals, 0.5);
    report({ name: 'etcd-log.follower.p50', value: p50, unit: 'ms', better: 'lower' });
    await follower.close();
    await log.close();
  } finally {
    client.close();
    await etcd.end();
  }
}

if (withoutEtcd === undefined) await run();
else console.log(withoutEtcd);
