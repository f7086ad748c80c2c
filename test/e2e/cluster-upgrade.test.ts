/** Servers are stopped and started one after the other, as for an upgrade: no request fails. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

const skip = spawnSync('etcd', ['--version']).error === undefined ? false : 'there is no etcd';

/** Requests of one caller of one agent, one after the other, on the connection that is there. */
class Caller {
  readonly failed: string[] = [];
  made = 0;
  readonly #agent: LoopbackAgent;
  readonly #kind: number;

  constructor(agent: LoopbackAgent, kind: number) {
    this.#agent = agent;
    this.#kind = kind;
  }

  async once(): Promise<void> {
    const key = `/v1/kv/at/${this.#agent.name}/${this.#kind}`;
    const job = { port: 4646 };
    const kinds = [
      () => ask(this.#agent, key, { port: 8500, method: 'PUT', body: String(this.made) }),
      () => ask(this.#agent, `${key}?consistent`, { port: 8500 }),
      () => ask(this.#agent, '/v1/catalog/nodes', { port: 8500 }),
      () => ask(this.#agent, '/v1/nodes?stale', job),
      () => ask(this.#agent, '/v1/jobs', job),
    ];
    this.made += 1;
    try {
      const answer = await kinds[this.#kind % kinds.length]?.();
      const told = await answer?.text();
      // A key that nobody has put yet is an answer.
      if (answer?.ok !== true && answer?.status !== 404) this.failed.push(String(told));
    } catch (error) {
      const { cause } = error as Error;
      this.failed.push(
        `${String(error)} ${String((cause as { code?: string } | undefined)?.code)}`,
      );
    }
  }
}

test('each server in turn is stopped and started: requests of others go on, and to it end well', async (t) => {
  if (skip !== false) {
    t.skip(skip);
    return;
  }
  await using agents = new LoopbackAgents();
  const listed = [1, 2, 3].map((each) => `"${agents.addressOf(each)}"`).join(', ');
  const common = `enabled = true\n bootstrap_expect = 3\n retry_join = [${listed}]`;
  const servers = [1, 2, 3].map((each) => agents.start(`s${each}`, each, `server {\n${common}\n}`));
  const client = agents.start('c4', 4, `client {\n enabled = true\n servers = [${listed}]\n}`);
  await agents.until('the node is ready', async () => {
    const all = [client, ...servers].map((each) => askJson(each, '/v1/nodes'));
    const known = (await Promise.all(all)) as (readonly { Status: string }[])[];
    return known.every((nodes) => nodes[0]?.Status === 'ready');
  });
  for (const server of servers) {
    const stop = new AbortController();
    const others = [...servers.filter((each) => each !== server), client];
    const callers = others.flatMap((at) => [0, 1, 2, 3, 4].map((kind) => new Caller(at, kind)));
    // Whoever asks the one that stops asks on until it is refused.
    const own = [0, 1, 2, 3, 4].map((kind) => new Caller(server, kind));
    const calling = callers.map(async (each) => {
      while (!stop.signal.aborted) {
        await each.once();
        await delay(10);
      }
    });
    const until = own.map(async (each) => {
      while (each.failed.length === 0) {
        await each.once();
        await delay(10);
      }
    });
    const all = [...callers, ...own];
    await agents.until('all are asking', () => Promise.resolve(all.every(({ made }) => made > 2)));
    const { child } = server;
    assert.ok(child !== undefined);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await Promise.all(until);
    agents.again(server);
    await agents.until(`${server.name} is back`, async () => {
      const { status } = await ask(server, '/v1/operator/autopilot/health', { port: 8500 });
      return status === 200;
    });
    stop.abort();
    await Promise.all(calling);
    const failed = callers.flatMap((each) => each.failed);
    assert.deepEqual(failed, [], `while ${server.name} was away`);
    const made = callers.map((each) => each.made);
    assert.ok(Math.min(...made) > 1, `none stood still: ${made.join(' ')}`);
    // Whom it let in it answers; the others are turned away before they were heard.
    const turnedAway = own.flatMap((each) => each.failed);
    assert.ok(
      turnedAway.every((told) => told.includes('fetch failed')),
      turnedAway.join('\n'),
    );
  }
});
