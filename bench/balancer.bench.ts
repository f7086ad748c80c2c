/**
 * Small answers in a second through the balancer of a real agent, beside nginx with the same backend
 * in the same run, one after the other in turn; what each costs in time of the processor, which
 * holds on a busy machine, too; and the routing table.
 */
import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Offer } from '../src/core/balancer/rule.ts';
import { DEFAULT_OPTIONS } from '../src/core/balancer/rule.ts';
import { buildTable, lookup } from '../src/core/balancer/table.ts';
import { AgentProcess, freePort } from '../test/e2e/agent-process.ts';
import { percentile, perSecond, report, timed } from './harness.ts';

const CALLERS = 32;
const RUN_MS = 2_000;
const ROUNDS = 5;
const ROUTES = 10_000;
const host = '127.0.0.1';
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n');
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
/** All callers read into it: each looks at once. */
const into = Buffer.allocUnsafeSlow(65_536);

if (process.argv[2] === 'backend') backend();
else {
  await table();
  await compare();
}

/** Answers every piece that comes: callers send one request at a time. */
function backend(): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write(ANSWER));
  });
  server.listen(0, host, () => process.send?.((server.address() as AddressInfo).port));
}

/** Who is measured, and what came out. */
interface Runner {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly rates: number[];
  readonly times: number[];
  /** Microseconds of processor time for each answer. */
  readonly cpu: number[];
}

async function compare(): Promise<void> {
  await using agent = await AgentProcess.startServer('balancer { enabled = true }');
  const child = fork(import.meta.filename, ['backend'], { execArgv: ['--import', 'tsx'] });
  const dir = mkdtempSync(join(tmpdir(), 'muster-nginx-'));
  let nginx: ChildProcess | undefined;
  try {
    const [direct] = (await once(child, 'message')) as [number];
    const route = `route add backend / http://${host}:${direct}`;
    const { code, out } = await agent.run('kv', 'put', 'balancer/routes', route);
    if (code !== 0) throw new Error(out);
    const runners = [runner('muster', agent.balancerPort, agent.pid)];
    const port = await freePort();
    nginx = startNginx(dir, port, direct);
    if (nginx !== undefined) runners.push(runner('nginx', port, nginx.pid ?? 0));
    await Promise.all(runners.map((each) => answering(each.port)));
    for (const each of runners) await requests(each.port, each.times);
    for (const each of runners) each.times.length = 0;
    for (let round = 0; round < ROUNDS; round++) for (const each of runners) await run(each);
    for (const each of runners) tell(each);
    const [muster, peer] = runners;
    if (muster !== undefined && peer !== undefined) tellRatios(muster, peer);
  } finally {
    child.kill();
    nginx?.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

function runner(name: string, port: number, pid: number): Runner {
  return { name, port, pid, rates: [], times: [], cpu: [] };
}

async function run({ port, pid, rates, times, cpu }: Runner): Promise<void> {
  const before = cpuMicros(pid);
  const answered = await requests(port, times);
  rates.push((answered * 1_000) / RUN_MS);
  cpu.push((cpuMicros(pid) - before) / answered);
}

function tell({ name, rates, times, cpu }: Runner): void {
  const part = `balancer.${name}`;
  const rate = percentile(rates, 0.5);
  report({ name: `${part}.rate`, value: rate, unit: 'answers/s', better: 'higher' });
  const p99 = percentile(times, 0.99);
  report({ name: `${part}.p99`, value: p99, unit: 'ms', better: 'lower' });
  const each = percentile(cpu, 0.5);
  report({ name: `${part}.cpu`, value: each, unit: 'us/answer', better: 'lower' });
}

/** Round by round, so that it holds while the machine's own speed drifts. */
function tellRatios(muster: Runner, nginx: Runner): void {
  const of = (a: readonly number[], b: readonly number[]): number => {
    return percentile(
      a.map((value, i) => value / (b[i] ?? Number.NaN)),
      0.5,
    );
  };
  const rate = of(muster.rates, nginx.rates);
  report({ name: 'balancer.nginx.rate.ratio', value: rate, unit: 'ratio', better: 'higher' });
  const cpu = of(muster.cpu, nginx.cpu);
  report({ name: 'balancer.nginx.cpu.ratio', value: cpu, unit: 'ratio', better: 'lower' });
}

/** User and system time of a process [us]; the kernel counts in hundredths of a second. */
function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Asks over kept connections, one request at a time on each; tells how many were answered. */
async function requests(port: number, times: number[]): Promise<number> {
  const end = performance.now() + RUN_MS;
  const counts = await Promise.all(Array.from({ length: CALLERS }, () => caller(port, end, times)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Written on bare sockets: the caller must not be what is measured. */
function caller(port: number, end: number, times: number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    let askedAt = 0;
    let got = 0;
    const ask = (): void => {
      askedAt = performance.now();
      got = 0;
      socket.write(REQUEST);
    };
    const take = (length: number): boolean => {
      got += length;
      const text = into.toString('latin1', 0, length);
      if (got === length && !text.startsWith('HTTP/1.1 200')) reject(new Error(text));
      // The body is known: nothing comes behind it.
      if (!text.endsWith('hello')) return true;
      const now = performance.now();
      times.push(now - askedAt);
      answered += 1;
      if (now < end) ask();
      else socket.end();
      return true;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer: into, callback: take } });
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('close', () => resolve(answered));
  });
}

/** One process, as it would be given one processor. Undefined: it is not installed. */
function startNginx(dir: string, port: number, direct: number): ChildProcess | undefined {
  if (spawnSync('nginx', ['-v']).error !== undefined) {
    console.log('nginx is not installed: no comparison');
    return undefined;
  }
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
    events { worker_connections 1024; }
    http { access_log off; client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b;
      fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e;
      upstream backend { server ${host}:${direct}; keepalive 64; keepalive_requests 100000000; }
      server { listen ${host}:${port}; keepalive_requests 100000000;
        location / { proxy_pass http://backend; proxy_http_version 1.1;
          proxy_set_header Connection ""; proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Real-IP $remote_addr; } } }`,
  );
  return spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
}

async function answering(port: number): Promise<void> {
  const end = Date.now() + 20_000;
  const asks = (): Promise<boolean> =>
    fetch(`http://${host}:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await asks())) {
    if (Date.now() > end) throw new Error(`nothing answers on ${port}`);
    await delay(20);
  }
}

/** Building a table of many routes, and finding one in it. */
async function table(): Promise<void> {
  const offers: Offer[] = Array.from({ length: ROUTES }, (_, i) => ({
    ...{ service: `s${i}`, tags: [], options: DEFAULT_OPTIONS, share: 1, from: `s${i}` },
    source: { host: i % 2 === 0 ? '' : `h${i % 100}.com`, path: `/service/${i}/`, port: 0 },
    destination: { host: '10.0.0.1', port: 20_000 + (i % 10_000), path: '' },
  }));
  let built = buildTable(offers);
  const ms = await timed(() => (built = buildTable(offers)));
  report({ name: 'balancer.table.build', value: ms, unit: 'ms', better: 'lower' });
  let found = 0;
  const seek = (): void => {
    for (let i = 0; i < ROUTES; i++) {
      if (lookup(built, `h${i % 100}.com`, `/service/${i}/x/y`) !== undefined) found += 1;
    }
  };
  await perSecond(ROUTES, seek);
  const value = await perSecond(ROUTES, seek);
  if (found === 0) throw new Error('nothing was found');
  report({ name: 'balancer.table.lookup', value, unit: 'lookups/s', better: 'higher' });
}
