/**
 * Starting `raw_exec` tasks as a client does: from the first request until the last of them runs,
 * and the memory that each takes beside its own, in the keeper and in the agent's process.
 */
import { readFileSync } from 'node:fs';
import { measure, report } from '../../../bench/harness.ts';
import { specFor } from '../../../test/contract/driver.ts';
import { forever, makeStand } from '../../../test/e2e/keeper-stand.ts';
import type { TaskHandle } from '../../ports/driver.ts';
import { findHierarchies } from '../cgroup/hierarchy.ts';
import { TaskCgroups } from '../cgroup/task-cgroups.ts';
import { systemClock } from '../clock.ts';
import { RawExecDriver } from '../drivers/raw-exec/driver.ts';
import { openSession } from './session.ts';

const stand = await makeStand();
const keeper = stand.client();
const cgroups = new TaskCgroups(findHierarchies());
const driver = new RawExecDriver({ enabled: true }, { keeper, cgroups, clock: systemClock });
await keeper.list(forever);
const session = await openSession(stand.place.socketPath);
const hello = await session?.call<'hello'>({ do: 'hello', protocol: 1, version: 'bench' });
session?.close();
const keeperPid = hello?.pid ?? 0;

function pssOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) * 1_024;
}

async function start(count: number): Promise<TaskHandle[]> {
  const specs = Array.from({ length: count }, () =>
    specFor(stand.dir, 'bench', { config: { command: '/bin/sleep', args: ['600'] } }),
  );
  return await Promise.all(specs.map((spec) => driver.start(spec, forever)));
}

async function stop(handles: readonly TaskHandle[]): Promise<void> {
  await Promise.all(handles.map((handle) => driver.stop(handle, 'SIGKILL', 0)));
  await Promise.all(handles.map((handle) => driver.destroy(handle)));
}

async function startingMs(count: number): Promise<number> {
  const startedAt = performance.now();
  const handles = await start(count);
  const took = performance.now() - startedAt;
  await stop(handles);
  return took;
}

report({ name: 'keeper.rest.pss', value: pssOf(keeperPid), unit: 'bytes', better: 'lower' });
for (const count of [50, 250]) {
  const { median } = await measure(() => startingMs(count), { runs: 3 });
  report({ name: `keeper.start.${count}`, value: median, unit: 'ms', better: 'lower' });
}
const before = pssOf(keeperPid) + process.memoryUsage().heapUsed;
const handles = await start(500);
const after = pssOf(keeperPid) + process.memoryUsage().heapUsed;
const perTask = Math.max(after - before, 0) / handles.length;
report({ name: 'keeper.memory.task', value: perTask, unit: 'bytes/task', better: 'lower' });
await stop(handles);
await stand.clear();
