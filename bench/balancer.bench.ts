/**
 * Small answers in a second through the balancer, and their times, beside the backend asked
 * directly and beside nginx where it is installed. Each in a process of its own; the caller's costs
 * are the same for all.
 */
import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Offer } from '../src/core/balancer/rule.ts';
import { DEFAULT_OPTIONS } from '../src/core/balancer/rule.ts';
import { buildTable, lookup } from '../src/core/balancer/table.ts';
import { BalancerWorld } from '../test/balancer-world.ts';
import { freePort } from '../test/e2e/agent-process.ts';
import { measure, percentile, perSecond, report, timed } from './harness.ts';

const CALLERS = 32;
const RUN_MS = 2_000;
const ROUTES = 10_000;

const [, , role, backendPort] = process.argv;
if (role === 'backend') backend();
else if (role === 'balancer') await balancer(Number(backendPort));
else await compare();

function backend(): void {
  const server = createServer((_request, response) => response.end('hello'));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

async function balancer(port: number): Promise<void> {
  const world = await BalancerWorld.start();
  world.offer('backend', port, ['urlprefix-/']);
  process.send?.(world.ports.http);
}

async function compare(): Promise<void> {
  await table();
  const children: ChildProcess[] = [];
  const start = async (...args: string[]): Promise<number> => {
    const child = fork(import.meta.filename, args, { execArgv: ['--import', 'tsx'] });
    children.push(child);
    const [port] = (await once(child, 'message')) as [number];
    return port;
  };
  try {
    const direct = await start('backend');
    await figures('direct', direct);
    await figures('muster', await start('balancer', String(direct)));
    await besideNginx(direct);
  } finally {
    for (const child of children) child.kill();
  }
}

async function figures(name: string, port: number): Promise<void> {
  const times: number[] = [];
  const rate = await measure(() => requestsPerSecond(port, times), { runs: 3 });
  report({
    name: `balancer.${name}.rate`,
    value: rate.median,
    unit: 'answers/s',
    better: 'higher',
  });
  const value = percentile(times, 0.99);
  report({ name: `balancer.${name}.p99`, value, unit: 'ms', better: 'lower' });
}

async function requestsPerSecond(port: number, times: number[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const end = performance.now() + RUN_MS;
  let answered = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const asked = get({ host: '127.0.0.1', port, path: '/', agent }, (reply) => {
        if (reply.statusCode !== 200) reject(new Error(`answered ${reply.statusCode ?? 0}`));
        reply.resume();
        reply.on('end', resolve);
      });
      asked.on('error', reject);
    });
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      times.push(await timed(one));
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  agent.destroy();
  return (answered * 1_000) / RUN_MS;
}

async function besideNginx(direct: number): Promise<void> {
  if (spawnSync('nginx', ['-v']).error !== undefined) {
    console.log('nginx is not installed: no comparison');
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), 'muster-nginx-'));
  const port = await freePort();
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
    events { worker_connections 1024; }
    http { access_log off; client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b;
      fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e;
      upstream backend { server 127.0.0.1:${direct}; keepalive 64; }
      server { listen 127.0.0.1:${port}; keepalive_requests 1000000;
        location / { proxy_pass http://backend; proxy_http_version 1.1;
          proxy_set_header Connection ""; } } }`,
  );
  const nginx = spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
  try {
    await listening(port);
    await figures('nginx', port);
  } finally {
    nginx.kill();
    await once(nginx, 'exit');
    rmSync(dir, { recursive: true, force: true });
  }
}

async function listening(port: number): Promise<void> {
  const end = Date.now() + 5_000;
  while (
    !(await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > end) throw new Error('nginx does not listen');
  }
}

/** Building a table of many routes, and finding one in it. */
async function table(): Promise<void> {
  const offers: Offer[] = Array.from({ length: ROUTES }, (_, i) => ({
    ...{ service: `s${i}`, tags: [], options: DEFAULT_OPTIONS, share: 1, from: `s${i}` },
    source: { host: i % 2 === 0 ? '' : `h${i % 100}.com`, path: `/service/${i}/`, port: 0 },
    destination: { host: '10.0.0.1', port: 20_000 + (i % 10_000), path: '' },
  }));
  const began = performance.now();
  const built = buildTable(offers);
  const ms = performance.now() - began;
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
