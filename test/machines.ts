/**
 * Machines on one machine: each is a network namespace with an address of its own, and all are
 * joined by a bridge. Links are cut, packets dropped and processes ended as on real ones.
 *
 * Runs inside namespaces made for it (`inOwnNamespaces`): nothing outside of them is touched, and
 * nothing outlives them.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../src/io/network/commands.ts';

const PROGRAM = join(import.meta.dirname, '..', 'bin', 'muster');
const NETWORK = '10.77.0';
const BRIDGE = 'machines';
const PATIENCE_MS = 120_000;

/** Why machines cannot be made here; false: they can. */
export function machinesMissing(...programs: readonly string[]): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const needed = ['ip', 'iptables', 'unshare', 'nsenter', ...programs];
  const missing = needed.find((name) => !findProgram(name));
  return missing === undefined ? false : `needs ${missing}`;
}

/** The command that runs a program of ours in network, mount and process namespaces of its own. */
export function inOwnNamespaces(main: string, ...args: readonly string[]): readonly string[] {
  const own = ['-n', '-m', '-p', '-f', '--kill-child', '--mount-proc'];
  // The shell waits for whatever loses its parent.
  const run = ['sh', '-c', '"$@"; exit $?', 'sh', process.execPath, '--import', 'tsx', main];
  return ['unshare', ...own, ...run, ...args];
}

