/**
 * What 20,000 parked queries cost the agent that holds them, each on a connection of its own: its
 * memory, its processor time while other things change, and how soon all are answered once what
 * they wait for changes. The callers are another process.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { AgentProcess } from '../test/e2e/agent-process.ts';
import { report } from './harness.ts';
import { cpuMs, openFilesMax } from './processes.ts';

/** Fewer where the system allows fewer open files; memory is then told as if they were so many. */
const WANTED = 20_000;
/** Files that a process has open besides. */
const OTHER_FILES = 500;
const PARKED = Math.min(WANTED, openFilesMax() - OTHER_FILES);
/** Connections that are being opened at once. */
const OPENING = 200;
/** Changes of something else while all wait, and in how long [ms]. */
const CHANGES = 500;
const CHANGES_MS = 5_000;

if (process.send === undefined) await holder();
else await callers(Number(process.argv[2]));

async function holder(): Promise<void> {
  await using agent = await AgentProcess.startServer('log_level = "warn"');
  await put(agent, 'awaited', '0');
  const before = rssMb(agent.pid);
  const port = agent.discoveryPort;
  const child = fork(import.meta.filename, [String(port)], { execArgv: ['--import', 'tsx'] });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error('the callers failed');
  });
  await once(child, 'message');
  await agent.until('all are parked', async () => (await parkedBy(agent)) >= PARKED);
  // What was needed to accept them is given back by and by.
  await pause(3_000);
  const each = (rssMb(agent.pid) - before) / PARKED;
  report({ name: 'parked.memory', value: before + each * WANTED, unit: 'MB', better: 'lower' });
  report({ name: 'parked.memory.each', value: each * 1024, unit: 'KB', better: 'lower' });
  report({ name: 'parked.load', value: await load(agent), unit: '% of a core', better: 'lower' });

  const awake = once(child, 'message');
  const changedAt = performance.now();
  await put(agent, 'awaited', '1');
  await awake;
  const wakeMs = performance.now() - changedAt;
  report({ name: 'parked.wake-all', value: wakeMs, unit: 'ms', better: 'lower' });
  child.disconnect();
  await once(child, 'exit');
}

/** Processor time while other keys change: what nobody waits for costs the waiters nothing. */
async function load(agent: AgentProcess): Promise<number> {
  const begun = cpuMs(agent.pid);
  const startedAt = performance.now();
  for (let i = 0; i < CHANGES; i++) {
    await put(agent, `other/${i}`, String(i));
    await pause(startedAt + (i * CHANGES_MS) / CHANGES - performance.now());
  }
  return ((cpuMs(agent.pid) - begun) * 100) / (performance.now() - startedAt);
}

async function put(agent: AgentProcess, key: string, body: string): Promise<void> {
  const url = `http://127.0.0.1:${agent.discoveryPort}/v1/kv/${key}`;
  const answer = await fetch(url, { method: 'PUT', body });
  if ((await answer.text()) !== 'true') throw new Error(`${key} was not written`);
}

async function parkedBy(agent: AgentProcess): Promise<number> {
  const text = await (await agent.request('GET', '/v1/metrics?format=prometheus')).text();
  return Number(/^muster_server_parked_queries (\d+)/m.exec(text)?.[1]);
}

function rssMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Opens all connections, tells of it, and tells again once each was answered. */
async function callers(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/v1/kv/awaited`;
  const index = (await fetch(url)).headers.get('x-consul-index') ?? '';
  const request = `GET /v1/kv/awaited?index=${index}&wait=10m HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const sockets: Socket[] = [];
  let answered = 0;
  const open = (n: number): Promise<void> =>
    new Promise((resolve, reject) => {
      // One address has not ports enough for all.
      const localAddress = `127.0.0.${2 + (n % 8)}`;
      const socket = connect({ port, host: '127.0.0.1', localAddress }, () => {
        socket.write(request, () => resolve());
      });
      socket.on('error', reject);
      socket.once('data', () => {
        answered += 1;
        if (answered === PARKED) process.send?.('answered');
      });
      sockets.push(socket);
    });
  for (let n = 0; n < PARKED; n += OPENING) {
    const count = Math.min(OPENING, PARKED - n);
    await Promise.all(Array.from({ length: count }, (_, i) => open(n + i)));
  }
  process.send?.('open');
  await once(process, 'disconnect');
  for (const socket of sockets) socket.destroy();
}
