/** Servers that manage their own etcd members: begin, restart, fail over, lose a disk, be replaced. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { ServerPeer } from '../../src/core/etcd-member/membership.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import { makeMemberTls } from '../../src/io/etcd-member/member-tls.ts';
import { withoutEtcd } from '../etcd-process.ts';
import { halt } from '../processes.ts';

const PATIENCE_MS = 120_000;
const options = { skip: withoutEtcd ?? false, timeout: 600_000 };

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `waited too long until ${what}`);
    await systemClock.sleep(20, new AbortController().signal);
  }
}

/** One server, across restarts. */
class Server {
  readonly name: string;
  readonly host: string;
  readonly dir: string;
  readonly lines: string[] = [];
  readonly acked = new Map<number, string>();
  readonly #others: () => readonly Server[];
  readonly #key: string;
  #child: ChildProcess | undefined;
  id = '';
  stage: ServerPeer['stage'] = 'new';
  status: ServerPeer['status'] = 'failed';
  isLeading = false;
  isOpen = false;
  last = 0;
  hash = '';
  ackedAt = 0;

  /** @param key of the cluster */
  constructor(root: string, at: number, key: string, others: () => readonly Server[]) {
    this.#key = key;
    this.name = `s${at}`;
    this.host = `127.0.0.${at}`;
    this.dir = join(root, this.name);
    this.#others = others;
  }

