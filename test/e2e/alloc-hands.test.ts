/** What people do with a running allocation: its files, its output over restarts, a terminal in it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { AgentProcess, apiJob } from './agent-process.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');

let agent: AgentProcess;

before(async () => {
  agent = await AgentProcess.make();
  await agent.start();
});

after(() => agent[Symbol.asyncDispose]());

async function runJob(id: string, script: string, over: object = {}): Promise<string> {
  const response = await agent.request('PUT', '/v1/jobs', apiJob(id, script, over));
  assert.equal(response.status, 200, await response.text());
  let alloc = '';
  await agent.until(`${id} has begun`, async () => {
    const stubs = (await agent.get(`/v1/job/${id}/allocations`)) as {
      ID: string;
      ClientStatus: string;
    }[];
    alloc = stubs[0]?.ID ?? '';
    return stubs[0] !== undefined && stubs[0].ClientStatus !== 'pending';
  });
  return alloc;
}

async function printed(...args: string[]): Promise<string> {
  const { code, out } = await agent.run(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}`);
  return out;
}

test('files are listed, told of, and read from where one wants', async () => {
  const alloc = await runJob('files', 'seq 1 100 > $NOMAD_ALLOC_DIR/data/n; exec sleep 1000');
  const path = 'alloc/data/n';
  await agent.until('it is written', async () => {
    return (await agent.run('alloc', 'fs', alloc, path)).out.endsWith('100\n');
  });
  assert.match(await printed('alloc', 'fs', alloc, 'alloc/data'), /^Mode .*\n-rw.* 292 B .* n$/m);
  assert.match(await printed('alloc', 'fs', '-H', alloc, 'alloc/data'), / 292 {2,}/);
  assert.match(await printed('alloc', 'fs', '-stat', alloc, path), /text\/plain/);
  assert.equal(await printed('alloc', 'fs', '-tail', '-n', '2', alloc, path), '99\n100\n');
  assert.equal(await printed('alloc', 'fs', '-tail', '-c', '6', alloc, path), '9\n100\n');
  // More than there is: all of it.
  const all = await printed('alloc', 'fs', '-tail', '-n', '1000', alloc, path);
  assert.equal(all.split('\n').length, 101);
  const missing = await agent.run('alloc', 'fs', alloc, 'nope');
  assert.deepEqual([missing.code, missing.out], [1, 'no such file: "nope"\n']);
});

test('a file and the output of a task are followed, over restarts', async () => {
  const script = 'echo run; echo x >> $NOMAD_ALLOC_DIR/data/log; sleep 1; exit 1';
  const restart = { Attempts: 100, Interval: 3_600e9, Delay: 1e9, Mode: 'delay' };
  const job = apiJob('again', script) as { Job: { TaskGroups: object[] } };
  const groups = job.Job.TaskGroups.map((group) => ({ ...group, RestartPolicy: restart }));
  const alloc = await runJob('again', script, { TaskGroups: groups });
  await Promise.all([
    seen(['logs', '-f', alloc], 'run\nrun\nrun\n'),
    seen(['alloc', 'fs', '-f', alloc, 'alloc/data/log'], 'x\nx\nx\n'),
  ]);
});

/** Runs a command that does not end until it has printed so much. */
async function seen(args: readonly string[], wanted: string): Promise<void> {
  const env = { ...process.env, MUSTER_ADDR: `http://127.0.0.1:${agent.port}` };
  const child = spawn(PROGRAM, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  await agent.until(`"${args.join(' ')}" prints`, () => Promise.resolve(out.startsWith(wanted)));
  child.kill('SIGINT');
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 130);
}

test('a terminal has the size that it is given first, and each later one', async () => {
  const alloc = await runJob('shell', 'exec sleep 1000');
  const command = encodeURIComponent(JSON.stringify(['/bin/sh']));
  const query = `task=t&tty=true&command=${command}`;
  const url = `ws://127.0.0.1:${agent.port}/v1/client/allocation/${alloc}/exec?${query}`;
  const socket = new WebSocket(url);
  let out = '';
  let exitCode: number | undefined;
  socket.on('message', (message: Buffer) => {
    const frame = JSON.parse(message.toString()) as {
      stdout?: { data?: string };
      exited?: boolean;
      result?: { exit_code?: number };
    };
    out += Buffer.from(frame.stdout?.data ?? '', 'base64').toString();
    if (frame.exited === true) exitCode = frame.result?.exit_code ?? 0;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const type = (text: string): void => {
    socket.send(JSON.stringify({ stdin: { data: Buffer.from(text).toString('base64') } }));
  };
  const says = (text: string): Promise<void> =>
    agent.until(`the terminal says ${text}`, () => Promise.resolve(out.includes(text)));
  socket.send(JSON.stringify({ tty_size: { height: 31, width: 101 } }));
  type('stty size; tty\n');
  await says('31 101\r\n');
  await says('/dev/pts/');
  socket.send(JSON.stringify({ tty_size: { height: 52, width: 133 } }));
  type('stty size\n');
  await says('52 133\r\n');
  type('exit 5\n');
  await agent.until('it has ended', () => Promise.resolve(exitCode !== undefined));
  assert.equal(exitCode, 5);
});

test('a batch group ends when it has run for as long as it may', async () => {
  const job = apiJob('bounded', 'exec sleep 1000') as { Job: { TaskGroups: object[] } };
  const groups = job.Job.TaskGroups.map((group) => ({ ...group, MaxRunDuration: 1e9 }));
  const alloc = await runJob('bounded', '', { Type: 'batch', TaskGroups: groups });
  const read = async (): Promise<{ ClientStatus: string; ClientDescription: string }> =>
    (await agent.get(`/v1/allocation/${alloc}`)) as never;
  await agent.until('it is over', async () => (await read()).ClientStatus === 'complete');
  assert.equal((await read()).ClientDescription, 'allocation exceeded max_run_duration');
});

test('who is in a hurry waits out no shutdown delay', async () => {
  const job = apiJob('slow', 'exec sleep 1000') as { Job: { TaskGroups: object[] } };
  const groups = job.Job.TaskGroups.map((group) => ({ ...group, ShutdownDelay: 600e9 }));
  const alloc = await runJob('slow', '', { TaskGroups: groups });
  await printed('alloc', 'stop', '-detach', '-no-shutdown-delay', alloc);
  const ended = async (): Promise<boolean> => {
    const stubs = (await agent.get('/v1/job/slow/allocations')) as { ClientStatus: string }[];
    return stubs.filter(({ ClientStatus }) => ClientStatus === 'complete').length === 1;
  };
  await agent.until('it has ended', ended);
  await agent.until('another runs', async () => {
    const stubs = (await agent.get('/v1/job/slow/allocations')) as { ClientStatus: string }[];
    return stubs.some(({ ClientStatus }) => ClientStatus === 'running');
  });
  await printed('stop', '-detach', '-no-shutdown-delay', '-eval-priority', '90', 'slow');
  await agent.until('both have ended', async () => {
    const stubs = (await agent.get('/v1/job/slow/allocations')) as { ClientStatus: string }[];
    return stubs.every(({ ClientStatus }) => ClientStatus === 'complete');
  });
});
