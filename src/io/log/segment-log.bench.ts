/**
 * Durable entries a second at 1, 64 and 1,024 writers, and the restart with 1,000,000 small entries.
 *
 * Run: `node --import tsx src/io/log/segment-log.bench.ts`; BENCH_DIR chooses the disk. The device's
 * own bound, one fdatasync of 4 KiB after the other, is printed beside, since it is what one writer
 * can have at most.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from '../../base/brand.ts';
import { systemDisk } from '../fs/disk.ts';
import { entryCodec } from './entry-codec.ts';
import { openSegmentLog } from './segment-log.ts';
import type { SegmentLog } from './segment-log.ts';

type Put = Readonly<{
  type: 'kv.put';
  at: number;
  namespace: string;
  key: string;
  value: string;
  flags: number;
}>;

const SECONDS = 3;
const RESTART_ENTRIES = 1_000_000;

function put(i: number): Put {
  const key = `app/config/${i}`;
  return { type: 'kv.put', at: 1_732e9 + i, namespace: 'default', key, value: `v${i}`, flags: 0 };
}

function open(
  dir: string,
  apply: (index: Index, entry: Put) => number,
): Promise<SegmentLog<Put, number>> {
  return openSegmentLog(
    { dir, applied: 0 as Index },
    { disk: systemDisk, codec: entryCodec<Put>(), apply },
  );
}

async function deviceSyncs(dir: string): Promise<number> {
  const file = await systemDisk.open(join(dir, 'device'), 'create');
  await file.write(0, [new Uint8Array(1 << 20)]);
  await file.sync();
  const startedAt = performance.now();
  let count = 0;
  for (; performance.now() - startedAt < 1000; count++) {
    await file.write((count % 256) * 4096, [new Uint8Array(4096)]);
    await file.sync();
  }
  await file.close();
  return count;
}

async function appends(dir: string, writers: number): Promise<void> {
  const log = await open(join(dir, `w${writers}`), (index) => index);
  const latencies: number[] = [];
  let i = 0;
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const writer = async (): Promise<void> => {
    while (performance.now() - startedAt < SECONDS * 1000) {
      const begun = performance.now();
      await log.append([put(i++)]);
      latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  const at = (q: number): string => (latencies[Math.floor(latencies.length * q)] ?? 0).toFixed(2);
  const rate = Math.round(log.lastIndex / seconds);
  const cpuUs = ((cpu.user + cpu.system) / log.lastIndex).toFixed(1);
  console.log(
    `writers ${writers}: ${rate} durable entries/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, CPU ${cpuUs} us each`,
  );
  await log.close();
}

async function restart(dir: string, perAppend: number): Promise<void> {
  const path = join(dir, `restart${perAppend}`);
  const log = await open(path, (index) => index);
  for (let i = 0; i < RESTART_ENTRIES;) {
    const waiting: Promise<unknown>[] = [];
    for (let j = 0; j < 1000; j++) {
      waiting.push(log.append(Array.from({ length: perAppend }, () => put(i++))));
    }
    await Promise.all(waiting);
  }
  await log.close();
  let seen = 0;
  const startedAt = performance.now();
  const again = await open(path, () => (seen += 1));
  const ms = Math.round(performance.now() - startedAt);
  console.log(`restart: ${seen} entries, ${perAppend} to an append, in ${ms} ms`);
  await again.close();
}

const dir = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'muster-bench-'));
try {
  console.log(`device: ${await deviceSyncs(dir)} fdatasync/s, one after the other`);
  for (const writers of [1, 64, 1024]) await appends(dir, writers);
  for (const perAppend of [1, 100]) await restart(dir, perAppend);
} finally {
  await rm(dir, { recursive: true });
}
