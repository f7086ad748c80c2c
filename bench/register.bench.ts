/**
 * From a job's registration to its completed evaluation: one allocation, 5,000 nodes, the real
 * server role on the real log. And what 50 jobs of 1,000 take on the same way.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from '../src/base/brand.ts';
import { seeded } from '../src/base/random.ts';
import type { JobSpec } from '../src/core/model/job.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { Outcome } from '../src/core/state/outcome.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemDisk } from '../src/io/fs/disk.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../src/io/log/segment-log.ts';
import { Replica } from '../src/server/replica.ts';
import { Server } from '../src/server/server.ts';
import { group, jobSpec, nodeFacts } from '../test/state-world.ts';
import { percentile, report } from './harness.ts';

const NODES = 5_000;
const JOBS = 300;
const MANY_JOBS = 50;
const MANY_COUNT = 1_000;

const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'));
const replica = new Replica();
const log = await openSegmentLog<Entry, Outcome>(
  { dir, applied: 0 as Index },
  { disk: systemDisk, codec: entryCodec<Entry>(), apply: replica.apply },
);
const server = new Server(
  {},
  {
    log,
    replica,
    clock: systemClock,
    random: seeded('bench'),
    newId: randomUUID,
    note: () => undefined,
    servers: () => [],
  },
);
const stop = new AbortController();
const running = server.run(stop.signal);
const entries = Array.from({ length: NODES }, (_, i): Entry => ({
  type: 'node.register',
  at: systemClock.now(),
  node: nodeFacts(i + 1),
  seed: randomUUID(),
}));
await log.append(entries);

/** Resolves when the evaluation, and what follows from it, is done. */
function completed(job: JobSpec): Promise<void> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const evals = [...replica.state.evalsByJob(job.namespace, job.id)];
      return evals.length > 0 && evals.every(({ status }) => status !== 'pending');
    };
    const unsubscribe = replica.subscribe(() => {
      if (!look()) return;
      unsubscribe();
      resolve();
    });
  });
}

async function registered(job: JobSpec): Promise<number> {
  const began = performance.now();
  const done = completed(job);
  await server.operations.registerJob(job);
  await done;
  return performance.now() - began;
}

const samples: number[] = [];
for (let i = 0; i < JOBS; i++) {
  const ms = await registered(jobSpec(`one-${i}`, { groups: [group({ count: 1 })] }));
  // The first ones meet code that V8 has not compiled.
  if (i >= 20) samples.push(ms);
}
report({
  name: 'server.register.p50',
  value: percentile(samples, 0.5),
  unit: 'ms',
  better: 'lower',
});
report({
  name: 'server.register.p99',
  value: percentile(samples, 0.99),
  unit: 'ms',
  better: 'lower',
});

const began = performance.now();
await Promise.all(
  Array.from({ length: MANY_JOBS }, (_, i) =>
    registered(jobSpec(`many-${i}`, { groups: [group({ count: MANY_COUNT })] })),
  ),
);
const seconds = (performance.now() - began) / 1000;
const rate = (MANY_JOBS * MANY_COUNT) / seconds;
report({ name: 'server.place.service', value: rate, unit: 'allocations/s', better: 'higher' });

stop.abort();
await running;
await log.close();
rmSync(dir, { recursive: true, force: true });
