/** A real `serf agent` on free ports of loopback, and a caller of its commands. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';

const run = promisify(execFile);
const READY_MS_MAX = 60_000;

export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
}

export class SerfProcess implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly #rpc: string;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(name: string, port: number, rpcPort: number, flags: readonly string[]) {
    this.name = name;
    this.port = port;
    this.#rpc = `127.0.0.1:${rpcPort}`;
    const own = ['-node', name, '-bind', `127.0.0.1:${port}`, '-rpc-addr', this.#rpc];
    this.#child = spawn('serf', ['agent', ...own, '-log-level', 'debug', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (piece: Buffer) => (this.#output += piece.toString()));
    }
  }

  /** Resolves once it answers commands. */
  static async start(name: string, ...flags: readonly string[]): Promise<SerfProcess> {
    const [port, rpcPort] = [await freePort(), await freePort()];
    const serf = new SerfProcess(name, port, rpcPort, flags);
    await serf.until('serf answers', async () => (await serf.members()).length > 0);
    return serf;
  }

  /** Everything that it wrote. */
  get output(): string {
    return this.#output;
  }

  async call(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run('serf', [command, `-rpc-addr=${this.#rpc}`, ...args]);
    return stdout;
  }

  async members(): Promise<readonly SerfMember[]> {
    const answer = JSON.parse(await this.call('members', '-format=json')) as {
      readonly members: readonly SerfMember[];
    };
    return answer.members;
  }

  async status(name: string): Promise<string | undefined> {
    return (await this.members()).find((each) => each.name === name)?.status;
  }

  /** Ends it: SIGINT makes it leave first, SIGKILL does not. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await ended;
  }

  /** Polls until it holds. */
  async until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    ms = READY_MS_MAX,
  ): Promise<void> {
    const end = Date.now() + ms;
    for (;;) {
      const isSo = await Promise.resolve()
        .then(holds)
        .catch(() => false);
      if (isSo) return;
      if (Date.now() > end) throw new Error(`not in time: ${what}\n${this.#output.slice(-3000)}`);
      await delay(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
