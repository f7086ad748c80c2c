/**
 * Keys over HTTP on the real log: puts of 64 writers, gets of 64 readers, and what each costs the
 * server in processor time, which a busy machine distorts less. The load comes from another
 * process.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { report } from './harness.ts';
import { startKvWorld } from './kv-world.ts';

const CONNECTIONS = 64;
const SECONDS = 4;
const KEYS = 10_000;

interface Load {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
  /** Answered in all, the warm-up included. */
  readonly answered: number;
}

const world = await startKvWorld();

async function load(verb: 'put' | 'get'): Promise<Load & { readonly cpuUs: number }> {
  const args = [world.port, verb, CONNECTIONS, SECONDS, KEYS].map(String);
  const program = ['--import', 'tsx', 'bench/kv-load.ts', ...args];
  const begun = process.cpuUsage();
  const { stdout } = await promisify(execFile)(process.execPath, program);
  const { user, system } = process.cpuUsage(begun);
  const result = JSON.parse(stdout) as Load;
  if (result.failures > 0) throw new Error(`${result.failures} requests failed`);
  return { ...result, cpuUs: (user + system) / result.answered };
}

const put = await load('put');
report({ name: 'kv.put', value: put.rate, unit: 'puts/s', better: 'higher' });
report({ name: 'kv.put.p99', value: put.p99, unit: 'ms', better: 'lower' });
report({ name: 'kv.put.cpu', value: put.cpuUs, unit: 'us each', better: 'lower' });
// Readers find them all, however few the writers came to write.
await Promise.all(
  Array.from({ length: KEYS }, (_, i) =>
    world.operations.kv.write({ verb: 'set', key: `bench/${i}`, value: 'dg==', flags: '0' }),
  ),
);
const get = await load('get');
report({ name: 'kv.get', value: get.rate, unit: 'gets/s', better: 'higher' });
report({ name: 'kv.get.cpu', value: get.cpuUs, unit: 'us each', better: 'lower' });
await world.stop();
