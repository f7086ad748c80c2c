/** New versions of a system job on a real agent: rolled out, reverted, tried by a canary. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentProcess, apiJob } from './agent-process.ts';

interface Rollout {
  readonly ID: string;
  readonly JobVersion: number;
  readonly Status: string;
  readonly StatusDescription: string;
  readonly TaskGroups: Readonly<Record<string, RolloutGroup>>;
}

interface RolloutGroup {
  readonly DesiredTotal: number;
  readonly DesiredCanaries: number;
  readonly HealthyAllocs: number;
}

const SECOND = 1_000_000_000;
/** For each step; the machine may be busy with other tests [ms]. */
const WAIT_MS = 180_000;

/** One instance a node; healthy once it ran for a second, never begun anew by its client. */
function daemon(script: string, update: object = {}): object {
  const task = {
    ...{ Name: 't', Driver: 'raw_exec', Resources: { CPU: 20, MemoryMB: 16 } },
    Config: { command: '/bin/sh', args: ['-c', script] },
  };
  const RestartPolicy = { Attempts: 0, Mode: 'fail', Interval: 60 * SECOND };
  return apiJob('daemon', '', {
    Type: 'system',
    TaskGroups: [{ Name: 'g', RestartPolicy, Tasks: [task] }],
    Update: {
      ...{ MaxParallel: 1, HealthCheck: 'task_states', MinHealthyTime: SECOND },
      ...{ HealthyDeadline: 120 * SECOND, ProgressDeadline: 240 * SECOND, ...update },
    },
  });
}

async function latest(agent: AgentProcess): Promise<Rollout> {
  return (await agent.get('/v1/job/daemon/deployment')) as Rollout;
}

async function ends(agent: AgentProcess, version: number, status: string): Promise<Rollout> {
  await agent.until(
    `the rollout of version ${version} is ${status}`,
    async () => {
      const { JobVersion, Status } = await latest(agent);
      return JobVersion === version && Status === status;
    },
    WAIT_MS,
  );
  return latest(agent);
}

test('a system job is rolled out, put back when it fails, and tried by a canary', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  const register = async (job: object): Promise<void> => {
    const answer = await agent.request('POST', '/v1/jobs', job);
    assert.equal(answer.status, 200, await answer.text());
  };
  await register(daemon('exec sleep 1000'));
  const first = await ends(agent, 0, 'successful');
  assert.equal(Object.values(first.TaskGroups)[0]?.DesiredTotal, 1);

  await register(daemon('exit 1', { AutoRevert: true, ProgressDeadline: 0 }));
  await ends(agent, 2, 'successful');
  const rollouts = (await agent.get('/v1/job/daemon/deployments')) as readonly Rollout[];
  const failed = rollouts.find(({ JobVersion }) => JobVersion === 1);
  assert.equal(failed?.Status, 'failed');
  assert.match(failed.StatusDescription, /rolling back to job version 0/);

  await register(daemon('exec sleep 2000', { Canary: 50 }));
  await agent.until(
    'the canary is healthy',
    async () => {
      const { JobVersion, TaskGroups } = await latest(agent);
      return JobVersion === 3 && Object.values(TaskGroups)[0]?.HealthyAllocs === 1;
    },
    WAIT_MS,
  );
  const { code, out } = await agent.run('deployment', 'promote', (await latest(agent)).ID);
  assert.equal(code, 0, out);
  const promoted = await ends(agent, 3, 'successful');
  assert.equal(Object.values(promoted.TaskGroups)[0]?.DesiredCanaries, 1);
  const job = (await agent.get('/v1/job/daemon')) as { readonly Stable: boolean };
  assert.equal(job.Stable, true);
});