/** One machine, with at most one agent. */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly #number: number;
  readonly #dir: string;
  readonly #holder: ChildProcess;
  readonly #namespace: string;
  #agent: ChildProcess | undefined;
  #env: Readonly<Record<string, string>> = {};

  /** See `Machines.add`. */
  constructor(name: string, number: number, world: { dir: string; holder: ChildProcess }) {
    this.name = name;
    this.address = `${NETWORK}.${number}`;
    this.#number = number;
    this.#dir = world.dir;
    this.#holder = world.holder;
    this.#namespace = namespaceOf(world.holder.pid ?? 0) ?? '';
    const host = this.#link;
    ip('link', 'add', host, 'type', 'veth', 'peer', 'eth0', 'netns', String(world.holder.pid));
    ip('link', 'set', host, 'master', BRIDGE, 'up');
    this.#inside('ip', 'addr', 'add', `${this.address}/24`, 'dev', 'eth0');
    this.#inside('ip', 'link', 'set', 'eth0', 'up');
  }

  get #link(): string {
    return `m${this.#number}`;
  }

  /** Where its agent keeps what it keeps. */
  get dataDir(): string {
    return join(this.#dir, this.name);
  }

  /** Of the agent. */
  get pid(): number {
    return this.#agent?.pid ?? 0;
  }

  get isUp(): boolean {
    const agent = this.#agent;
    return agent !== undefined && agent.exitCode === null && agent.signalCode === null;
  }

  /** Starts the agent. @param roles HCL; absent: as before, and so is what its environment adds */
  start(roles?: string, env: Readonly<Record<string, string>> = this.#env): void {
    this.#env = env;
    if (roles !== undefined) {
      writeFileSync(
        join(this.#dir, `${this.name}.hcl`),
        `name      = "${this.name}"
         data_dir  = "${this.dataDir}"
         bind_addr = "${this.address}"
         ${roles}`,
      );
    }
    const log = openSync(join(this.#dir, `${this.name}.log`), 'a');
    const command = [PROGRAM, 'agent', `-config=${join(this.#dir, `${this.name}.hcl`)}`];
    const args = [...this.#entry, '--', ...command];
    const stdio = ['ignore', log, log] as const;
    this.#agent = spawn('nsenter', args, { stdio: [...stdio], env: { ...process.env, ...env } });
    closeSync(log);
  }

  /** Sends the agent a signal. */
  signal(name: NodeJS.Signals): void {
    this.#agent?.kill(name);
  }

  /** The same, and waits for its end. */
  async end(name: NodeJS.Signals): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || !this.isUp) return;
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill(name);
    await ended;
  }

  /** Power off: nothing that ran here runs any more. */
  async fail(): Promise<void> {
    this.cut();
    await this.endAll();
    this.mend();
  }

  /** Ends everything that runs here. */
  async endAll(): Promise<void> {
    for (let left = this.pids(); left.length > 0; left = this.pids()) {
      for (const pid of left) killQuietly(pid);
      await delay(5);
    }
  }

  /** Everything that runs here. */
  pids(): readonly number[] {
    return processes().filter(
      (pid) => pid !== this.#holder.pid && namespaceOf(pid) === this.#namespace,
    );
  }

  /** Whether a process runs here. */
  has(pid: number): boolean {
    return namespaceOf(pid) === this.#namespace;
  }

  /** Those whose command line holds the text. */
  pidsOf(text: string): readonly number[] {
    return this.pids().filter((pid) => commandOf(pid).includes(text));
  }

  /** Pulls the cable. */
  cut(): void {
    ip('link', 'set', this.#link, 'down');
  }

  mend(): void {
    ip('link', 'set', this.#link, 'up');
  }

  /** Loses what comes from another machine, but not what goes there. */
  deafTo(other: Machine): void {
    this.#inside('iptables', '-w', '-A', 'INPUT', '-s', other.address, '-j', 'DROP');
  }

  /** Loses a part of what comes from others, by chance. @param share 0 to 1 */
  lossy(share: number): void {
    const chance = ['-m', 'statistic', '--mode', 'random', '--probability', String(share)];
    this.#inside('iptables', '-w', '-A', 'INPUT', '-i', 'eth0', ...chance, '-j', 'DROP');
  }

  /** Loses nothing any more. */
  hearAll(): void {
    this.#inside('iptables', '-w', '-F', 'INPUT');
  }

  /** Has connections from others to one port come to another one. */
  redirect(port: number, to: number): void {
    const come = ['-i', 'eth0', '-p', 'tcp', '--dport', String(port)];
    const go = ['-j', 'REDIRECT', '--to-ports', String(to)];
    this.#inside('iptables', '-w', '-t', 'nat', '-A', 'PREROUTING', ...come, ...go);
  }

  /** Runs a program of the test's own here, which stays when the agent ends. */
  spawn(...command: readonly string[]): ChildProcess {
    const args = [...this.#entry, '--', ...command];
    return spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  get output(): string {
    return readFileSync(join(this.#dir, `${this.name}.log`), 'utf8');
  }

  /** Runs a command of the program against this machine's agent. */
  async run(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
    const env = {
      ...process.env,
      MUSTER_ADDR: `http://${this.address}:4646`,
      MUSTER_HTTP_ADDR: `http://${this.address}:8500`,
    };
    const child = spawn(PROGRAM, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (out += piece.toString()));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
  }

  /** Asks its jobs API, or, on port 8500, its discovery API. */
  async ask(
    path: string,
    { port = 4646, ...init }: RequestInit & { readonly port?: number } = {},
  ): Promise<Response> {
    const signal = AbortSignal.timeout(30_000);
    return fetch(`http://${this.address}:${port}${path}`, { signal, ...init });
  }

  /** The same; what is answered. */
  async json(path: string, init: RequestInit & { readonly port?: number } = {}): Promise<unknown> {
    const response = await this.ask(path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  get #entry(): readonly string[] {
    return [`--net=/proc/${this.#holder.pid}/ns/net`];
  }

  #inside(...command: readonly string[]): void {
    execFileSync('nsenter', [...this.#entry, '--', ...command], { stdio: 'pipe' });
  }
}

export class Machines implements AsyncDisposable {
  readonly #dir: string;
  readonly #all: Machine[] = [];
  readonly #holders: ChildProcess[] = [];

  /** @param dir for what agents keep and say */
  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    ip('addr', 'add', `${NETWORK}.254/24`, 'dev', BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
  }

  /** @param number of its address, 1 to 253 */
  async add(name: string, number: number): Promise<Machine> {
    const script = 'ip link set lo up && echo up && exec sleep infinity';
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const holder = spawn('unshare', ['-n', 'sh', '-c', script], { stdio: [...stdio] });
    this.#holders.push(holder);
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const machine = new Machine(name, number, { dir: this.#dir, holder });
    this.#all.push(machine);
    return machine;
  }

  /** Polls until it holds. */
  async until(what: string, holds: () => Promise<boolean>, ms = PATIENCE_MS): Promise<void> {
    const end = Date.now() + ms;
    let last: unknown;
    const tried = (error: unknown): boolean => {
      last = error;
      return false;
    };
    while (!(await holds().catch(tried))) {
      if (Date.now() > end) throw new Error(`not in time: ${what}`, { cause: last });
      await delay(50);
    }
  }

  /** What all agents said. @param most of each, from its end */
  words(most = Infinity): string {
    return this.#all.map(({ name, output }) => `--- ${name}\n${output.slice(-most)}`).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.#all) await machine.endAll();
    for (const holder of this.#holders) holder.kill('SIGKILL');
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

function processes(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Undefined where there is no such process, or it has ended and nobody has looked yet. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
