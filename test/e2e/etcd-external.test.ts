/** The log in an etcd that somebody else runs: over TLS, as a user, led by a lease. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import { useEtcd } from '../../src/compose/etcd.ts';
import type { ClusterStore, ExternalEtcd } from '../../src/compose/etcd.ts';
import { isNotTaken } from '../../src/core/link/not-taken.ts';
import { systemClock } from '../../src/io/clock.ts';
import { makeMemberTls } from '../../src/io/etcd-member/member-tls.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import type { ClusterLog } from '../../src/ports/cluster-log.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';
import type { EtcdCluster } from '../etcd-process.ts';

const hasCtl = spawnSync('etcdctl', ['version']).status === 0;
const skip = withoutEtcd ?? (hasCtl ? false : 'there is no etcdctl on PATH (Debian: etcd-client)');
const options = { skip, timeout: 240_000 };
const never = new AbortController().signal;
type Count = Readonly<{ n: number }>;

function control({ endpoints }: EtcdCluster, ...args: readonly string[]): void {
  const env = { ...process.env, ETCDCTL_API: '3' };
  const line = ['--endpoints', endpoints.join(','), ...args];
  const ended = spawnSync('etcdctl', line, { env, encoding: 'utf8' });
  assert.equal(ended.status, 0, ended.stderr);
}

function storeOf(name: string, settings: ExternalEtcd): ClusterStore {
  const self = { id: name, name, address: name };
  return useEtcd(settings, { self, clock: systemClock, note: () => undefined });
}

function open(store: ClusterStore, seen: number[]): Promise<ClusterLog<Count, number>> {
  const apply = (index: Index, { n }: Count): number => {
    seen.push(n);
    return index;
  };
  const use = { applied: 0 as Index, codec: entryCodec<Count>(), apply };
  return store.openLog<Count, number>(use, never);
}

async function leads(log: ClusterLog<Count, number>): Promise<void> {
  for await (const { leading } of log.leadership(never)) if (leading) return;
}

/** What a cluster that shares its etcd with others may touch. */
function addUser(etcd: EtcdCluster): void {
  control(etcd, 'user', 'add', 'root:secret');
  control(etcd, 'user', 'add', 'muster:pass');
  control(etcd, 'role', 'add', 'muster');
  control(etcd, 'role', 'grant-permission', 'muster', '--prefix=true', 'readwrite', 'prod/');
  control(etcd, 'user', 'grant-role', 'muster', 'muster');
  control(etcd, 'user', 'grant-role', 'root', 'root');
  control(etcd, 'auth', 'enable');
}

test('a user with a password writes under its prefix only', options, async () => {
  const etcd = await startEtcd();
  try {
    addUser(etcd);
    const { endpoints } = etcd;
    const user = { name: 'muster', password: 'pass' };
    const seen: number[] = [];
    const store = storeOf('a', { endpoints, user, prefix: 'prod/' });
    const log = await open(store, seen);
    await leads(log);
    for (let n = 1; n <= 20; n++) await log.append([{ n }]);
    await log.compact(10 as Index);
    const followed: number[] = [];
    const other = storeOf('b', { endpoints, user, prefix: 'prod/' });
    const after = other.openLog<Count, number>(
      { applied: 15 as Index, codec: entryCodec<Count>(), apply: (_, { n }) => followed.push(n) },
      never,
    );
    const follower = await after;
    assert.deepEqual(followed, [16, 17, 18, 19, 20]);
    await log.close();
    await store.close();
    // The first gave its lease back; the second leads at once.
    await leads(follower);
    await follower.append([{ n: 21 }]);
    await follower.close();
    await other.close();
    for (const wrong of [
      { endpoints, user, prefix: 'elsewhere/' },
      { endpoints, user: { name: 'muster', password: 'guess' }, prefix: 'prod/' },
      { endpoints, prefix: 'prod/' },
    ]) {
      const refused = storeOf('c', wrong);
      await assert.rejects(open(refused, []), (error) => error instanceof Failure);
      await refused.close();
    }
  } finally {
    await etcd.end();
  }
});

/** Appends as soon as somebody takes it. */
async function written(log: ClusterLog<Count, number>, entry: Count): Promise<void> {
  for (;;) {
    await leads(log);
    try {
      await log.append([entry]);
      return;
    } catch (error) {
      if (!isNotTaken(error)) throw error;
    }
  }
}

test('TLS with certificates on both sides', options, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  const tls = await makeMemberTls(dir, 'key', '127.0.0.1');
  const { caFile, certFile, keyFile } = tls;
  const etcd = await startEtcd({
    tls,
    args: [
      '--client-cert-auth',
      '--trusted-ca-file',
      caFile,
      '--cert-file',
      certFile,
      '--key-file',
      keyFile,
    ],
  });
  try {
    const endpoints = etcd.endpoints.map((each) => `https://${each}`);
    const seen: number[] = [];
    const store = storeOf('a', { endpoints, tls });
    const log = await open(store, seen);
    await leads(log);
    await log.append([{ n: 1 }, { n: 2 }]);
    assert.deepEqual(seen, [1, 2]);
    // One that stops in good order cuts off what is under way without a status.
    const [member] = etcd.members;
    member?.signal('SIGTERM');
    await member?.gone();
    member?.start();
    const stopped = log.stopped.then((why) => {
      throw why;
    });
    await Promise.race([stopped, written(log, { n: 3 })]);
    assert.deepEqual(seen, [1, 2, 3]);
    await log.close();
    await store.close();
  } finally {
    await etcd.end();
    rmSync(dir, { recursive: true });
  }
});
