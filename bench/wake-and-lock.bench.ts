/**
 * How soon a watcher is awake after a write, and what a session with a lock costs, on the real log;
 * the caller's own part included.
 */
import { Pool } from 'undici';
import { percentile, report } from './harness.ts';
import { startKvWorld } from './kv-world.ts';

const ROUNDS = 500;

const world = await startKvWorld();
const pool = new Pool(`http://127.0.0.1:${world.port}`, { connections: 4, pipelining: 1 });

interface Asked {
  readonly text: string;
  readonly index: string;
  readonly at: number;
}

async function ask(method: 'GET' | 'PUT', path: string, body?: string): Promise<Asked> {
  const answer = await pool.request({ method, path, ...(body !== undefined && { body }) });
  const text = await answer.body.text();
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  return { text, index: String(answer.headers['x-consul-index']), at: performance.now() };
}

const wakes: number[] = [];
await ask('PUT', '/v1/kv/watched', '0');
for (let i = 1; i <= ROUNDS; i++) {
  const { index } = await ask('GET', '/v1/kv/watched');
  const parked = ask('GET', `/v1/kv/watched?index=${index}&wait=60s`);
  while (world.operations.stats().parkedQueries === 0) {
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
await world.stop();
