/** Evictions and order, on a real agent: what goes is gone before what it makes room for begins. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../free-port.ts';
import { AgentProcess, apiJob } from './agent-process.ts';

interface Stub {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly TaskStates: Readonly<
    Record<string, { readonly Events: readonly { DisplayMessage: string }[] }>
  > | null;
}

const SETTINGS = `
  server {
    default_scheduler_config {
      preemption_config { service_scheduler_enabled = true }
    }
  }`;

async function stubOf(agent: AgentProcess, id: string): Promise<Stub | undefined> {
  const stubs = (await agent.get(`/v1/job/${id}/allocations`)) as readonly Stub[];
  return stubs[0];
}

/** Holds the port from its start, and for some seconds after it was asked to end. */
function holder(id: string, port: number, priority: number): object {
  const server = `require("net").createServer().listen(${port}, "127.0.0.1")`;
  const script = `process.on("SIGINT", () => setTimeout(process.exit, 3000)); ${server}`;
  const task = {
    ...{ Name: 't', Driver: 'raw_exec', KillTimeout: 20_000_000_000 },
    Config: { command: process.execPath, args: ['-e', script] },
    Resources: { CPU: 20, MemoryMB: 16 },
  };
  const Networks = [{ ReservedPorts: [{ Label: 'p', Value: port }] }];
  const RestartPolicy = { Attempts: 0, Mode: 'fail', Interval: 60_000_000_000 };
  const TaskGroups = [{ Name: 'g', Count: 1, Networks, RestartPolicy, Tasks: [task] }];
  return apiJob(id, '', { Priority: priority, TaskGroups });
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}

test('an evicted task gives its port back before the other one asks for it', async () => {
  await using agent = await AgentProcess.make(SETTINGS);
  await agent.start();
  const port = await freePort();
  const runs = (id: string) => async (): Promise<boolean> =>
    (await stubOf(agent, id))?.ClientStatus === 'running';
  await agent.request('POST', '/v1/jobs', holder('low', port, 10));
  await agent.until('the less important one runs', runs('low'));
  await agent.until('it holds the port', () => isOpen(port));
  const low = await stubOf(agent, 'low');
  await agent.request('POST', '/v1/jobs', holder('high', port, 90));
  await agent.until('the more important one runs', runs('high'));
  const evicted = (await agent.get(`/v1/allocation/${low?.ID ?? ''}`)) as Stub;
  assert.equal(evicted.DesiredStatus, 'evict');
  const messages = async (): Promise<string> => {
    const events = (await stubOf(agent, 'high'))?.TaskStates?.['t']?.Events ?? [];
    return events.map(({ DisplayMessage }) => DisplayMessage).join('\n');
  };
  assert.match(await messages(), new RegExp(`Waiting for "${evicted.ID}" to end`));
  await agent.until('it holds the port in its turn', () => isOpen(port));
  assert.doesNotMatch(await messages(), /Terminated|Exit Code/);
});

test('a circle is refused, and who waits says for whom', async () => {
  await using agent = await AgentProcess.startServer();
  const batch = (id: string, After: readonly string[]): Promise<Response> =>
    agent.request('POST', '/v1/jobs', apiJob(id, 'true', { Type: 'batch', After }));
  assert.equal((await batch('load', ['extract'])).status, 200);
  const refused = await batch('extract', ['load']);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /in a circle: "extract" after "load" after "extract"/);
  const says = 'It waits for job "extract" (not registered) to end well';
  for (const command of [['job', 'status'], ['why']]) {
    await agent.until(`${command.join(' ')} says so`, async () => {
      const { out } = await agent.run(...command, 'load');
      return out.includes(says);
    });
  }
});
