/**
 * Patroni with the agent as its store: two PostgreSQL servers, of which one at a time may write.
 * Each has its own way to the agent, so that one of them can be cut off.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { halt } from '../processes.ts';
import { AgentProcess } from './agent-process.ts';
import { patroniMissing, PostgresServer, SCOPE, Writers } from './patroni-stand.ts';

/** An election takes 20 s at most where the machine is quiet [ms]. */
const ELECTED_MS_MAX = 120_000;

const missing = patroniMissing();

describe('two servers that Patroni keeps', { skip: missing ?? false }, () => {
  let dir: string;
  let agent: AgentProcess;
  let a: PostgresServer;
  let b: PostgresServer;
  let writers: Writers | undefined;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'muster-pg-'));
    chmodSync(dir, 0o755);
    agent = await AgentProcess.startServer('log_level = "warn"');
    a = await PostgresServer.make('a', dir, agent.discoveryPort);
    b = await PostgresServer.make('b', dir, agent.discoveryPort);
  });

  after(async () => {
    agent.signal('SIGCONT');
    await writers?.end();
    for (const server of [a, b]) await server[Symbol.asyncDispose]();
    await agent[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  async function discovery(path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${agent.discoveryPort}${path}`, {
      signal: AbortSignal.timeout(10_000),
    });
    return response.status === 404 ? undefined : response.json();
  }

  /** Waits; where it is in vain, what everybody said is in the error. */
  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await agent.until(what, holds, ELECTED_MS_MAX).catch((error: unknown) => {
      const said = [a, b].map(({ name, output }) => `${name}:\n${output.slice(-3_000)}`);
      throw new Error(`${String(error)}\n${said.join('\n')}`);
    });
  }

  const says = async (server: PostgresServer, role: string): Promise<boolean> => {
    const told = await server.told();
    return told['state'] === 'running' && told['role'] === role;
  };

  /** The replica has what is written from now on before its writer hears of it. */
  const follows = (server: PostgresServer): Promise<void> =>
    until(`${server.name} follows`, async () => {
      const sync = (await discovery(`/v1/kv/service/${SCOPE}/sync?raw`)) as Record<string, unknown>;
      return (await says(server, 'replica')) && sync['sync_standby'] === server.name;
    });

  const leads = (server: PostgresServer): Promise<void> =>
    until(`${server.name} leads`, () => says(server, 'master'));

  const takes = (server: PostgresServer): Promise<void> => {
    const count = rowsOf(server);
    return until(`${server.name} takes rows`, () => Promise.resolve(rowsOf(server) > count));
  };

  const rowsOf = ({ name }: PostgresServer): number =>
    writers?.written.filter(({ server }) => server === name).length ?? 0;

  test('one is elected, the other follows it, and the catalog tells which is which', async () => {
    a.start();
    await leads(a);
    await a.sql('create table rows (id bigint primary key, server text)');
    b.start();
    await follows(b);
    writers = new Writers([a, b]);
    await takes(a);
    for (const [tag, { port }] of [
      ['master', a],
      ['replica', b],
    ] as const) {
      await until(`the catalog knows the ${tag}`, async () => {
        const found = await discovery(`/v1/health/service/${SCOPE}?passing&tag=${tag}`);
        return (found as { Service: { Port: number } }[])[0]?.Service.Port === port;
      });
    }
  });

  test('the other is elected when the leader is killed, and it comes back as a follower', async () => {
    await a.kill();
    await leads(b);
    await takes(b);
    a.start();
    await follows(a);
  });

  test('a leader that is cut off writes no more when the other is elected', async () => {
    b.link.cut();
    await leads(a);
    await takes(a);
    b.link.mend();
    await follows(b);
  });

  test('a leader whose agent stands still stops writing; one leads when it goes on', async () => {
    await halt(agent.pid);
    await until('nobody writes', async () => {
      const roles = await Promise.all([a.told(), b.told()]);
      return roles.every(({ role }) => role === 'replica');
    });
    agent.signal('SIGCONT');
    await until(
      'somebody leads',
      async () => (await says(a, 'master')) || (await says(b, 'master')),
    );
    const [leader, follower] = (await says(a, 'master')) ? [a, b] : [b, a];
    await takes(leader);
    await follows(follower);
  });

  test('never did two servers write, and nothing that was acknowledged is lost', async () => {
    await writers?.end();
    const { written = [] } = writers ?? {};
    const leader = (await says(a, 'master')) ? a : b;
    const holders = writers?.holders() ?? [];
    assert.deepEqual(holders, leader === a ? ['a', 'b', 'a'] : ['a', 'b', 'a', 'b']);
    const kept = new Set((await leader.sql('select id from rows')).split('\n').map(Number));
    assert.deepEqual(
      written.filter(({ id }) => !kept.has(id)),
      [],
    );
  });
});
