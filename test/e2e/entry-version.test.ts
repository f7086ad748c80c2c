/** Servers of two builds that share a log in a real etcd, of which the later knows more entries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import { openEtcdLog, type EtcdLog } from '../../src/io/etcd-log/etcd-log.ts';
import { memberBeside } from '../../src/io/etcd-member/member-beside.ts';
import { carelessBuild, earlierBuild, laterBuild, type BuildFact } from '../builds.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';

const options = { skip: withoutEtcd ?? false, timeout: 300_000 };

const known = (n: number): BuildFact => ({ type: 'known', n });
const later = (n: number): BuildFact => ({ type: 'later', n });
const isRefused = { fault: 'unsupported', message: /version 2,.* upgrade this server/ };

interface Server {
  readonly log: EtcdLog<BuildFact, undefined>;
  readonly seen: readonly BuildFact[];
}

/** Starts servers of one etcd; all that were started end with the test. */
async function withServers(
  body: (
    serve: (name: string, codec: typeof laterBuild, seen?: BuildFact[]) => Promise<Server>,
  ) => Promise<void>,
): Promise<void> {
  const etcd = await startEtcd();
  const { endpoints } = etcd;
  const client = new EtcdClient({ endpoints }, { clock: systemClock });
  const beside = memberBeside({ endpoint: endpoints[0] ?? '', votersMin: 1 }, client);
  const begun: Server[] = [];
  try {
    await body(async (name, codec, seen = []) => {
      // The first one leads, the others follow.
      const member =
        begun.length === 0 ? beside : { ...beside, leads: () => Promise.resolve(false) };
      const log = await openEtcdLog<BuildFact, undefined>(
        {
          ...{ prefix: 'test/', applied: 0 as Index, compactsRevisions: true },
          self: { id: name, name, address: name },
        },
        {
          ...{ client, codec, member, clock: systemClock, note: () => undefined },
          apply: (_, entry) => void seen.push(entry),
        },
      );
      begun.push({ log, seen });
      return { log, seen };
    });
  } finally {
    for (const { log } of begun.reverse()) await log.close();
    client.close();
    await etcd.end();
  }
}

async function untilLeading({ log }: Server): Promise<void> {
  for await (const { leading } of log.leadership(new AbortController().signal)) {
    if (leading) return;
  }
}

async function untilSeen(server: Server, index: number): Promise<void> {
  const patience = AbortSignal.timeout(60_000);
  while (server.log.lastIndex < index) {
    assert.ok(!patience.aborted, `waited too long for entry ${index}`);
    await systemClock.sleep(20, patience);
  }
}

test('a later entry waits until every server was upgraded', options, async () => {
  await withServers(async (serve) => {
    const leader = await serve('a', laterBuild);
    await untilLeading(leader);
    const former = await serve('b', earlierBuild);
    await leader.log.append([known(1)]);
    const refusal = { fault: 'unsupported', message: /version 2: upgrade "b" \(knows 1\) first$/ };
    await assert.rejects(leader.log.append([known(2), later(2)]), refusal);
    await untilSeen(former, 1);
    await former.log.close();
    // It will read on from where it ended, as long as it is not upgraded.
    await assert.rejects(leader.log.append([later(2)]), refusal);
    const upgraded = await serve('b', laterBuild);
    await leader.log.append([later(2)]);
    await leader.log.append([known(3)]);
    await untilSeen(upgraded, 3);
    assert.deepEqual(upgraded.seen, [known(1), later(2), known(3)]);
    assert.deepEqual(former.seen, [known(1)]);

    // Now there is no way back.
    const seen: BuildFact[] = [];
    await assert.rejects(serve('c', earlierBuild, seen), isRefused);
    assert.deepEqual(seen, [known(1)], 'it has neither applied the later one nor skipped it');
  });
});

test('a server that comes upon an unknown entry stops there', options, async () => {
  await withServers(async (serve) => {
    const leader = await serve('a', carelessBuild);
    await untilLeading(leader);
    const follower = await serve('b', earlierBuild);
    await leader.log.append([known(1)]);
    await leader.log.append([known(2), later(3)]);
    const why = await follower.log.stopped;
    assert.throws(() => {
      throw why;
    }, isRefused);
    assert.deepEqual(follower.seen, [known(1)], 'nothing of that batch is applied');
    await assert.rejects(follower.log.append([known(4)]), { fault: 'unavailable' });
  });
});
