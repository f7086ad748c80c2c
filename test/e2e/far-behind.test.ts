/** Servers whose state is older than what their log still holds take over another's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';
import { halt } from '../processes.ts';
import { ask, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

const skip = withoutEtcd ?? false;
/** Entries that the log keeps, and more than that. */
const KEPT = 20;
const WRITES = 200;

/** Servers that share a log. */
class Stand {
  readonly agents = new LoopbackAgents();
  readonly #servers: readonly LoopbackAgent[];
  readonly #endpoint: string;

  /** @param endpoint of somebody else's etcd; absent: each has a member */
  constructor(count: number, endpoint?: string) {
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const listed = numbers.map((each) => `"${this.agents.addressOf(each)}"`).join(', ');
    const etcd = endpoint === undefined ? '' : `etcd { endpoints = ["${endpoint}"] }`;
    const roles = `server {
      enabled            = true
      bootstrap_expect   = ${count}
      retry_join         = [${listed}]
      raft_trailing_logs = ${KEPT}
      ${etcd}
    }`;
    this.#servers = numbers.map((each) => this.agents.start(`s${each}`, each, roles));
    this.#endpoint = endpoint ?? '';
  }

  async ready(): Promise<void> {
    await this.agents.until('there is a follower', async () => {
      await this.follower();
      return true;
    });
    // A server that has not begun to follow cannot be stopped doing so.
    await this.untilSame();
  }

  /** One that does not lead, and the others. */
  async follower(): Promise<{ readonly one: LoopbackAgent; readonly leader: LoopbackAgent }> {
    const [first] = this.#servers;
    if (first === undefined) throw new Error('there are servers');
    const told = await (await ask(first, '/v1/status/leader', { port: 8500 })).text();
    const leader = this.#servers.find(({ address }) => told.includes(`${address}:`));
    const one = this.#servers.find((each) => each !== leader);
    if (leader === undefined || one === undefined) throw new Error('nobody leads');
    return { one, leader };
  }

  /** Writes more than the log keeps, and waits until it has let go of the first of it. */
  async writeMuch(leader: LoopbackAgent, name: string): Promise<void> {
    for (let n = 0; n < WRITES; n++) {
      await this.agents.until(`"${name}/${n}" is written`, async () => {
        const init = { port: 8500, method: 'PUT', body: `${name} ${n}` };
        return (await ask(leader, `/v1/kv/${name}/${n}`, init)).ok;
      });
    }
    const first = (prefix: string, what: string): string =>
      this.etcdctl(leader, 'get', '--prefix', prefix, '--limit', '1', what);
    const head = Number(first('muster/head', '--print-value-only'));
    // Some moment later, once the leader's checkpoint is written.
    await this.agents.until('the log begins later', () => {
      const [, begin = '0'] = /log\/(\d+)-/.exec(first('muster/log/', '--keys-only')) ?? [];
      return Promise.resolve(Number(begin) > head - WRITES + 1);
    });
  }

  etcdctl({ address }: LoopbackAgent, ...args: readonly string[]): string {
    const endpoint = this.#endpoint === '' ? `${address}:2379` : this.#endpoint;
    const env = { ...process.env, ETCDCTL_API: '3' };
    return spawnSync('etcdctl', ['--endpoints', endpoint, ...args], { encoding: 'utf8', env })
      .stdout;
  }

  /** Until all are at one index with one hash. */
  async untilSame(): Promise<void> {
    await this.agents.until('all have the same', async () => {
      const states = await Promise.all(this.#servers.map(stateOf));
      return new Set(states).size === 1;
    });
  }

  tookOver(server: LoopbackAgent): number {
    return this.agents.outputOf(server).split('takes over the state').length - 1;
  }
}

/** The index and the hash of a server's own state. */
async function stateOf(server: LoopbackAgent): Promise<string> {
  const answer = await ask(server, '/v1/snapshot?stale', { port: 8500 });
  const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString('latin1');
  const [found] = /"Index":\d+.*?"Hash":"[0-9a-f]+"/.exec(text) ?? [];
  if (found === undefined) throw new Error(`${server.name} has no state`);
  return found;
}

let stand: Stand;
before(async () => {
  if (skip !== false) return;
  stand = new Stand(3);
  await stand.ready();
});
after(async () => {
  if (skip === false) await stand.agents[Symbol.asyncDispose]();
});

test('a server that was away for long comes back with everything', { skip }, async () => {
  const { one, leader } = await stand.follower();
  await stand.agents.kill(one);
  await stand.writeMuch(leader, 'away');
  stand.agents.again(one);
  await stand.untilSame();
  assert.equal(stand.tookOver(one), 1);
});

test('a server that lost its disk comes back with everything', { skip }, async () => {
  const { one, leader } = await stand.follower();
  const before = stand.tookOver(one);
  await stand.agents.kill(one);
  rmSync(join(stand.agents.dir, one.name), { recursive: true, force: true });
  await stand.writeMuch(leader, 'lost');
  stand.agents.again(one);
  await stand.untilSame();
  assert.equal(stand.tookOver(one), before + 1);
});

test('a server that stood still for long goes on with everything', { skip }, async () => {
  const etcd = await startEtcd();
  // Of three: the log forgets what a majority has kept.
  const shared = new Stand(3, etcd.endpoints[0]);
  try {
    await shared.ready();
    const { one, leader } = await shared.follower();
    await halt(one.child?.pid ?? 0);
    // What it watches breaks off, and cannot go on without the old revisions.
    for (const member of etcd.members) {
      await member.kill();
      member.start();
    }
    await shared.writeMuch(leader, 'still');
    const [, revision = ''] =
      /"revision":(\d+)/.exec(shared.etcdctl(leader, 'get', 'x', '-w=json')) ?? [];
    assert.match(shared.etcdctl(leader, 'compact', revision), /compacted/);
    one.child?.kill('SIGCONT');
    await shared.untilSame();
    assert.equal(shared.tookOver(one), 1);
    assert.match(shared.agents.outputOf(one), /begins anew/);
    assert.equal(one.child?.exitCode, null);
    const written = await ask(one, '/v1/kv/still/7?raw&stale', { port: 8500 });
    assert.equal(await written.text(), 'still 7');
  } finally {
    await shared.agents[Symbol.asyncDispose]();
    await etcd.end();
  }
});
