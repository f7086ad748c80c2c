/**
 * The `etcd` program as a child of this process.
 *
 * E1: it dies with its parent, however the parent dies: a server that is gone must not keep a vote.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { MemberTls } from './member-tls.ts';

export interface EtcdLaunch {
  readonly name: string;
  readonly dataDir: string;
  /** Where its output goes; emptied when it has grown large. */
  readonly logFile: string;
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** Of its first start; etcd ignores it once it has data. */
  readonly initialCluster: string;
  readonly initialState: 'new' | 'existing';
  readonly quotaBytes: number;
  /** Absent: whoever reaches its ports can use it. */
  readonly tls?: MemberTls;
}

/** As measured: writes go on 0.8 s after the leader's death; a busy disk causes no elections. */
const HEARTBEAT_MS = 50;
const ELECTION_MS = 500;
/**
 * How many entries etcd holds in memory before it writes a snapshot. Ours are up to 1 MiB each, so
 * its own default of 100,000 could be 100 GB.
 */
const SNAPSHOT_COUNT = 1_000;
const LOG_BYTES_MAX = 8 * 1024 * 1024;
/** What it needs to hand over its leadership and close its files. */
const STOP_MS = 5_000;

/** Fails: `unsupported` there is no etcd on PATH. */
export function findEtcd(path = process.env['PATH'] ?? ''): string {
  const program = find('etcd', path);
  if (program !== undefined) return program;
  throw new Failure(
    'unsupported',
    'several servers keep their log in etcd, and there is no "etcd" on PATH: install it (Debian ' +
      'and Ubuntu: apt-get install etcd-server; others: https://github.com/etcd-io/etcd/releases), ' +
      'or name one that runs already in server { etcd { endpoints = [...] } }',
  );
}

function find(name: string, path: string): string | undefined {
  // Administrators' programs lie where a plain user's PATH does not look.
  const folders = [...path.split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class EtcdProcess {
  readonly #logFile: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  #isRunning = true;

  /** Starts it. Fails: `unsupported`. */
  constructor(launch: EtcdLaunch) {
    const program = findEtcd();
    const path = process.env['PATH'] ?? '';
    const guard = find('setpriv', path);
    const args = argumentsOf(launch);
    const line =
      guard === undefined
        ? [program, ...args]
        : [guard, '--pdeathsig', 'KILL', '--', program, ...args];
    this.#logFile = launch.logFile;
    const out = openLog(launch.logFile);
    try {
      this.#child = spawn(line[0] ?? '', line.slice(1), { stdio: ['ignore', out, out] });
    } finally {
      closeSync(out);
    }
    this.#exit = this.#untilExit();
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The end of what it wrote, for people. */
  lastWords(): string {
    const lines = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n');
    return [...new Set(lines.slice(-2).map(saidIn))].join(' | ');
  }

  /** Asks it to end, then makes it. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exit;
    clearTimeout(kill);
  }

  async #untilExit(): Promise<void> {
    try {
      await once(this.#child, 'exit');
    } catch {
      // It could not even be started; the next look sees that it does not run.
    }
    this.#isRunning = false;
  }
}

/** What a line of etcd's log says, without where in its program it was said. */
export function saidIn(line: string): string {
  try {
    const { msg, error } = JSON.parse(line) as { readonly msg?: unknown; readonly error?: unknown };
    const said = [msg, error].filter((each) => typeof each === 'string');
    if (said.length > 0) return said.join(': ').slice(0, SAID_CHARS_MAX);
  } catch {
    // A panic, or what the system said of a program that it could not start.
  }
  return line.slice(-SAID_CHARS_MAX);
}

const SAID_CHARS_MAX = 300;

function argumentsOf(launch: EtcdLaunch): readonly string[] {
  const { tls } = launch;
  const scheme = tls === undefined ? 'http' : 'https';
  const client = `${scheme}://${launch.host}:${launch.clientPort}`;
  const peer = `${scheme}://${launch.host}:${launch.peerPort}`;
  return [
    ...['--name', launch.name, '--data-dir', launch.dataDir],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...['--initial-cluster', launch.initialCluster],
    ...['--initial-cluster-state', launch.initialState],
    ...['--initial-cluster-token', 'muster'],
    ...['--heartbeat-interval', String(HEARTBEAT_MS), '--election-timeout', String(ELECTION_MS)],
    ...['--snapshot-count', String(SNAPSHOT_COUNT)],
    ...['--quota-backend-bytes', String(launch.quotaBytes)],
    // It makes additions wait for five quiet seconds each; membership.ts decides what is safe.
    '--strict-reconfig-check=false',
    ...['--logger', 'zap', '--log-level', 'warn'],
    ...(tls === undefined ? [] : tlsArguments(tls)),
  ];
}

function tlsArguments({ caFile, certFile, keyFile }: MemberTls): readonly string[] {
  return [
    ...['--client-cert-auth', '--peer-client-cert-auth'],
    ...['--cert-file', certFile, '--key-file', keyFile, '--trusted-ca-file', caFile],
    ...['--peer-cert-file', certFile, '--peer-key-file', keyFile],
    ...['--peer-trusted-ca-file', caFile],
    // Machines with several addresses call from another one than they are called at; who holds the
    // cluster's key is a member wherever it calls from.
    '--experimental-peer-skip-client-san-verification',
  ];
}

function openLog(file: string): number {
  const out = openSync(file, 'a', 0o600);
  if (statSync(file).size > LOG_BYTES_MAX) truncateSync(file, 0);
  return out;
}
