/**
 * The real `serf agent` and our gossip in one pool: both see each other, exchange events and
 * queries, see who fails and who leaves; with and without encryption.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seeded } from '../../src/base/random.ts';
import type { RingMemory } from '../../src/core/gossip/serf/memory.ts';
import type { RingNews } from '../../src/core/gossip/serf/ring.ts';
import { decodeKeyResponse, encodeKeyRequest } from '../../src/core/gossip/wire/serf-messages.ts';
import { LAN } from '../../src/core/gossip/serf/step.ts';
import { Gossip } from '../../src/gossip/gossip.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemGossipSockets } from '../../src/io/gossip/sockets.ts';
import { SerfProcess } from './serf-process.ts';

const KEY = 'cg8StVXbQJ0gPvMd9o7yrg==';
const OTHER_KEY = 'T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=';

class Ours implements AsyncDisposable {
  readonly gossip: Gossip;
  readonly news: RingNews[] = [];
  readonly notes: string[] = [];
  kept: readonly string[] = [];
  /** What it would have kept on disk. */
  memory: RingMemory | undefined;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(name: string, keys: readonly string[] = [], memory?: RingMemory) {
    this.memory = memory;
    this.gossip = new Gossip(
      {
        ...{ name, listen: { host: '127.0.0.1', port: 0 }, tags: { role: 'consul', dc: 'dc1' } },
        ...{ keys, label: '', retryJoin: [], defaultPort: 8301, policy: LAN },
        streamTimeoutMs: 10_000,
      },
      {
        ...{ sockets: systemGossipSockets, clock: systemClock, random: seeded(name) },
        note: (line) => this.notes.push(line),
        keepKeys: (ring) => (this.kept = ring),
        memory: { load: () => this.memory, keep: (kept) => (this.memory = kept) },
      },
    );
    this.gossip.follow((news) => this.news.push(news));
    this.#running = this.gossip.run(this.#stop.signal);
  }

  status(name: string): string | undefined {
    return this.gossip.member(name)?.status;
  }

  get port(): number {
    return this.gossip.at?.port ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

for (const { title, keys } of [
  { title: 'without encryption', keys: [] },
  { title: 'encrypted', keys: [KEY] },
]) {
  const flags = keys.map((key) => `-encrypt=${key}`);

  test(
    `serf joins us, ${title}: members, events, queries, a death`,
    { timeout: 240_000 },
    async () => {
      await using ours = new Ours('ours', keys);
      const dir = mkdtempSync(join(tmpdir(), 'muster-serf-'));
      const heard = join(dir, 'restart');
      const handler = `-event-handler=user:restart=cat > ${heard}`;
      await using serf = await SerfProcess.start('theirs', '-tag=role=db', handler, ...flags);
      await serf.call('join', `127.0.0.1:${ours.port}`);
      await serf.until('serf sees us', async () => (await serf.status('ours')) === 'alive');
      await serf.until('we see serf', () => ours.status('theirs') === 'alive');
      assert.deepEqual(ours.gossip.member('theirs')?.tags, { role: 'db' });
      const us = (await serf.members()).find(({ name }) => name === 'ours');
      assert.deepEqual(
        [us?.addr, us?.tags],
        [`127.0.0.1:${ours.port}`, { role: 'consul', dc: 'dc1' }],
      );

      await serf.call('event', '-coalesce=false', 'deploy', 'v1');
      await serf.until('we hear its event', () =>
        ours.news.some((news) => news.type === 'event' && text(news.payload) === 'v1'),
      );
      ours.gossip.fire('restart', Buffer.from('now'));
      await serf.until('serf hears ours', () => readFileSync(heard, 'utf8').trim() === 'now');
      rmSync(dir, { recursive: true });

      const end = ours.gossip.follow((news) => {
        if (news.type === 'query')
          ours.gossip.respond(news.query, Buffer.from(`${text(news.payload)}!`));
      });
      const answer = await serf.call('query', '-timeout=5s', '-format=json', 'load', 'now');
      end();
      const { Acks, Responses } = JSON.parse(answer) as {
        Acks: string[];
        Responses: Record<string, string>;
      };
      assert.ok(Acks.includes('ours'), answer);
      assert.equal(Responses['ours'], 'now!');
      const replies = await ours.gossip.ask({
        ...{ name: '_serf_ping', payload: new Uint8Array(0), wantsAcks: true, timeoutMs: 3_000 },
      });
      assert.deepEqual(replies.map(({ from }) => from).sort(), ['ours', 'theirs']);

      await serf.end('SIGKILL');
      const from = Date.now();
      await serf.until('we see it fail', () => ours.status('theirs') === 'failed', 120_000);
      // A round until it is probed, one of waiting, and a suspicion of four.
      assert.ok(Date.now() - from > 3_000);
    },
  );

  test(`we join serf, ${title}: a leave of ours, and of it`, { timeout: 240_000 }, async () => {
    await using serf = await SerfProcess.start('theirs', ...flags);
    await using staying = new Ours('staying', keys);
    await using leaving = new Ours('leaving', keys);
    await serf.until('all listen', () => staying.port > 0 && leaving.port > 0);
    await staying.gossip.join(`127.0.0.1:${serf.port}`);
    await leaving.gossip.join(`127.0.0.1:${serf.port}`);
    await serf.until('we know each other', () => staying.status('leaving') === 'alive');
    await leaving.gossip.leave();
    await serf.until('serf sees us left', async () => (await serf.status('leaving')) === 'left');
    await serf.until('so do we', () => staying.status('leaving') === 'left');
    await serf.end('SIGINT');
    await serf.until('we see it left', () => staying.status('theirs') === 'left');
  });
}

test('serf sees us fail where we end without a word', { timeout: 240_000 }, async () => {
  await using serf = await SerfProcess.start('theirs');
  {
    await using ours = new Ours('ours');
    await serf.until('we listen', () => ours.port > 0);
    await ours.gossip.join(`127.0.0.1:${serf.port}`);
    await serf.until('serf sees us', async () => (await serf.status('ours')) === 'alive');
  }
  await serf.until(
    'serf sees us fail',
    async () => (await serf.status('ours')) === 'failed',
    120_000,
  );
});

test('who begins anew finds serf again by what it remembers', { timeout: 240_000 }, async () => {
  await using serf = await SerfProcess.start('theirs');
  let memory: RingMemory | undefined;
  {
    await using ours = new Ours('ours');
    await serf.until('we listen', () => ours.port > 0);
    await ours.gossip.join(`127.0.0.1:${serf.port}`);
    await serf.until('serf sees us', async () => (await serf.status('ours')) === 'alive');
    await serf.call('event', '-coalesce=false', 'before', 'x');
    await serf.until('we hear it', () => ours.news.some(({ type }) => type === 'event'));
    await serf.until('it is kept', () => ours.memory?.members.length === 1);
    memory = ours.memory;
  }
  await serf.until('we failed', async () => (await serf.status('ours')) === 'failed', 120_000);
  await using again = new Ours('again', [], memory);
  await serf.until('serf sees us', async () => (await serf.status('again')) === 'alive', 120_000);
  await serf.call('event', '-coalesce=false', 'after', 'y');
  await serf.until('we hear it', () => again.news.some(({ type }) => type === 'event'));
  const heard = again.news.flatMap((news) => (news.type === 'event' ? [news.name] : []));
  assert.deepEqual(heard, ['after'], 'what was heard before is not told again');
});

test(
  'of two members with one name the one that serf knows stays',
  { timeout: 240_000 },
  async () => {
    await using serf = await SerfProcess.start('theirs');
    await using first = new Ours('twin');
    await using second = new Ours('twin');
    await serf.until('both listen', () => first.port > 0 && second.port > 0);
    await first.gossip.join(`127.0.0.1:${serf.port}`);
    await serf.until('serf sees one', async () => (await serf.status('twin')) === 'alive');
    const { port } = first;
    await second.gossip.join(`127.0.0.1:${serf.port}`).catch(() => undefined);
    await serf.until('the other goes', () => second.gossip.members().length === 0, 120_000);
    assert.match(second.notes.join('\n'), /"twin" is the name of another member, at 127\.0\.0\.1:/);
    assert.equal(first.status('theirs'), 'alive');
    assert.equal(await serf.status('twin'), 'alive');
    const twin = (await serf.members()).find(({ name }) => name === 'twin');
    assert.equal(twin?.addr, `127.0.0.1:${port}`);
  },
);

test('keys are rotated in a ring with serf, from both sides', { timeout: 240_000 }, async () => {
  await using ours = new Ours('ours', [KEY]);
  await using serf = await SerfProcess.start('theirs', `-encrypt=${KEY}`);
  await serf.call('join', `127.0.0.1:${ours.port}`);
  await serf.until('we see serf', () => ours.status('theirs') === 'alive');
  await serf.call('keys', '-install', OTHER_KEY);
  assert.deepEqual(ours.gossip.keys(), [KEY, OTHER_KEY]);
  const payload = encodeKeyRequest(Buffer.from(OTHER_KEY, 'base64'));
  const used = await ours.gossip.ask({ name: '_serf_use-key', payload, timeoutMs: 4_000 });
  assert.deepEqual(
    used.map((reply) => decodeKeyResponse(reply.payload).ok),
    [true, true],
  );
  assert.deepEqual(ours.gossip.keys(), [OTHER_KEY, KEY]);
  await serf.call('keys', '-remove', KEY);
  assert.deepEqual(ours.gossip.keys(), [OTHER_KEY]);
  assert.deepEqual(ours.kept, [OTHER_KEY]);
  assert.match(
    await serf.call('keys', '-list'),
    /T9jncgl9mbLus\+baTTa7q7nPSUrXwbDi2dhbtqir37s= +\[2\/2\]/,
  );
});
