/**
 * What the benchmarks of the balancer share: a real agent, nginx and HAProxy, each one process with
 * the same backend, and how they are asked in turn.
 *
 * W1: a machine's own speed drifts, and callers and backend need processors, too: what one
 *     processor could answer is told from the time of the processor that each answer took.
 */
import { execFileSync, fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentProcess } from '../test/e2e/agent-process.ts';
import { freePort } from '../test/free-port.ts';
import { ask, type Way } from './balancer-callers.ts';
import { percentile, report } from './harness.ts';

const host = '127.0.0.1';

/** Who is asked. */
export interface Subject {
  readonly name: string;
  readonly pid: number;
  /** By the way that it is asked. */
  readonly port: number;
  readonly tlsPort: number;
}

/** What came out. */
export interface Outcome {
  readonly subject: Subject;
  readonly rates: number[];
  readonly times: number[];
  /** Microseconds of processor time for each answer. */
  readonly cpu: number[];
}

export interface Turns {
  readonly way: Way;
  readonly callers: number;
  readonly rounds: number;
  readonly ms: number;
}

export class BalancerBench implements AsyncDisposable {
  readonly agent: AgentProcess;
  readonly subjects: readonly Subject[];
  /** Ports of programs that answer. */
  readonly backends: readonly number[];
  readonly #dir: string;
  readonly #children: readonly ChildProcess[];

  private constructor(
    agent: AgentProcess,
    subjects: readonly Subject[],
    backends: readonly number[],
    { dir, children }: { dir: string; children: readonly ChildProcess[] },
  ) {
    this.agent = agent;
    this.subjects = subjects;
    this.backends = backends;
    this.#dir = dir;
    this.#children = children;
  }

  /** @param backends how many programs are behind it; the peers have the first */
  static async start(backends = 1): Promise<BalancerBench> {
    const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'));
    const pem = makeCertificate(dir);
    const tlsPort = await freePort();
    const agent = await AgentProcess.startServer(
      `ports { balancer_tls = ${tlsPort} }
       balancer {
         enabled = true
         certificate_dir = "${join(dir, 'certificates')}"
       }`,
    );
    const children = Array.from({ length: backends }, startBackend);
    const ports = await Promise.all(
      children.map(async (child) => ((await once(child, 'message')) as [number])[0]),
    );
    const subjects = [{ name: 'muster', pid: agent.pid, port: agent.balancerPort, tlsPort }];
    for (const peer of [nginx, haproxy]) {
      const at = { port: await freePort(), tlsPort: await freePort() };
      const child = peer({ dir, pem, backend: ports[0] ?? 0, ...at });
      if (child === undefined) continue;
      children.push(child);
      subjects.push({ name: peer.name, pid: child.pid ?? 0, ...at });
    }
    return new BalancerBench(agent, subjects, ports, { dir, children });
  }

