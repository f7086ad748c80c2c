/** The log in a real etcd, while members and writers are killed, stopped, cut off and filled up. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import { LEADERSHIP_LIMITS } from '../../src/core/etcd-member/leadership.ts';
import { isNotTaken } from '../../src/core/link/not-taken.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import { BatchWriter } from '../../src/io/etcd-log/batch-writer.ts';
import { openEtcdLog } from '../../src/io/etcd-log/etcd-log.ts';
import type { EtcdLog, EtcdLogOptions } from '../../src/io/etcd-log/etcd-log.ts';
import { logKeys } from '../../src/io/etcd-log/keys.ts';
import { Seat } from '../../src/io/etcd-log/seat.ts';
import { memberBeside } from '../../src/io/etcd-member/member-beside.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import type { CountServers } from '../../src/ports/cluster-log.ts';
import type { MemberBeside } from '../../src/ports/etcd-member.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';
import type { EtcdCluster } from '../etcd-process.ts';
import { TornProxy } from '../torn-proxy.ts';

const options = { skip: withoutEtcd ?? false, timeout: 300_000 };
const PATIENCE_MS = 60_000;

type Count = Readonly<{ by: string; n: number; pad?: string }>;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `waited too long until ${what}`);
    await systemClock.sleep(20, new AbortController().signal);
  }
}

/** A server's log in this process, and what it applied. */
interface Server {
  readonly log: EtcdLog<Count, number>;
  readonly client: EtcdClient;
  readonly seen: Count[];
  readonly notes: string[];
  isLeading: boolean;
  end(): Promise<void>;
}

interface Start extends Partial<EtcdLogOptions> {
  readonly name: string;
  readonly endpoints: readonly string[];
  /** Absent: the one at the first endpoint; null: a lease decides. */
  readonly member?: MemberBeside | null;
  readonly count?: CountServers;
}

/** What a test that failed left: it would keep this process from its end. */
const serving = new Set<Server>();

async function serve({ name, endpoints, member, count, ...more }: Start): Promise<Server> {
  const client = new EtcdClient({ endpoints }, { clock: systemClock });
  const beside = member ?? memberBeside({ endpoint: endpoints[0] ?? '', votersMin: 1 }, client);
  const seen: Count[] = [];
  const notes: string[] = [];
  const log = await openEtcdLog<Count, number>(
    {
      ...{ prefix: 'test/', applied: 0 as Index, compactsRevisions: true },
      self: { id: name, name, address: name },
      ...more,
    },
    {
      ...{ client, codec: entryCodec<Count>(), clock: systemClock },
      apply: (index, entry) => {
        seen.push(entry);
        return index;
      },
      note: (line) => notes.push(line),
      ...{ ...(member === null ? {} : { member: beside }), ...(count && { count }) },
    },
  );
  const stop = new AbortController();
  const server: Server = {
    ...{ log, client, seen, notes, isLeading: false },
    async end() {
      if (!serving.delete(server)) return;
      await log.close();
      stop.abort();
      client.close();
    },
  };
  serving.add(server);
  const following = async (): Promise<void> => {
    for await (const { leading } of log.leadership(stop.signal)) server.isLeading = leading;
  };
  following().catch((error: unknown) => notes.push(String(error)));
  return server;
}

async function withEtcd(
  start: Parameters<typeof startEtcd>[0],
  body: (etcd: EtcdCluster) => Promise<void>,
): Promise<void> {
  const etcd = await startEtcd(start);
  try {
    await body(etcd);
  } finally {
    for (const server of serving) await server.end();
    await etcd.end();
  }
}

/** As soon as it leads: on a busy machine its proof may be missing for a moment. */
async function append({ log }: Server, entries: readonly Count[]): Promise<void> {
  for (;;) {
    try {
      await log.append(entries);
      return;
    } catch (error) {
      if (!isNotTaken(error)) throw error;
      await systemClock.sleep(20, new AbortController().signal);
    }
  }
}

/**
 * One that leads most of the time, whatever etcd does, and now and then while the other one does.
 *
 * @param place 0 or 1
 */
const stubborn = (place: number): MemberBeside => ({
  leads: () => Promise.resolve((systemClock.elapsedMs() / 1_000 + place) % 2 < 1.3),
  founded: () => Promise.resolve(true),
  takeLead: () => Promise.resolve(),
  giveLead: () => Promise.resolve(),
});

