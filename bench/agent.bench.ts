/**
 * A whole agent: from `run` of many plain processes until all run, and what it holds at rest.
 * Memory is the proportional set size of the agent and its keeper.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { AgentProcess, apiJob, pidsHolding } from '../test/e2e/agent-process.ts';
import { report } from './harness.ts';
import { pssMb } from './processes.ts';

const SETTLE_MS = 5_000;

for (const count of [50, 250, 1000]) {
  await using agent = await AgentProcess.make('log_level = "warn"');
  await agent.start();
  if (count === 50) {
    await delay(SETTLE_MS);
    report({ name: 'agent.rest.pss', value: agentPssMb(agent), unit: 'MB', better: 'lower' });
  }
  const job = apiJob('many', 'exec sleep 1000', {});
  const [group] = (job as { Job: { TaskGroups: Record<string, unknown>[] } }).Job.TaskGroups;
  Object.assign(group ?? {}, { Count: count, EphemeralDisk: { SizeMB: 10 } });
  for (const task of (group?.['Tasks'] ?? []) as Record<string, unknown>[]) {
    task['Resources'] = { CPU: 2, MemoryMB: 10 };
    task['LogConfig'] = { MaxFiles: 1, MaxFileSizeMB: 1 };
    task['Config'] = { command: 'sleep', args: ['1000'] };
  }
  const began = performance.now();
  const answer = await agent.request('PUT', '/v1/jobs', job);
  if (!answer.ok) throw new Error(await answer.text());
  await agent.until(`${count} run`, async () => {
    const summary = (await agent.get('/v1/job/many/summary')) as {
      Summary: { g: { Running: number } };
    };
    return summary.Summary.g.Running === count;
  });
  const value = performance.now() - began;
  report({ name: `agent.run.${count}`, value, unit: 'ms', better: 'lower' });
  await agent.request('DELETE', '/v1/job/many?purge=true');
  await agent.until('all ended', () => Promise.resolve(pidsHolding(agent.dataDir).length <= 2));
}

function agentPssMb(agent: AgentProcess): number {
  const pids = [agent.pid, ...pidsHolding(agent.dataDir)];
  return [...new Set(pids)].reduce((sum, pid) => sum + pssMb(pid), 0);
}
