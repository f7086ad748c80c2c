/** A client with real processes, files and output, in this process. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Client } from '../../src/client/client.ts';
import type { AllocId } from '../../src/core/model/ids.ts';
import type { Task } from '../../src/core/model/task.ts';
import { systemClock } from '../../src/io/clock.ts';
import type { KeeperClient } from '../../src/io/keeper/client.ts';
import { SimServers } from '../../src/sim/server-link.ts';
import { assignmentOf, groupOf, jobOf, taskOf } from '../client-world.ts';
import { realClient } from './client-stand.ts';
import { makeStand, output, until, type Stand } from './keeper-stand.ts';

let stand: Stand;
let keeper: KeeperClient;
let client: Client;
let running: Promise<void>;
const servers = new SimServers(systemClock);
const stop = new AbortController();
const lines: string[] = [];

before(async () => {
  stand = await makeStand();
  keeper = stand.client();
  const deps = { keeper, servers, log: (line: string) => lines.push(line) };
  client = realClient(stand.dir, deps, { stopTasksAtEnd: true, meta: { rack: 'r1' } });
  running = client.run(stop.signal);
  await until('it registers', () => servers.nodes.size === 1);
});
after(async () => {
  stop.abort();
  await running;
  assert.ok(!existsSync(join(stand.dir, 'alloc', 'a-1')), 'its directories are removed');
  await stand.clear();
});

const sh = (script: string, more: Partial<Task> = {}): Task =>
  taskOf('t', { driver: 'raw_exec', config: { command: 'sh', args: ['-c', script] }, ...more });

async function launch(
  id: string,
  task: Task,
  type: 'service' | 'batch' = 'service',
): Promise<AllocId> {
  const nodeId = client.nodeId ?? assert.fail('no node');
  const ports = [{ label: 'http', value: 28_123, to: 0, hostIp: '127.0.0.1', dynamic: true }];
  servers.assign(assignmentOf(id, nodeId, jobOf(groupOf([task]), { type }), { ports }));
  const allocId = id as AllocId;
  const status = (): string => servers.told(allocId)?.clientStatus ?? 'nothing';
  await until(`${id} is under way`, () => !['nothing', 'pending'].includes(status()));
  return allocId;
}

const printedBy = (id: AllocId): string =>
  output(join(stand.dir, 'alloc', id, 'alloc/logs/t.stdout')).text;

const text = async (stream: AsyncIterable<{ readonly bytes: Uint8Array }>): Promise<string> => {
  let all = '';
  for await (const { bytes } of stream) all += Buffer.from(bytes).toString();
  return all;
};

test('output is kept, followed while it is written, and read from its end', async () => {
  const id = await launch(
    'a-1',
    sh('for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done; sleep 99'),
  );
  const query = { task: 't', type: 'stdout', offset: 0, origin: 'start' } as const;
  const followed = new AbortController();
  let seen = '';
  const following = (async () => {
    const logs = client.link.logs(id, { ...query, follow: true }, followed.signal);
    for await (const { bytes } of logs) seen += Buffer.from(bytes).toString();
  })();
  await until('five lines', () => seen === 'line 1\nline 2\nline 3\nline 4\nline 5\n');
  followed.abort();
  await following;
  const never = new AbortController().signal;
  assert.equal(await text(client.link.logs(id, { ...query, follow: false }, never)), seen);
  const tail = { ...query, follow: false, origin: 'end', offset: 7 } as const;
  assert.equal(await text(client.link.logs(id, tail, never)), 'line 5\n');
});

test('its environment, its directories, its node', async () => {
  const script = 'env > local/env; echo ${meta.rack} ${attr.kernel.name} $NOMAD_ADDR_http';
  const id = await launch(
    'b-2',
    sh(script, { env: { GREETING: 'hello ${NOMAD_TASK_NAME}' } }),
    'batch',
  );
  await until('it is done', () => servers.told(id)?.clientStatus === 'complete');
  const never = new AbortController().signal;
  const query = { task: 't', type: 'stdout', offset: 0, origin: 'start', follow: false } as const;
  assert.equal(await text(client.link.logs(id, query, never)), 'r1 linux 127.0.0.1:28123\n');
  let env = '';
  for await (const bytes of client.link.readFile(id, 't/local/env', { offset: 0 }, never)) {
    env += Buffer.from(bytes).toString();
  }
  assert.match(env, /^GREETING=hello t$/m);
  assert.match(env, /^NOMAD_ALLOC_ID=b-2$/m);
  assert.match(env, /^NOMAD_PORT_http=28123$/m);
  assert.match(env, /^NOMAD_TASK_DIR=.*\/alloc\/b-2\/t\/local$/m);
  const files = await client.link.listFiles(id, '/');
  assert.deepEqual(
    files.map((file) => file.name),
    ['alloc', 't'],
  );
});

test('measured, signalled, entered, restarted', async () => {
  const id = await launch(
    'c-3',
    sh('trap "echo hup" HUP; echo ready; while :; do sleep 0.05; done'),
  );
  const said = (word: string) => (): boolean => printedBy(id).includes(word);
  await until('it is ready', said('ready'));
  await client.link.signalAlloc(id, 't', 'SIGHUP');
  await until('it heard', said('hup'));
  const usage = await client.link.allocStats(id);
  assert.ok((usage.tasks['t']?.memory.rss ?? 0) > 100_000);
  const request = { command: ['sh', '-c', 'echo $NOMAD_TASK_NAME'], tty: false };
  const session = await client.link.exec(id, 't', request, new AbortController().signal);
  assert.equal(await text(session.output), 't\n');
  assert.equal(await session.exited, 0);
  await client.link.restartAlloc(id, 't');
  await until('it is back', () => servers.told(id)?.taskStates['t']?.restarts === 1);
  await until('it runs', () => servers.told(id)?.taskStates['t']?.state === 'running');
});

test('a command that is not there fails with a driver failure and no retry', async () => {
  const id = await launch('d-4', { ...sh(''), config: { command: 'no-such-command' } });
  await until('it failed', () => servers.told(id)?.clientStatus === 'failed');
  const events = servers.told(id)?.taskStates['t']?.events.map((event) => event.type);
  assert.deepEqual(events, ['Received', 'Task Setup', 'Driver Failure', 'Not Restarting']);
});

test('a task that ignores its signal is killed after its grace', async () => {
  const script = 'trap "" INT TERM; echo deaf; while :; do sleep 0.05; done';
  const id = await launch('e-5', sh(script, { killTimeoutMs: 300 }));
  await until('it does not listen', () => printedBy(id) === 'deaf\n');
  servers.stop(id);
  await until('it is over', () => servers.told(id)?.clientStatus === 'complete');
  const shown = servers.told(id)?.taskStates['t']?.events.map((event) => event.displayMessage);
  assert.deepEqual(shown?.slice(-3), [
    'Sent interrupt. Waiting 300ms before force killing',
    'Exit Code: 137, Signal: 9',
    'Task successfully killed',
  ]);
});