test(
  'T3: who was deposed before it looked at the head does not take it for its own',
  options,
  async () => {
    await withEtcd({}, async ({ endpoints }) => {
      const client = new EtcdClient({ endpoints }, { clock: systemClock });
      const keys = logKeys('test/');
      const server = async (name: string): Promise<{ writer: BatchWriter; term: number }> => {
        const deps = { client, keys, clock: systemClock, lastIndex: () => 0 };
        const seat = new Seat({ self: { id: name, name, address: name }, leased: false }, deps);
        await seat.look();
        assert.ok(await seat.claim());
        const full = (): void => undefined;
        return { writer: new BatchWriter({ ...deps, seat, full }), term: seat.ownTerm ?? 0 };
      };
      const [none, one] = [0 as Index, 1 as Index];
      const former = await server('a');
      assert.equal(await former.writer.checkHead(none, former.term), true);
      const later = await server('b');
      const chunk = { entries: 1, bytes: Buffer.from('x') };
      const span = { first: one, last: one };
      assert.equal(await later.writer.commit(span, later.term, [chunk]), 'committed');
      assert.equal(await former.writer.checkHead(none, former.term), false);
      assert.equal(await later.writer.checkHead(one, later.term), true);
      await assert.rejects(later.writer.checkHead(none, later.term), /batches end at 0/);
      client.close();
    });
  },
);

test('T1: two that both believe to lead never both write', options, async () => {
  await withEtcd({}, async ({ endpoints }) => {
    const servers = await Promise.all(
      ['a', 'b'].map((name, place) => serve({ name, endpoints, member: stubborn(place) })),
    );
    const acked = new Map<number, Count>();
    const bothWrote = (): boolean => new Set([...acked.values()].map((one) => one.by)).size === 2;
    const write = async ({ log }: Server, by: string): Promise<void> => {
      for (let n = 1; acked.size < 400 || !bothWrote(); n++) {
        const entry = { by, n };
        try {
          const [done] = await log.append([entry]);
          assert.ok(done !== undefined && !acked.has(done.index), 'an index was given twice');
          acked.set(done.index, entry);
        } catch (error) {
          assert.ok(error instanceof Failure && error.fault === 'unavailable', String(error));
          await systemClock.sleep(5, new AbortController().signal);
        }
      }
    };
    const [a, b] = servers;
    assert.ok(a !== undefined && b !== undefined);
    await Promise.all([write(a, 'a'), write(b, 'b')]);
    const last = Math.max(...acked.keys());
    await until('both have everything', () => servers.every(({ log }) => log.lastIndex >= last));
    const length = Math.min(a.seen.length, b.seen.length);
    assert.deepEqual(a.seen.slice(0, length), b.seen.slice(0, length));
    for (const [index, entry] of acked) assert.deepEqual(a.seen[index - 1], entry);
    for (const server of servers) await server.end();
  });
});

test('large appends travel in pieces, whole', options, async () => {
  await withEtcd({}, async ({ endpoints }) => {
    const leader = await serve({ name: 'a', endpoints });
    await until('it leads', () => leader.isLeading);
    const follower = await serve({ name: 'b', endpoints, member: null });
    const pad = 'x'.repeat(700_000);
    const batch = Array.from({ length: 5 }, (_, n) => ({ by: 'a', n, pad }));
    await append(leader, batch);
    await append(leader, [{ by: 'a', n: 5 }]);
    await until('it is followed', () => follower.log.lastIndex === 6);
    assert.deepEqual(follower.seen.slice(0, 5), batch);
    const again = await serve({ name: 'c', endpoints, member: null });
    assert.deepEqual(again.seen, follower.seen);
    for (const server of [again, follower]) await server.log.compact(6 as Index);
    await until('pieces go with their batch', async () => {
      await leader.log.compact(6 as Index);
      const { pairs } = await leader.client.range({ key: 'test/part/', end: 'test/part0' });
      return pairs.length === 0;
    });
    for (const server of [again, follower, leader]) await server.end();
  });
});

