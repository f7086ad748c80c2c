/**
 * Keys over HTTP on the real log: puts of 64 writers, gets of 64 readers, how soon a watcher is
 * awake after a write, and what a session with a lock costs. The load comes from another process.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import type { Index } from '../src/base/brand.ts';
import { seeded } from '../src/base/random.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { Outcome } from '../src/core/state/outcome.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemDisk } from '../src/io/fs/disk.ts';
import { nodeHttpServer } from '../src/io/http/server.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../src/io/log/segment-log.ts';
import { consulApp } from '../src/server/http/consul-api.ts';
import { Replica } from '../src/server/replica.ts';
import { Server } from '../src/server/server.ts';
import { percentile, report } from './harness.ts';

const CONNECTIONS = 64;
const SECONDS = 4;
const ROUNDS = 500;
const NODE = 'bench';

const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'));
const replica = new Replica();
const log = await openSegmentLog<Entry, Outcome>(
  { dir, applied: 0 as Index },
  { disk: systemDisk, codec: entryCodec<Entry>(), apply: replica.apply },
);
const random = seeded('bench');
const basics = { clock: systemClock, random, newId: randomUUID };
const note = (): void => undefined;
const server = new Server({}, { ...basics, log, replica, note, servers: () => [] });
const stop = new AbortController();
const running = server.run(stop.signal);
const agent = {
  nodeName: NODE,
  datacenter: 'dc1',
  version: '0',
  leader: () => '127.0.0.1:4647',
  peers: () => [],
};
const app = consulApp({ ...basics, ops: server.operations, agent }, (error) => {
  throw error;
});
const listener = await nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
const { port } = listener;
const facts = { name: NODE, id: randomUUID(), address: '127.0.0.1', datacenter: 'dc1' };
await log.append([
  {
    type: 'catalog.register',
    at: systemClock.now(),
    node: { ...facts, taggedAddresses: {}, meta: {} },
    skipNodeUpdate: false,
    services: [],
    checks: [],
  },
]);

interface Load {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

async function load(verb: 'put' | 'get'): Promise<Load> {
  const args = [port, verb, CONNECTIONS, SECONDS].map(String);
  const program = ['--import', 'tsx', 'bench/kv-load.ts', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  const result = JSON.parse(stdout) as Load;
  if (result.failures > 0) throw new Error(`${result.failures} requests failed`);
  return result;
}

const put = await load('put');
report({ name: 'kv.put', value: put.rate, unit: 'puts/s', better: 'higher' });
report({ name: 'kv.put.p99', value: put.p99, unit: 'ms', better: 'lower' });
const get = await load('get');
report({ name: 'kv.get', value: get.rate, unit: 'gets/s', better: 'higher' });

const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 4, pipelining: 1 });

async function ask(method: 'GET' | 'PUT', path: string, body?: string): Promise<Asked> {
  const answer = await pool.request({ method, path, ...(body !== undefined && { body }) });
  const text = await answer.body.text();
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  return { text, index: String(answer.headers['x-consul-index']), at: performance.now() };
}

interface Asked {
  readonly text: string;
  readonly index: string;
  readonly at: number;
}

const wakes: number[] = [];
await ask('PUT', '/v1/kv/watched', '0');
for (let i = 1; i <= ROUNDS; i++) {
  const { index } = await ask('GET', '/v1/kv/watched');
  const parked = ask('GET', `/v1/kv/watched?index=${index}&wait=60s`);
  while (server.operations.stats().parkedQueries === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const sentAt = performance.now();
  await ask('PUT', '/v1/kv/watched', String(i));
  const awake = await parked;
  if (i > ROUNDS / 5) wakes.push(awake.at - sentAt);
}
report({ name: 'kv.wake.p50', value: percentile(wakes, 0.5), unit: 'ms', better: 'lower' });
report({ name: 'kv.wake.p99', value: percentile(wakes, 0.99), unit: 'ms', better: 'lower' });

const locks: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  const sentAt = performance.now();
  const made = await ask('PUT', '/v1/session/create', '{"TTL":"30s"}');
  const { ID } = JSON.parse(made.text) as { readonly ID: string };
  const { text } = await ask('PUT', `/v1/kv/lock/${i}?acquire=${ID}`, 'mine');
  if (text !== 'true') throw new Error('the lock was not granted');
  if (i > ROUNDS / 5) locks.push((performance.now() - sentAt) / 2);
}
const lockMs = percentile(locks, 0.5);
report({ name: 'kv.session-and-lock.p50', value: lockMs, unit: 'ms each', better: 'lower' });

await pool.close();
await listener.close(0);
stop.abort();
await running;
await log.close();
rmSync(dir, { recursive: true, force: true });
