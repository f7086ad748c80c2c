/**
 * Several real agents on one machine: each has a loopback address of its own in a network that
 * nobody else uses, and the usual ports.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pidsHolding } from './agent-process.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'muster');
const PATIENCE_MS = 120_000;

export interface LoopbackAgent {
  readonly name: string;
  readonly address: string;
  child: ChildProcess | undefined;
}

export class LoopbackAgents implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-agents-'));
  readonly #network = `127.${randomInt(10, 250)}.${randomInt(1, 250)}`;
  readonly #agents = new Map<string, LoopbackAgent>();

  /** The address of the agent with this number. */
  addressOf(number: number): string {
    return `${this.#network}.${number}`;
  }

  /** Starts an agent for the first time. @param roles HCL */
  start(name: string, number: number, roles: string): LoopbackAgent {
    const address = this.addressOf(number);
    writeFileSync(
      join(this.dir, `${name}.hcl`),
      `name      = "${name}"
       data_dir  = "${join(this.dir, name)}"
       bind_addr = "${address}"
       ${roles}`,
    );
    const agent: LoopbackAgent = { name, address, child: undefined };
    this.#agents.set(name, agent);
    this.again(agent);
    return agent;
  }

  /** Starts an agent that has ended. */
  again(agent: LoopbackAgent): void {
    const script = 'exec "$0" agent -config="$1.hcl" >>"$1.log" 2>&1';
    const args = ['-c', script, PROGRAM, join(this.dir, agent.name)];
    agent.child = spawn('bash', args, { stdio: 'ignore' });
  }

  async kill({ child }: LoopbackAgent): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  outputOf({ name }: LoopbackAgent): string {
    return readFileSync(join(this.dir, `${name}.log`), 'utf8');
  }

  /** Polls until it holds. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await holds().catch(() => false))) {
      if (Date.now() > end) {
        const logs = [...this.#agents.values()].map((agent) => this.outputOf(agent).slice(-2_000));
        throw new Error(`not in time: ${what}\n${logs.join('\n---\n')}`);
      }
      await delay(50);
    }
  }

  async run(agent: LoopbackAgent, ...args: string[]): Promise<string> {
    const env = {
      ...process.env,
      MUSTER_ADDR: `http://${agent.address}:4646`,
      MUSTER_HTTP_ADDR: `http://${agent.address}:8500`,
    };
    const child = spawn(PROGRAM, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (out += piece.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => this.kill(agent)));
    for (const pid of pidsHolding(this.dir)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Asks an agent's jobs API, or, on port 8500, its discovery API. */
export async function ask(
  { address }: LoopbackAgent,
  path: string,
  { port = 4646, ...init }: RequestInit & { readonly port?: number } = {},
): Promise<Response> {
  return fetch(`http://${address}:${port}${path}`, {
    signal: AbortSignal.timeout(20_000),
    ...init,
  });
}

export async function askJson(agent: LoopbackAgent, path: string): Promise<unknown> {
  return (await ask(agent, path)).json();
}