test(
  'T4: a follower whose revisions were compacted goes on; without batches it says so',
  options,
  async () => {
    await withEtcd({}, async ({ endpoints }) => {
      const leader = await serve({ name: 'a', endpoints });
      await until('it leads', () => leader.isLeading);
      const proxy = await TornProxy.to(endpoints[0] ?? '');
      const lagging = await serve({ name: 'b', endpoints: [proxy.address], member: null });
      const other = await serve({ name: 'd', endpoints, member: null });
      for (let n = 1; n <= 20; n++) await append(leader, [{ by: 'a', n }]);
      await until('it follows', () => lagging.log.lastIndex === 20);
      proxy.cut();
      for (let n = 21; n <= 60; n++) await append(leader, [{ by: 'a', n }]);
      const { revision } = await leader.client.range({ key: 'test/head' });
      await leader.client.compact(revision);
      proxy.mend();
      await until('it has caught up', () => lagging.log.lastIndex === 60);
      assert.deepEqual(lagging.seen, leader.seen);
      proxy.cut();
      for (let n = 61; n <= 90; n++) await append(leader, [{ by: 'a', n }]);
      await other.log.compact(80 as Index);
      await until('two of three have kept it', async () => {
        await leader.log.compact(80 as Index);
        return leader.log.firstIndex > 1;
      });
      const { revision: later } = await leader.client.range({ key: 'test/head' });
      await leader.client.compact(later);
      proxy.mend();
      const why = await lagging.log.stopped;
      assert.ok(why instanceof Failure && why.fault === 'not_found', String(why));
      assert.equal(why.facts['firstIndex'], 81);
      await assert.rejects(serve({ name: 'c', endpoints, applied: 10 as Index }), (error) => {
        return error instanceof Failure && error.fault === 'not_found';
      });
      await proxy.close();
      for (const server of [lagging, other, leader]) await server.end();
    });
  },
);

test(
  'RT1: what a majority has not kept is not forgotten, whoever asks, and whatever it said before',
  options,
  async () => {
    await withEtcd({}, async ({ endpoints }) => {
      const leader = await serve({ name: 'a', endpoints });
      await until('it leads', () => leader.isLeading);
      const follower = await serve({ name: 'b', endpoints, member: null });
      const away = await serve({ name: 'c', endpoints, member: null });
      await away.end();
      for (let n = 1; n <= 30; n++) await append(leader, [{ by: 'a', n }]);
      await leader.log.compact(30 as Index);
      assert.equal(leader.log.firstIndex, 1, 'it is the only one that has kept them');
      await follower.log.compact(0 as Index, 10 as Index);
      await until('two have kept ten', async () => {
        await leader.log.compact(30 as Index);
        return leader.log.firstIndex > 1;
      });
      assert.equal(leader.log.firstIndex, 11);
      // Its disk is lost: what it said goes before it says anything else.
      await follower.end();
      await assert.rejects(serve({ name: 'b', endpoints, member: null }), /compacted away/);
      const { pairs } = await leader.client.range({ key: 'test/kept/b' });
      assert.equal((JSON.parse(String(pairs[0]?.value)) as { kept: number }).kept, 0);
      await leader.end();
    });
  },
);

test('T2: torn connections lose nothing and double nothing', options, async () => {
  await withEtcd({}, async ({ endpoints }) => {
    const proxy = await TornProxy.to(endpoints[0] ?? '');
    const leader = await serve({ name: 'a', endpoints: [proxy.address] });
    const follower = await serve({ name: 'b', endpoints, member: null });
    await until('it leads', () => leader.isLeading);
    const acked: number[] = [];
    for (let n = 1; n <= 200; n++) {
      if (n % 20 === 0) proxy.tear();
      try {
        await leader.log.append([{ by: 'a', n }]);
        acked.push(n);
      } catch (error) {
        assert.ok(error instanceof Failure && error.fault === 'unavailable', String(error));
        await until('it leads again', () => leader.isLeading);
      }
    }
    await until('all is followed', () => follower.log.lastIndex === leader.log.lastIndex);
    assert.deepEqual(follower.seen, leader.seen);
    const written = follower.seen.map(({ n }) => n);
    assert.equal(new Set(written).size, written.length, 'an entry was written twice');
    assert.deepEqual(
      acked.filter((n) => !written.includes(n)),
      [],
    );
    await proxy.close();
    for (const server of [follower, leader]) await server.end();
  });
});

