/**
 * A real etcd for tests: one member, or several, on loopback, each in a directory of its own.
 *
 * Ends with `end`, which kills by pid; what a test stopped with SIGSTOP ends, too.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdClient } from '../src/io/etcd/client.ts';
import type { EtcdTls } from '../src/io/etcd/connection.ts';
import { systemClock } from '../src/io/clock.ts';
import { freePorts } from './free-port.ts';
import { halt } from './processes.ts';

/** Undefined where etcd is there; else why the tests that need it are skipped. */
export const withoutEtcd: string | undefined =
  spawnSync('etcd', ['--version']).status === 0
    ? undefined
    : 'there is no etcd on PATH (Debian: etcd-server)';

/** Of starts and elections, on a machine that is ten times slower than a quiet one. */
const PATIENCE_MS = 60_000;

export interface EtcdStart {
  readonly members?: number;
  /** More arguments for each. */
  readonly args?: readonly string[];
  /** How they are spoken to, where the arguments say so. */
  readonly tls?: EtcdTls;
}

/** One member: its process may be killed, stopped and started again with the same data. */
export class EtcdMember {
  readonly name: string;
  readonly client: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  constructor(name: string, client: string, args: readonly string[]) {
    this.name = name;
    this.client = client;
    this.#args = args;
  }

  start(): void {
    this.#process = spawn('etcd', this.#args, { stdio: 'ignore' });
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** Resolves when it stands still: on a busy machine it still answers after the signal. */
  async stop(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    await halt(pid);
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    const gone = this.gone();
    this.signal('SIGKILL');
    await gone;
  }

  /** Resolves when it has ended. */
  async gone(): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    await once(running, 'exit');
  }
}

export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly endpoints: readonly string[];
  end(): Promise<void>;
}

/** Starts a cluster and waits until it answers. */
export async function startEtcd(options: EtcdStart = {}): Promise<EtcdCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-etcd-'));
  const names = Array.from({ length: options.members ?? 1 }, (_, i) => `m${i + 1}`);
  const ports = await freePorts(names.length * 2);
  const peerOf = (i: number): string => `http://127.0.0.1:${String(ports[2 * i + 1])}`;
  const initial = names.map((name, i) => `${name}=${peerOf(i)}`).join(',');
  const members = names.map((name, i) => {
    const client = `127.0.0.1:${String(ports[2 * i])}`;
    const url = `${options.tls === undefined ? 'http' : 'https'}://${client}`;
    const args = [
      ...['--name', name, '--data-dir', join(dir, name), '--logger', 'zap'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peerOf(i), '--initial-advertise-peer-urls', peerOf(i)],
      ...['--initial-cluster', initial, '--heartbeat-interval', '50', '--election-timeout', '500'],
    ];
    return new EtcdMember(name, client, [...args, ...(options.args ?? [])]);
  });
  for (const member of members) member.start();
  const cluster: EtcdCluster = {
    members,
    endpoints: members.map(({ client }) => client),
    async end() {
      await Promise.all(members.map((member) => member.kill()));
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await untilAnswers(cluster, options.tls);
    return cluster;
  } catch (error) {
    await cluster.end();
    throw error;
  }
}

async function untilAnswers(cluster: EtcdCluster, tls: EtcdTls | undefined): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  const how = { endpoints: cluster.endpoints, ...(tls === undefined ? {} : { tls }) };
  const client = new EtcdClient(how, { clock: systemClock });
  try {
    while (!(await answers(client))) {
      if (Date.now() > until) throw new Error('etcd does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    client.close();
  }
}

async function answers(client: EtcdClient): Promise<boolean> {
  try {
    await client.range({ key: 'x' }, { deadlineMs: 1_000 });
    return true;
  } catch {
    return false;
  }
}
