/** A real agent in a process of its own, on free ports of loopback, and a caller of its APIs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../free-port.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');
const READY_MS_MAX = 60_000;

export class AgentProcess implements AsyncDisposable {
  readonly dir: string;
  readonly dataDir: string;
  /** Of the jobs API. */
  readonly port: number;
  readonly discoveryPort: number;
  readonly dnsPort: number;
  readonly balancerPort: number;
  readonly balancerPagePort: number;
  readonly rpcPort: number;
  readonly serfPort: number;
  #child: ChildProcess | undefined;

  private constructor(dir: string, dataDir: string, ports: readonly number[]) {
    this.dir = dir;
    this.dataDir = dataDir;
    [
      this.port = 0,
      this.discoveryPort = 0,
      this.dnsPort = 0,
      this.balancerPort = 0,
      this.balancerPagePort = 0,
      this.rpcPort = 0,
      this.serfPort = 0,
    ] = ports;
  }

  /** @param settings further configuration, HCL */
  static async make(settings = '', dataDir?: string): Promise<AgentProcess> {
    const dir = mkdtempSync(join(tmpdir(), 'muster-agent-'));
    const ports = await freePorts(7);
    const agent = new AgentProcess(dir, dataDir ?? join(dir, 'data'), ports);
    agent.configure(settings);
    return agent;
  }

  configure(settings: string): void {
    const text = `
      data_dir = "${this.dataDir}"
      ports {
        http      = ${this.port}
        discovery = ${this.discoveryPort}
        dns       = ${this.dnsPort}
        balancer    = ${this.balancerPort}
        balancer_ui = ${this.balancerPagePort}
        rpc  = ${this.rpcPort}
        serf = ${this.serfPort}
      }
      server { enabled = true }
      client { enabled = true }
      ${settings}`;
    writeFileSync(join(this.dir, 'agent.hcl'), text);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Everything that this agent's processes wrote, oldest first. */
  get output(): string {
    return readFileSync(join(this.dir, 'agent.log'), 'utf8');
  }

  /** Starts it; resolves once its node is ready. */
  async start(...flags: string[]): Promise<void> {
    this.launch(...flags);
    await this.until('the node is ready', async () => {
      const nodes = (await this.get('/v1/nodes')) as readonly { Status: string }[];
      return nodes[0]?.Status === 'ready';
    });
  }

  /** Starts one without a client; resolves once it is in the catalog. */
  static async startServer(settings = ''): Promise<AgentProcess> {
    const agent = await AgentProcess.make(`client { enabled = false }\n${settings}`);
    agent.launch();
    await agent.until('the agent is in the catalog', async () => {
      const nodes = await agent.run('catalog', 'nodes');
      return nodes.code === 0;
    });
    return agent;
  }

  launch(...flags: string[]): void {
    const script = `exec "$0" agent -config="$1" "\${@:3}" >>"$2" 2>&1`;
    const paths = [join(this.dir, 'agent.hcl'), join(this.dir, 'agent.log')];
    this.#child = spawn('bash', ['-c', script, PROGRAM, ...paths, ...flags], { stdio: 'ignore' });
  }

  /** Sends a signal and waits for its end; answers the exit code, or null where a signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async get(path: string): Promise<unknown> {
    const response = await this.request('GET', path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
  }

  /** Runs one command of the program against this agent. */
  async run(...args: string[]): Promise<{ code: number | null; out: string }> {
    const child = spawn(PROGRAM, args, {
      env: {
        ...process.env,
        MUSTER_ADDR: `http://127.0.0.1:${this.port}`,
        MUSTER_HTTP_ADDR: `http://127.0.0.1:${this.discoveryPort}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    const keep = (piece: Buffer): void => {
      out += piece.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
  }

  /** Polls until it holds. */
  async until(what: string, holds: () => Promise<boolean>, ms = READY_MS_MAX): Promise<void> {
    const end = Date.now() + ms;
    while (!(await holds().catch(() => false))) {
      if (Date.now() > end) throw new Error(`not in time: ${what}\n${this.output.slice(-4000)}`);
      await delay(50);
    }
  }

  /** Kills the agent and, by their pids, what it left to its keeper. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    const keepers = pidsHolding(this.dataDir);
    for (const pid of keepers) endQuietly(pid);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A job of one group in the API's form. */
export function apiJob(id: string, script: string, over: object = {}): object {
  return {
    Job: {
      ID: id,
      Datacenters: ['dc1'],
      Type: 'service',
      TaskGroups: [
        {
          Name: 'g',
          Count: 1,
          Tasks: [
            {
              Name: 't',
              Driver: 'raw_exec',
              Config: { command: '/bin/sh', args: ['-c', script] },
              Resources: { CPU: 20, MemoryMB: 16 },
            },
          ],
        },
      ],
      ...over,
    },
  };
}

/** Processes that carry the data directory in their command line or environment. */
export function pidsHolding(dataDir: string): number[] {
  return pids().filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return pid !== process.pid && (command.includes(dataDir) || environment.includes(dataDir));
    } catch {
      return false;
    }
  });
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
