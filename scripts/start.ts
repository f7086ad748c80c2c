/**
 * `npm start`: a development agent with the example job on it, from a fresh clone in one step.
 * Stays in the foreground; Ctrl-C stops the agent, which stops its tasks.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const api = 'http://127.0.0.1:4646';
const example = 'examples/hello.nomad.hcl';
const logFile = join('.cache', 'agent.log');

/** A cold machine needs seconds to build and start; more than this is a fault to be shown. */
const READY_MS_MAX = 60_000;
const POLL_MS = 100;

/** An agent that does not end by then is not going to. */
const STOP_MS_MAX = 30_000;

const LOG_LINES_SHOWN = 20;

type Stub = Readonly<{ ID: string; ClientStatus: string; CreateIndex: number }>;

if (await answers(`${api}/v1/status/leader`)) {
  console.error(`an agent already answers at ${api}; stop it first`);
  process.exit(1);
}
const agent = await startAgent();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
const ended = once(agent, 'exit').then(() => stopping.abort());
try {
  await showExample();
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  stopping.abort();
}
await untilStopped();

async function showExample(): Promise<void> {
  await until('the agent is ready', () => answers(`${api}/v1/status/leader`));
  await until('the node is ready', async () => {
    const nodes = (await get('/v1/nodes')) as readonly { Status: string }[];
    return nodes.some((node) => node.Status === 'ready');
  });
  const jobId = await register();
  const address = await until(`job "${jobId}" answers`, () => answeringAddress(jobId));
  console.log(`
Muster is running.

  the example   ${address}  (job "${jobId}", from ${example})
  HTTP API      ${api}
  agent's log   ${logFile}

In another terminal, try:

  curl ${address}
  bin/muster status ${jobId}
  bin/muster plan ${example}    after changing its count or greeting
  bin/muster run ${example}
  bin/muster stop ${jobId}

Ctrl-C here stops the agent and what it runs.`);
}

async function startAgent(): Promise<ChildProcess> {
  await mkdir(join(root, '.cache'), { recursive: true });
  const log = await open(join(root, logFile), 'w');
  const child = spawn(join(root, 'bin', 'muster'), ['agent', '-dev'], {
    cwd: root,
    stdio: ['ignore', log.fd, log.fd],
    // In a group of its own, or Ctrl-C would reach it twice: from the terminal and from us.
    detached: true,
  });
  await once(child, 'spawn');
  await log.close();
  console.log('starting a development agent ...');
  return child;
}

async function register(): Promise<string> {
  const text = await readFile(join(root, example), 'utf8');
  const job = (await send('POST', '/v1/jobs/parse', { JobHCL: text, Canonicalize: true })) as {
    ID: string;
  };
  await send('PUT', '/v1/jobs', { Job: job });
  return job.ID;
}

/** The address at which the job's newest running allocation answers, or undefined as yet. */
async function answeringAddress(jobId: string): Promise<string | undefined> {
  const stubs = (await get(`/v1/job/${jobId}/allocations`)) as readonly Stub[];
  const [newest] = stubs
    .filter((stub) => stub.ClientStatus === 'running')
    .sort((a, b) => b.CreateIndex - a.CreateIndex);
  if (newest === undefined) return undefined;
  const port = portOf(await get(`/v1/allocation/${newest.ID}`), 'http');
  if (port === undefined) return undefined;
  const address = `http://127.0.0.1:${port}`;
  return (await answers(address)) ? address : undefined;
}

/** Finds a labelled port wherever the allocation's resources list it: newer and older forms differ. */
function portOf(value: unknown, label: string): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { Label, Value } = value as { Label?: unknown; Value?: unknown };
  if (Label === label && typeof Value === 'number' && Value > 0) return Value;
  for (const inner of Object.values(value)) {
    const found = portOf(inner, label);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Polls until `look` gives something; throws, naming `what`, when it takes too long. */
async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + READY_MS_MAX;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    stopping.signal.throwIfAborted();
    await delay(POLL_MS, undefined, { signal: stopping.signal });
  }
  throw new Error(`waited ${READY_MS_MAX / 1_000} s in vain until ${what}`);
}

async function untilStopped(): Promise<void> {
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  if (agent.exitCode === null && agent.signalCode === null) {
    console.log('\nstopping the agent ...');
    agent.kill('SIGINT');
    const killer = setTimeout(() => agent.kill('SIGKILL'), STOP_MS_MAX);
    await ended;
    clearTimeout(killer);
  }
  if (agent.exitCode === 0) return;
  process.exitCode = 1;
  const lines = (await readFile(join(root, logFile), 'utf8')).trimEnd().split('\n');
  console.error(`the agent ended with ${String(agent.exitCode ?? agent.signalCode)}:`);
  console.error(lines.slice(-LOG_LINES_SHOWN).join('\n'));
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return response.ok && (await response.text()) !== '""';
  } catch {
    return false;
  }
}

function get(path: string): Promise<unknown> {
  return send('GET', path);
}

async function send(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(api + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.trim()}`);
  return JSON.parse(text);
}
