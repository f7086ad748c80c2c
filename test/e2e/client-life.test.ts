/** A client that is killed, again and again, while its tasks go on. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import type { AllocId, NodeId } from '../../src/core/model/ids.ts';
import { systemClock } from '../../src/io/clock.ts';
import { SimServers } from '../../src/sim/server-link.ts';
import type { ServerLink } from '../../src/ports/server-link.ts';
import { assignmentOf, groupOf, jobOf, taskOf } from '../client-world.ts';
import { isAlive } from '../processes.ts';
import { bundleTo, makeStand, output, until, type Stand } from './keeper-stand.ts';

let stand: Stand;
let child: ChildProcess | undefined;
const servers = new SimServers(systemClock);
const over = new AbortController();

before(async () => {
  stand = await makeStand();
  const entry = join(import.meta.dirname, 'client-main.ts');
  await bundleTo(entry, join(stand.dir, 'client.mjs'));
});
after(async () => {
  over.abort();
  child?.kill('SIGKILL');
  await stand.clear();
});

/** Starts the client's process; its calls are answered by the servers here. */
function start(): ChildProcess {
  const made = fork(join(stand.dir, 'client.mjs'), [stand.dir, JSON.stringify(stand.place)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    // What runs the tests is not what runs the client.
    execArgv: [],
  });
  // An answer to one who was killed meanwhile.
  made.on('error', () => undefined);
  type Call = { n: number; method: keyof ServerLink; args: unknown[] };
  made.on('message', ({ n, method, args }: Call) => {
    const ask = servers[method].bind(servers) as (...args: unknown[]) => Promise<unknown>;
    ask(...args, over.signal).then(
      (ok) => made.connected && made.send({ n, ok }),
      (error: unknown) => {
        const fault = error instanceof Failure ? error.fault : 'internal';
        if (made.connected) made.send({ n, fault, message: String(error) });
      },
    );
  });
  return made;
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  await new Promise((resolve) => process.once('exit', resolve));
}

function nodeId(): NodeId {
  const [id] = servers.nodes.keys();
  return id ?? assert.fail('no node is registered');
}

const script = 'echo $$; i=0; while :; do i=$((i+1)); echo $i; sleep 0.002; done';
const counting = (name: string): ReturnType<typeof taskOf> =>
  taskOf(name, { driver: 'raw_exec', config: { command: 'sh', args: ['-c', script] } });

test('killed ten times, the client finds its tasks again and no line is lost', async () => {
  child = start();
  await until('it registers', () => servers.nodes.size === 1);
  const ids = ['a-1', 'b-2', 'c-3'] as AllocId[];
  for (const id of ids) {
    servers.assign(assignmentOf(id, nodeId(), jobOf(groupOf([counting('count')]))));
  }
  const running = (): boolean => ids.every((id) => servers.told(id)?.clientStatus === 'running');
  await until('all run', running);
  const base = (id: AllocId): string => join(stand.dir, 'alloc', id, 'alloc/logs/count.stdout');
  await until('all write', () => ids.every((id) => output(base(id)).text.length > 10));
  const pids = ids.map((id) => Number(output(base(id)).text.split('\n')[0]));
  for (let round = 0; round < 10; round++) {
    const registrations = servers.registrations;
    child.kill('SIGKILL');
    await ended(child);
    assert.ok(pids.every(isAlive), `round ${round}: the tasks go on`);
    child = start();
    await until('it is back', () => servers.registrations > registrations);
  }
  assert.equal(servers.nodes.size, 1, 'it is the same node all the time');
  for (const id of ids) servers.stop(id);
  const complete = (): boolean => ids.every((id) => servers.told(id)?.clientStatus === 'complete');
  await until('all are stopped', complete);
  assert.ok(!pids.some(isAlive));
  for (const id of ids) {
    const task = servers.told(id)?.taskStates['count'];
    assert.equal(task?.restarts, 0, 'nothing was restarted');
    const lines = output(base(id)).text.trimEnd().split('\n').slice(1);
    assert.ok(lines.length > 100);
    lines.forEach((line, i) => assert.equal(line, String(i + 1), 'no line is lost or doubled'));
  }
});

test('what ended while the client was away is told by the next one', async () => {
  const id = 'd-4' as AllocId;
  const go = join(stand.dir, 'go');
  const waiting = `echo $$; while [ ! -e ${go} ]; do sleep 0.05; done; exit 7`;
  const config = { command: 'sh', args: ['-c', waiting] };
  const task = taskOf('t', { driver: 'raw_exec', config });
  const restart = { ...task.restart, attempts: 0 };
  const job = jobOf(groupOf([{ ...task, restart }]), { type: 'batch' });
  servers.assign(assignmentOf(id, nodeId(), job));
  await until('it runs', () => servers.told(id)?.clientStatus === 'running');
  const base = join(stand.dir, 'alloc', id, 'alloc/logs/t.stdout');
  await until('it writes', () => output(base).text.endsWith('\n'));
  assert.ok(child !== undefined);
  child.kill('SIGKILL');
  await ended(child);
  writeFileSync(go, '');
  await until('it is over', () => !isAlive(Number(output(base).text)));
  child = start();
  await until('its end is told', () => servers.told(id)?.clientStatus === 'failed');
  const events = servers.told(id)?.taskStates['t']?.events ?? [];
  assert.ok(events.some((event) => event.displayMessage === 'Exit Code: 7'));
});

test('SIGTERM ends the client and leaves its tasks', async () => {
  const id = 'e-5' as AllocId;
  servers.assign(assignmentOf(id, nodeId(), jobOf(groupOf([counting('count')]))));
  await until('it runs', () => servers.told(id)?.clientStatus === 'running');
  const base = join(stand.dir, 'alloc', id, 'alloc/logs/count.stdout');
  await until('it writes', () => output(base).text.length > 10);
  const pid = Number(output(base).text.split('\n')[0]);
  assert.ok(child !== undefined);
  child.kill('SIGTERM');
  await ended(child);
  assert.equal(child.exitCode, 0);
  assert.ok(isAlive(pid));
  child = start();
  servers.stop(id);
  await until('it is stopped', () => servers.told(id)?.clientStatus === 'complete');
  assert.ok(!isAlive(pid));
});