test(
  'RT3: a full store refuses writes clearly, and takes them again once there is room',
  options,
  async () => {
    const quotaBytes = 16 * 1024 * 1024;
    const args = ['--quota-backend-bytes', String(quotaBytes)];
    await withEtcd({ args }, async ({ endpoints }) => {
      // It has room for nobody's word but what another server says to this one's face.
      const told = new Map<string, Index>();
      const counted = { ids: ['a', 'b'], least: 1, gone: [], told };
      const count = (): ReturnType<CountServers> => Promise.resolve(counted);
      const leader = await serve({ name: 'a', endpoints, quotaBytes, count });
      await until('it leads', () => leader.isLeading);
      const pad = 'x'.repeat(900_000);
      let n = 0;
      const fill = async (): Promise<void> => {
        for (;;) await append(leader, [{ by: 'a', n: ++n, pad }]);
      };
      await assert.rejects(fill(), (error) => {
        return error instanceof Failure && error.fault === 'exhausted';
      });
      const before = leader.log.lastIndex;
      await until('it is told', () => leader.notes.some((line) => line.includes('full')));
      const fullMs = systemClock.elapsedMs();
      // Without room for its proof it would have stepped down, and could not lead again.
      await until('it leads for all that', () => {
        const sinceMs = systemClock.elapsedMs() - fullMs;
        return sinceMs > 2 * LEADERSHIP_LIMITS.unprovenMs && leader.isLeading;
      });
      // Nothing is to be forgotten but in need.
      await leader.log.compact(0 as Index, before);
      await until('it says who holds it up', () =>
        leader.notes.some((line) => /"?b"?$/.test(line)),
      );
      assert.equal(leader.log.firstIndex, 1);
      told.set('b', before);
      await until('it takes writes again', async () => {
        try {
          await append(leader, [{ by: 'a', n: 0 }]);
          return true;
        } catch (error) {
          assert.ok(error instanceof Failure && error.fault === 'exhausted', String(error));
          return false;
        }
      });
      assert.equal(leader.log.lastIndex, before + 1);
      assert.deepEqual(await leader.client.alarms(), []);
      await leader.end();
    });
  },
);

/** A writer in a process of its own. */
class Writer {
  readonly name: string;
  readonly acked: { readonly n: number; readonly index: number; readonly at: number }[] = [];
  readonly #child: ChildProcess;

  constructor(name: string, endpoints: readonly string[]) {
    this.name = name;
    const program = join(import.meta.dirname, 'etcd-log-writer.ts');
    const args = ['--import', 'tsx', program, name, ...endpoints];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    assert.ok(stdout !== null);
    createInterface({ input: stdout }).on('line', (line) => {
      const [word, n, index] = line.split(' ');
      if (word === 'acked') this.acked.push({ n: Number(n), index: Number(index), at: Date.now() });
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

const hurts: readonly (readonly [
  string,
  (etcd: EtcdCluster, at: number, writer: Writer) => void,
])[] = [
  ['the holder is killed', (_, __, writer) => writer.signal('SIGKILL')],
  ['the holder is stopped', (_, __, writer) => writer.signal('SIGSTOP')],
  ['the etcd beside it is killed', (etcd, at) => etcd.members[at]?.signal('SIGKILL')],
  ['the etcd beside it is stopped', (etcd, at) => etcd.members[at]?.signal('SIGSTOP')],
];
for (const [what, hurt] of hurts) {
  test(`${what}: another leads, and no acknowledged entry is lost`, options, async (t) => {
    await withEtcd({ members: 3 }, async (etcd) => {
      const { endpoints } = etcd;
      const writers = [0, 1, 2].map((at) => {
        const order = [at, (at + 1) % 3, (at + 2) % 3].map((i) => endpoints[i] ?? '');
        return new Writer(`w${at}`, order);
      });
      try {
        await until('one writes', () => writers.some(({ acked }) => acked.length >= 50));
        const at = writers.findIndex(({ acked }) => acked.length >= 50);
        const holder = writers[at];
        assert.ok(holder !== undefined);
        hurt(etcd, at, holder);
        const hurtAt = Date.now();
        const others = writers.filter((writer) => writer !== holder);
        await until('another writes', () => others.some(({ acked }) => acked.length >= 50));
        const first = Math.min(...others.flatMap(({ acked }) => acked[0]?.at ?? Infinity));
        t.diagnostic(`another's first write came after ${first - hurtAt} ms`);
        if (what.includes('stopped')) holder.signal('SIGCONT');
        await Promise.all(writers.map((writer) => writer.kill()));
        const reader = await serve({ name: 'r', endpoints, member: null });
        for (const { name, acked } of writers) {
          for (const { n, index } of acked)
            assert.deepEqual(reader.seen[index - 1], { by: name, n });
        }
        await reader.end();
      } finally {
        await Promise.all(writers.map((writer) => writer.kill()));
      }
    });
  });
}
