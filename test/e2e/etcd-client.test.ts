/** The etcd client against a real etcd. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';
import type { EtcdCluster } from '../etcd-process.ts';

const options = { skip: withoutEtcd ?? false, timeout: 240_000 };
const text = (value: string): Buffer => Buffer.from(value);
const never = new AbortController().signal;

async function within(
  etcd: EtcdCluster,
  body: (client: EtcdClient) => Promise<void>,
): Promise<void> {
  const client = new EtcdClient({ endpoints: etcd.endpoints }, { clock: systemClock });
  try {
    await body(client);
  } finally {
    client.close();
    await etcd.end();
  }
}

async function put(client: EtcdClient, key: string, value: string): Promise<number> {
  const op = { put: { key, value: text(value) } };
  return (await client.txn({ compare: [], success: [op] })).revision;
}

test('transactions, ranges, leases, status and members', options, async () => {
  await within(await startEtcd(), async (client) => {
    const created = await client.txn({
      compare: [{ key: 'a', modRevision: 0 }],
      success: [{ put: { key: 'a', value: text('1') } }, { range: { key: 'a' } }],
    });
    assert.equal(created.succeeded, true);
    assert.equal(created.found[1]?.[0]?.value.toString(), '1');
    const again = await client.txn({
      compare: [{ key: 'a', modRevision: 0 }],
      success: [],
      failure: [{ range: { key: 'a' } }],
    });
    assert.equal(again.succeeded, false);
    assert.equal(again.found[0]?.[0]?.modRevision, created.revision);
    for (const key of ['b', 'c', 'd']) await put(client, key, 'x');
    const some = await client.range({ key: 'a', end: 'z', limit: 2, descending: true });
    assert.deepEqual([some.pairs.map((pair) => pair.key), some.more], [['d', 'c'], true]);
    const lease = await client.leaseGrant(5);
    assert.ok((await client.leaseKeepAlive(lease.id)) >= 5);
    await client.leaseRevoke(lease.id);
    assert.equal(await client.leaseKeepAlive(lease.id), 0);
    const [endpoint = ''] = client.endpoints;
    const status = await client.status(endpoint);
    assert.equal(status.leaderId, status.memberId);
    const { members } = await client.members();
    assert.deepEqual(
      members.map(({ id, name, learner }) => ({ id, name, learner })),
      [{ id: status.memberId, name: 'm1', learner: false }],
    );
    assert.deepEqual(await client.alarms(), []);
    await client.defragment(endpoint);
  });
});

test('C2: a watch goes on across a killed etcd, and misses nothing', options, async () => {
  const etcd = await startEtcd({ members: 3 });
  await within(etcd, async (client) => {
    const first = await put(client, 'w/0', '0');
    const stop = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      const from = { key: 'w/', end: 'w0', revision: first };
      for await (const events of client.watch(from, stop.signal)) {
        for (const { pair } of events) seen.push(pair.value.toString());
        if (seen.at(-1) === '20') stop.abort();
      }
    })();
    for (let n = 1; n <= 20; n++) {
      if (n === 5) await etcd.members[0]?.kill();
      if (n === 10) etcd.members[0]?.start();
      if (n === 15) await etcd.members[1]?.stop();
      await until(() => put(client, 'w/0', String(n)));
    }
    await watching;
    assert.deepEqual(
      [...new Set(seen)],
      Array.from({ length: 21 }, (_, i) => String(i)),
    );
  });
});

/** Until etcd has a leader again. */
async function until(attempt: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + 60_000; ;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await systemClock.sleep(100, never);
    }
  }
}

test('C2: a watch from before a compaction says so', options, async () => {
  await within(await startEtcd(), async (client) => {
    for (let n = 0; n < 5; n++) await put(client, 'k', String(n));
    const last = await put(client, 'k', 'last');
    await client.compact(last);
    const watching = client.watch({ key: 'k', end: 'l', revision: 2 }, never).next();
    await assert.rejects(watching, (error) => {
      return error instanceof Failure && error.fault === 'not_found';
    });
  });
});

test('C1: a stopped etcd is a time-out, and another is asked next', options, async () => {
  const etcd = await startEtcd({ members: 3 });
  await within(etcd, async (client) => {
    await client.range({ key: 'a' });
    let failed: unknown;
    // On a busy machine it may have gone on from the first before it was told to ask anything.
    for (const member of etcd.members) {
      await member.stop();
      const asked = client.txn({ compare: [], success: [] }, { deadlineMs: 500 });
      failed = await asked.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failed !== undefined) break;
      member.signal('SIGCONT');
    }
    assert.ok(failed instanceof Failure);
    assert.equal(failed.fault, 'timeout');
    await until(() => client.range({ key: 'a' }, { deadlineMs: 2_000 }));
  });
});
