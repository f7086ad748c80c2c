/**
 * From the servers' word to the servers' knowledge that everything runs: a client with a real keeper
 * and plain processes, its servers in memory.
 */
import { systemClock } from '../src/io/clock.ts';
import { SimServers } from '../src/sim/server-link.ts';
import { assignmentOf, groupOf, jobOf, taskOf } from '../test/client-world.ts';
import { realClient } from '../test/e2e/client-stand.ts';
import { makeStand, until } from '../test/e2e/keeper-stand.ts';
import { report } from './harness.ts';

/** Runs that many tasks once; answers how long it took until all were told as running [ms]. */
async function start(count: number): Promise<{ readonly ms: number; readonly stopMs: number }> {
  const stand = await makeStand();
  const keeper = stand.client();
  const servers = new SimServers(systemClock);
  const client = realClient(stand.dir, { keeper, servers }, { stopTasksAtEnd: true });
  const stop = new AbortController();
  const running = client.run(stop.signal);
  await until('it registers', () => servers.nodes.size === 1);
  const nodeId = client.nodeId;
  if (nodeId === undefined) throw new RangeError('the client has no node');
  const config = { command: 'sleep', args: ['1000'] };
  const job = jobOf(groupOf([taskOf('t', { driver: 'raw_exec', config })]));
  // The first start of all brings the keeper up, which happens once in a machine's life.
  servers.assign(assignmentOf('warm-up', nodeId, job));
  const told = (status: string): number => {
    const ids = new Set(servers.updates.filter((u) => u.clientStatus === status).map((u) => u.id));
    return ids.size;
  };
  await until('the keeper is up', () => told('running') === 1);
  const began = performance.now();
  for (let i = 0; i < count; i++) servers.assign(assignmentOf(`alloc-${i}`, nodeId, job));
  await until('all run', () => told('running') === count + 1, 60_000);
  const ms = performance.now() - began;
  const ending = performance.now();
  stop.abort();
  await running;
  const stopMs = performance.now() - ending;
  await stand.clear();
  return { ms, stopMs };
}

for (const count of [50, 250]) {
  const runs = [await start(count), await start(count), await start(count)];
  const median = (pick: (run: (typeof runs)[number]) => number): number =>
    runs.map(pick).sort((a, b) => a - b)[1] ?? 0;
  report({
    name: `client.raw_exec.running.${count}`,
    value: median((run) => run.ms),
    unit: 'ms',
    better: 'lower',
  });
  report({
    name: `client.raw_exec.stopped.${count}`,
    value: median((run) => run.stopMs),
    unit: 'ms',
    better: 'lower',
  });
}