  /** Puts routes by hand. */
  async route(lines: readonly string[]): Promise<void> {
    const url = `http://${host}:${this.agent.discoveryPort}/v1/kv/balancer/routes`;
    const response = await fetch(url, { method: 'PUT', body: lines.join('\n') });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill();
    await this.agent[Symbol.asyncDispose]();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Asks all in turn, after a warm-up; fails where one answer is missing. */
export async function askInTurn(subjects: readonly Subject[], turns: Turns): Promise<Outcome[]> {
  const outcomes = subjects.map((subject) => ({ subject, rates: [], times: [], cpu: [] }));
  await Promise.all(subjects.map((subject) => answering(subject.port)));
  for (const { subject } of outcomes) {
    await askOnce({ subject, rates: [], times: [], cpu: [] }, turns);
  }
  for (let round = 0; round < turns.rounds; round++) {
    for (const outcome of outcomes) await askOnce(outcome, turns);
  }
  return outcomes;
}

export async function askOnce(outcome: Outcome, { way, callers, ms }: Turns): Promise<void> {
  const { subject, rates, times, cpu } = outcome;
  const before = cpuMicros(subject.pid);
  const port = way === 'http' ? subject.port : subject.tlsPort;
  const beganAt = performance.now();
  const { answered, failed } = await ask({ way, port, callers, ms, times });
  if (failed > 0) throw new Error(`${subject.name}, ${way}: ${failed} requests failed`);
  rates.push((answered * 1_000) / (performance.now() - beganAt));
  cpu.push((cpuMicros(subject.pid) - before) / answered);
}

/** Reports each one's figures, and what one processor would answer beside the peers' (W1). */
export function tell(part: string, outcomes: readonly Outcome[]): void {
  for (const { subject, rates, times, cpu } of outcomes) {
    const name = `${part}.${subject.name}`;
    const figures = [
      ['rate', percentile(rates, 0.5), 'answers/s', 'higher'],
      ['p50', percentile(times, 0.5), 'ms', 'lower'],
      ['p99', percentile(times, 0.99), 'ms', 'lower'],
      ['cpu', percentile(cpu, 0.5), 'us/answer', 'lower'],
    ] as const;
    for (const [what, value, unit, better] of figures) {
      report({ name: `${name}.${what}`, value, unit, better });
    }
  }
  const [muster, ...peers] = outcomes;
  if (muster === undefined) return;
  for (const { subject, rates, cpu } of peers) {
    const name = `${part}.over-${subject.name}`;
    const rate = pairwise(muster.rates, rates);
    report({ name: `${name}.rate`, value: rate, unit: 'ratio', better: 'higher' });
    const perCore = pairwise(cpu, muster.cpu);
    report({ name: `${name}.per-core`, value: perCore, unit: 'ratio', better: 'higher' });
  }
}

/** The median of the rounds' ratios, so that it holds while the machine's own speed drifts. */
function pairwise(a: readonly number[], b: readonly number[]): number {
  return percentile(
    a.map((value, i) => value / (b[i] ?? Number.NaN)),
    0.5,
  );
}

/** User and system time of a process [us]; the kernel counts in hundredths of a second. */
function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function startBackend(): ChildProcess {
  const program = join(import.meta.dirname, 'balancer-backend.ts');
  return fork(program, [], { execArgv: ['--import', 'tsx'] });
}

interface PeerAt {
  readonly dir: string;
  /** File with certificate and key. */
  readonly pem: string;
  readonly backend: number;
  readonly port: number;
  readonly tlsPort: number;
}

/** One process, as it would be given one processor. Undefined: it is not installed. */
function nginx({ dir, pem, backend, port, tlsPort }: PeerAt): ChildProcess | undefined {
  if (!isInstalled('nginx', '-v')) return undefined;
  const file = join(dir, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
    events { worker_connections 1024; }
    http { access_log off; client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b;
      fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e;
      upstream backend { server ${host}:${backend}; keepalive 256; keepalive_requests 100000000; }
      server { listen ${host}:${port}; listen ${host}:${tlsPort} ssl http2;
        ssl_certificate ${pem}; ssl_certificate_key ${pem}; keepalive_requests 100000000;
        location / { proxy_pass http://backend; proxy_http_version 1.1;
          proxy_set_header Connection ""; proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Real-IP $remote_addr; } } }`,
  );
  return spawn('nginx', ['-c', file], { stdio: 'ignore' });
}

/** As `nginx`: one thread. */
function haproxy({ dir, pem, backend, port, tlsPort }: PeerAt): ChildProcess | undefined {
  if (!isInstalled('haproxy', '-v')) return undefined;
  const file = join(dir, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend callers
  bind ${host}:${port}
  bind ${host}:${tlsPort} ssl crt ${pem} alpn h2,http/1.1
  option forwardfor
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  default_backend backend
backend backend
  http-reuse always
  server one ${host}:${backend}
`,
  );
  return spawn('haproxy', ['-f', file], { stdio: 'ignore' });
}

function isInstalled(program: string, flag: string): boolean {
  const isThere = spawnSync(program, [flag]).error === undefined;
  if (!isThere) console.log(`${program} is not installed: no comparison`);
  return isThere;
}

/** Answers the file with certificate and key; all balancers show the same. */
function makeCertificate(dir: string): string {
  mkdirSync(join(dir, 'certificates'));
  const [key, pem] = [join(dir, 'key'), join(dir, 'certificates', 'default.pem')];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const rest = ['-nodes', '-days', '2', '-subj', '/CN=bench', '-keyout', key, '-out', pem];
  execFileSync('openssl', [...how, ...rest], { stdio: 'ignore' });
  writeFileSync(pem, readFileSync(pem, 'utf8') + readFileSync(key, 'utf8'));
  return pem;
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
