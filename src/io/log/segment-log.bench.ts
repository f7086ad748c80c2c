/**
 * Durable entries a second at 1, 64 and 1,024 writers, and the restart with 1,000,000 small
 * entries.
 *
 * BENCH_DIR chooses the disk. The device's own bound, one fdatasync of 4 KiB after the other, is
 * reported beside, since it is what one writer can have at most.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure, percentile, report, timed } from '../../../bench/harness.ts';
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

const RUN_MS = 1500;
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

/** Syncs a second of 4 KiB that are laid out already. */
async function deviceSyncs(path: string): Promise<number> {
  const file = await systemDisk.open(path, 'write');
  const startedAt = performance.now();
  let count = 0;
  for (; performance.now() - startedAt < RUN_MS; count++) {
    await file.write((count % 256) * 4096, [new Uint8Array(4096)]);
    await file.sync();
  }
  await file.close();
  return (count * 1000) / RUN_MS;
}

/**
 * Entries a second of this many writers, each waiting for its own; latencies go into `into` [ms].
 */
async function appends(
  log: SegmentLog<Put, number>,
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
  return (count * 1000) / (performance.now() - startedAt);
}

/** Time to open a log of single entries and apply each of them [ms]. */
async function restarts(dir: string): Promise<number> {
  const log = await open(dir, (index) => index);
  for (let i = 0; i < RESTART_ENTRIES;) {
    const waiting: Promise<unknown>[] = [];
    for (let j = 0; j < 1000; j++) waiting.push(log.append([put(i++)]));
    await Promise.all(waiting);
  }
  await log.close();
  const { median } = await measure(
    async () => {
      let again: SegmentLog<Put, number> | undefined;
      const ms = await timed(async () => (again = await open(dir, (index) => index)));
      await again?.close();
      return ms;
    },
    { runs: 3 },
  );
  return median;
}

const dir = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'muster-bench-'));
try {
  const device = await systemDisk.open(join(dir, 'device'), 'create');
  await device.write(0, [new Uint8Array(1 << 20)]);
  await device.close();
  const syncs = await measure(() => deviceSyncs(join(dir, 'device')), { runs: 3 });
  report({ name: 'log.device.syncs', value: syncs.median, unit: 'fdatasync/s', better: 'higher' });
  for (const writers of [1, 64, 1024]) {
    const log = await open(join(dir, `w${writers}`), (index) => index);
    const latencies: number[] = [];
    const rate = await measure(() => appends(log, writers, latencies), { runs: 3 });
    await log.close();
    const name = `log.append.${writers}-writers`;
    report({ name, value: rate.median, unit: 'durable entries/s', better: 'higher' });
    for (const q of [50, 99]) {
      const value = percentile(latencies, q / 100);
      report({ name: `${name}.p${q}`, value, unit: 'ms', better: 'lower' });
    }
  }
  const ms = await restarts(join(dir, 'restart'));
  report({ name: 'log.restart.1m-entries', value: ms, unit: 'ms', better: 'lower' });
} finally {
  await rm(dir, { recursive: true });
}
