/** The agent as an operator meets it: started, killed, stopped, reloaded, misconfigured. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess, apiJob, pidsHolding } from './agent-process.ts';

const COUNTING = 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.002; done';

interface AllocStub {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<Record<string, { readonly Restarts: number }>>;
}

async function allocsOf(agent: AgentProcess, job: string): Promise<readonly AllocStub[]> {
  return (await agent.get(`/v1/job/${job}/allocations`)) as readonly AllocStub[];
}

async function running(agent: AgentProcess, job: string): Promise<AllocStub> {
  await agent.until(`${job} runs`, async () =>
    (await allocsOf(agent, job)).some((alloc) => alloc.ClientStatus === 'running'),
  );
  const found = (await allocsOf(agent, job)).find((alloc) => alloc.ClientStatus === 'running');
  assert.ok(found !== undefined);
  return found;
}

/** What the task wrote, from its rotated files. */
function linesOf(agent: AgentProcess, alloc: string): string[] {
  const logs = join(agent.dataDir, 'alloc', alloc, 'alloc', 'logs');
  return readdirSync(logs)
    .filter((name) => name.startsWith('t.stdout.'))
    .sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]))
    .map((name) => readFileSync(join(logs, name), 'utf8'))
    .join('')
    .split('\n')
    .slice(0, -1);
}

test('a killed agent comes back to the same tasks, and no line of theirs is lost', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  assert.equal((await agent.request('PUT', '/v1/jobs', apiJob('count', COUNTING))).status, 200);
  const before = await running(agent, 'count');
  for (let i = 0; i < 3; i++) {
    await agent.end('SIGKILL');
    const written = linesOf(agent, before.ID).length;
    await agent.start();
    await agent.until('it goes on writing', () =>
      Promise.resolve(linesOf(agent, before.ID).length > written + 50),
    );
  }
  const after = await running(agent, 'count');
  assert.equal(after.ID, before.ID);
  assert.equal(after.TaskStates['t']?.Restarts, 0);
  linesOf(agent, before.ID).forEach((line, i) => {
    assert.equal(line, `line ${i + 1}`);
  });
});

test('SIGTERM leaves the tasks with their keeper; a job stopped later ends them', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  await agent.request('PUT', '/v1/jobs', apiJob('count', COUNTING));
  const alloc = await running(agent, 'count');
  assert.equal(await agent.end('SIGTERM'), 0);
  const written = linesOf(agent, alloc.ID).length;
  await agent.until('it writes without an agent', () =>
    Promise.resolve(linesOf(agent, alloc.ID).length > written + 50),
  );
  await agent.start();
  await agent.request('DELETE', '/v1/job/count');
  await agent.until('it has ended', async () =>
    (await allocsOf(agent, 'count')).every(({ ClientStatus }) => ClientStatus === 'complete'),
  );
});

test('-dev ends its tasks and its keeper, and removes its directory', async () => {
  await using agent = await AgentProcess.make();
  await agent.start('-dev');
  await agent.request('PUT', '/v1/jobs', apiJob('count', COUNTING));
  await running(agent, 'count');
  assert.ok(pidsHolding(agent.dataDir).length > 0);
  assert.equal(await agent.end('SIGTERM'), 0);
  await agent.until('nothing of it runs', () =>
    Promise.resolve(pidsHolding(agent.dataDir).length === 0),
  );
});

test('jobs, allocations and indexes survive a restart', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  await agent.request('PUT', '/v1/jobs', apiJob('once', 'echo done', { Type: 'batch' }));
  await agent.until('it is complete', async () =>
    (await allocsOf(agent, 'once')).some(({ ClientStatus }) => ClientStatus === 'complete'),
  );
  const job = (await agent.get('/v1/job/once')) as { JobModifyIndex: number };
  await agent.end('SIGKILL');
  await agent.start();
  const again = (await agent.get('/v1/job/once')) as { JobModifyIndex: number };
  assert.equal(again.JobModifyIndex, job.JobModifyIndex);
  const allocs = await allocsOf(agent, 'once');
  assert.deepEqual([allocs.length, allocs[0]?.ClientStatus], [1, 'complete']);
});

const mistakes: [settings: string, says: RegExp][] = [
  ['regoin = "x"', /agent\.hcl:\d+,\d+-\d+: .*"regoin"[\s\S]*"region"/],
  ['bind_addr = "10.0.0.1"', /bind_addr listens beyond loopback/],
  ['log_level = "loud"', /log_level "loud"/],
];
for (const [settings, says] of mistakes) {
  test(`${settings} is told, nothing is started`, async () => {
    await using agent = await AgentProcess.make(settings);
    agent.launch();
    assert.equal(await agent.ended(), 1);
    assert.match(agent.output, says);
    assert.equal(existsSync(agent.dataDir), false);
  });
}

test('a second agent on the same data or port is refused with the reason', async () => {
  await using first = await AgentProcess.make();
  await first.start();
  await using data = await AgentProcess.make('', first.dataDir);
  data.launch();
  assert.equal(await data.ended(), 1);
  assert.match(data.output, /held|in use|another/i);
  await using port = await AgentProcess.make(`ports { http = ${first.port} }`);
  port.launch();
  assert.equal(await port.ended(), 1);
  assert.match(port.output, new RegExp(`127\\.0\\.0\\.1:${first.port}`));
  assert.equal((await first.request('GET', '/v1/status/leader')).status, 200);
});

test('SIGHUP reads the configuration again: the log level changes, a mistake changes nothing', async () => {
  await using agent = await AgentProcess.make('log_level = "warn"');
  await agent.start();
  agent.configure('log_level = "debug"');
  agent.signal('SIGHUP');
  await agent.until('it says so', () => Promise.resolve(agent.output.includes('reloaded')));
  agent.configure('log_level = 3 +');
  agent.signal('SIGHUP');
  await agent.until('it refuses', () =>
    Promise.resolve(/not reloaded[\s\S]*agent\.hcl:/.test(agent.output)),
  );
  assert.equal((await agent.request('GET', '/v1/status/leader')).status, 200);
});

test('a data directory belongs to one agent at a time, and to the next as soon as that has ended', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  await using second = await AgentProcess.make('', agent.dataDir);
  second.launch();
  assert.equal(await second.ended(), 1);
  assert.match(second.output, /is in use by another agent \(process \d+\)/);
  await agent.end('SIGKILL');
  await second.start();
});