  start(env: NodeJS.ProcessEnv = process.env): void {
    const program = join(import.meta.dirname, 'etcd-member-main.ts');
    const args = ['--import', 'tsx', program, this.dir, this.name, this.host, '3', this.#key];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#child = child;
    // It may be killed while it is told something.
    child.stdin.on('error', () => undefined);
    child.on('exit', () => {
      if (this.#child !== child) return;
      this.status = 'failed';
      this.isLeading = false;
      this.isOpen = false;
      shareKnowledge(this.#others());
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
  }

  #hear(line: string): void {
    this.lines.push(line);
    const [word, first = '', second = ''] = line.split(' ');
    if (word === 'id') this.id = first;
    if (word === 'stage') {
      this.stage = first as ServerPeer['stage'];
      this.status = 'alive';
      shareKnowledge(this.#others());
    }
    if (word === 'open') this.isOpen = true;
    if (word === 'leads') this.isLeading = true;
    if (word === 'follows') this.isLeading = false;
    if (word === 'at') [this.last, this.hash] = [Number(first), second];
    if (word === 'acked') {
      this.acked.set(Number(second), `${this.id}/${first}`);
      this.ackedAt = Date.now();
    }
  }

  tell(peers: readonly ServerPeer[]): void {
    if (this.status === 'alive') this.#child?.stdin?.write(`${JSON.stringify(peers)}\n`);
  }

  asPeer(): ServerPeer {
    const { id, name, host, stage, status } = this;
    return { ...{ id, name, host, stage, status }, clientPort: 2379, peerPort: 2380, expect: 3 };
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Resolves when it stands still. */
  async halt(): Promise<void> {
    await halt(this.#child?.pid ?? 0);
  }

  async end(name: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(name);
    await gone;
  }
}

/** What gossip would do. */
function shareKnowledge(servers: readonly Server[]): void {
  const known = servers.filter(({ id }) => id !== '');
  for (const server of known) {
    server.tell(known.filter((other) => other !== server).map((other) => other.asPeer()));
  }
}

class Cluster implements AsyncDisposable {
  readonly #root = mkdtempSync(join(tmpdir(), 'muster-members-'));
  servers: Server[] = [];

  add(at: number, key = ''): Server {
    const server = new Server(this.#root, at, key, () => this.servers);
    this.servers.push(server);
    return server;
  }

  get leader(): Server | undefined {
    return this.servers.find(({ isLeading }) => isLeading);
  }

  async agree(count: number): Promise<void> {
    await until(`${count} servers are open and one leads`, () => {
      const open = this.servers.filter(({ isOpen }) => isOpen);
      return open.length === count && this.leader !== undefined;
    });
  }

  async written(more: number): Promise<void> {
    const target = this.#newest() + more;
    await until(`${more} more entries are acknowledged`, () => this.#newest() >= target);
  }

  #newest(): number {
    return Math.max(0, ...this.servers.flatMap(({ acked }) => [...acked.keys()]));
  }

  /** Stops the writers with a SIGTERM to all but compares what all had at one index first. */
  async sameState(): Promise<void> {
    const seen = new Map<number, Set<string>>();
    const look = (): boolean => {
      for (const { last, hash, isOpen } of this.servers) {
        if (isOpen) seen.set(last, (seen.get(last) ?? new Set()).add(hash));
      }
      return seen.size > 20;
    };
    await until('states can be compared', look);
    for (const [index, hashes] of seen) assert.equal(hashes.size, 1, `states differ at ${index}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) server.signal('SIGCONT');
    await Promise.all(this.servers.map((server) => server.end('SIGKILL')));
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** The processes of etcd whose data lies under a directory. */
function membersUnder(dir: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false;
      const file = `/proc/${pid}/cmdline`;
      try {
        return existsSync(file) && readFileSync(file, 'utf8').includes(`${dir}/etcd/member-data`);
      } catch {
        return false;
      }
    });
}

test(
  'three servers begin a cluster, and survive kills, stops, restarts and a lost disk',
  options,
  async (t) => {
    await using cluster = new Cluster();
    for (const at of [1, 2, 3]) cluster.add(at).start();
    const startedAt = Date.now();
    await cluster.agree(3);
    t.diagnostic(`three servers lead and follow after ${Date.now() - startedAt} ms`);
    await cluster.written(50);

    const killed = cluster.leader;
    assert.ok(killed !== undefined);
    await killed.end('SIGKILL');
    const killedAt = Date.now();
    await until('its etcd is gone, too', () => membersUnder(killed.dir).length === 0);
    await cluster.agree(2);
    await cluster.written(1);
    t.diagnostic(`leader killed: written again within ${Date.now() - killedAt} ms`);
    await cluster.written(50);
    killed.start();
    await cluster.agree(3);
    await cluster.sameState();

    const stopped = cluster.leader;
    assert.ok(stopped !== undefined);
    await stopped.halt();
    const stoppedAt = Date.now();
    const others = cluster.servers.filter((server) => server !== stopped);
    await until('another leads', () => others.some(({ isLeading }) => isLeading));
    await cluster.written(1);
    t.diagnostic(`leader stopped: written again within ${Date.now() - stoppedAt} ms`);
    stopped.signal('SIGCONT');
    await until('the stopped one follows', () => !stopped.isLeading);
    await cluster.written(50);
    await cluster.sameState();

    const planned = cluster.leader;
    assert.ok(planned !== undefined);
    const plannedAt = Date.now();
    await planned.end('SIGTERM');
    assert.equal(membersUnder(planned.dir).length, 0);
    await cluster.agree(2);
    const left = cluster.servers.filter((server) => server !== planned);
    const ackedAt = (): number => Math.max(...left.map((server) => server.ackedAt));
    await until('the next one writes', () => ackedAt() > plannedAt);
    t.diagnostic(`planned stop: written again within ${ackedAt() - plannedAt} ms`);
    planned.start();
    await cluster.agree(3);

    for (const server of cluster.servers) await server.end('SIGKILL');
    for (const server of cluster.servers) server.start();
    await cluster.agree(3);
    await cluster.written(20);
    await cluster.sameState();

    const wiped = cluster.servers.find(({ isLeading }) => !isLeading);
    assert.ok(wiped !== undefined);
    await wiped.end('SIGKILL');
    rmSync(wiped.dir, { recursive: true });
    wiped.start();
    await until('it is back', () => wiped.isOpen);
    await cluster.agree(3);
    await cluster.written(20);
    await cluster.sameState();
  },
);

test('with a key members prove themselves, and strangers are refused', options, async () => {
  await using cluster = new Cluster();
  for (const at of [1, 2, 3]) cluster.add(at, 'a shared key').start();
  await cluster.agree(3);
  await cluster.written(20);
  await cluster.sameState();
  const endpoints = ['127.0.0.1:2379'];
  const dir = mkdtempSync(join(tmpdir(), 'muster-stranger-'));
  const tls = await makeMemberTls(dir, 'another key', '127.0.0.1');
  for (const how of [{ endpoints }, { endpoints, tls }]) {
    const stranger = new EtcdClient(how, { clock: systemClock });
    await assert.rejects(stranger.range({ key: 'muster/head' }, { deadlineMs: 3_000 }));
    stranger.close();
  }
  rmSync(dir, { recursive: true });
});

test('a dead server is replaced by a new one', options, async () => {
  await using cluster = new Cluster();
  for (const at of [1, 2, 3]) cluster.add(at).start();
  await cluster.agree(3);
  await cluster.written(20);
  const dead = cluster.servers.find(({ isLeading }) => !isLeading);
  assert.ok(dead !== undefined);
  await dead.end('SIGKILL');
  const fresh = cluster.add(4);
  fresh.start();
  await until('the new one is open', () => fresh.isOpen);
  await until('the dead one is removed', () =>
    cluster.servers.some(({ lines }) => lines.some((line) => line.includes('removes the member'))),
  );
  cluster.servers = cluster.servers.filter((server) => server !== dead);
  // Of the three, one more may be lost now.
  const next = cluster.servers.find((server) => server !== fresh && !server.isLeading);
  await next?.end('SIGKILL');
  await cluster.written(20);
});

test('without etcd on PATH it is said how to get it', options, () => {
  const program = join(import.meta.dirname, 'etcd-member-main.ts');
  const dir = mkdtempSync(join(tmpdir(), 'muster-members-'));
  const args = ['--import', 'tsx', program, dir, 's1', '127.0.0.1', '3'];
  const ended = spawnSync(process.execPath, args, { env: { PATH: '/nowhere' }, encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  assert.match(ended.stderr, /no "etcd" on PATH: install it \(Debian.*apt-get install etcd-server/);
});
