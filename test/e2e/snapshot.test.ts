/** `muster snapshot` against a real agent. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess } from './agent-process.ts';

test('a state is saved, looked into and put back', async () => {
  await using agent = await AgentProcess.startServer('log_level = "warn"');
  const file = join(agent.dir, 'backup.snap');
  await agent.run('kv', 'put', 'app/a', 'one');
  const saved = await agent.run('snapshot', 'save', file);
  assert.match(saved.out, /^Saved and verified snapshot to index \d+\n$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const inspected = await agent.run('snapshot', 'inspect', '-kvdetails', file);
  assert.match(inspected.out, /^ kv +1 +\d+B$/m);
  assert.match(inspected.out, /^ app\/a +1 +\d+B$/m);
  await agent.run('kv', 'put', 'app/a', 'two');
  await agent.run('kv', 'put', 'app/b', 'new');
  const restored = await agent.run('snapshot', 'restore', file);
  assert.deepEqual(restored, { code: 0, out: 'Restored snapshot\n' });
  assert.equal((await agent.run('kv', 'get', '-recurse')).out, 'app/a:one\n');
  // Nomad's spelling finds the agent as Nomad's commands do.
  const save = ['operator', 'snapshot', 'save'];
  const again = await agent.run(...save, file);
  assert.match(again.out, /^Saved and verified snapshot to index \d+\n$/);
  assert.equal((await agent.run(...save, '-address=http://127.0.0.1:1', file)).code, 1);
});

test('a job that was stopped since runs again', async () => {
  await using agent = await AgentProcess.startServer(
    'log_level = "warn"\nclient {\n enabled = true\n options = { "driver.raw_exec.enable" = "1" }\n}',
  );
  const file = join(agent.dir, 'running.snap');
  const job = join(agent.dir, 'sleeper.nomad.hcl');
  const task = 'driver = "raw_exec"\n config {\n command = "sleep"\n args = ["3600"]\n }';
  writeFileSync(job, `job "sleeper" {\n group "g" {\n task "t" {\n ${task}\n }\n }\n}`);
  const runs = async (): Promise<boolean> => {
    const allocs = (await agent.get('/v1/job/sleeper/allocations')) as {
      readonly ID: string;
      readonly ClientStatus: string;
    }[];
    const running = allocs.filter(({ ClientStatus }) => ClientStatus === 'running');
    const real = await Promise.all(
      running.map(async ({ ID }) => (await agent.run('alloc', 'exec', ID, 'true')).code === 0),
    );
    return real.includes(true);
  };
  assert.equal((await agent.run('run', job)).code, 0);
  assert.equal(await runs(), true);
  await agent.run('snapshot', 'save', file);
  assert.equal((await agent.run('stop', 'sleeper')).code, 0);
  assert.equal(await runs(), false);
  assert.equal((await agent.run('snapshot', 'restore', file)).code, 0);
  await agent.until('it runs again', runs);
});
