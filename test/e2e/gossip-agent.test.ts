/**
 * Agents in one pool, and a real `serf agent` with them: members, events both ways, keys, health of
 * nodes by failure detection, leaving.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess } from './agent-process.ts';
import { SerfProcess } from './serf-process.ts';

const KEY = 'cg8StVXbQJ0gPvMd9o7yrg==';
const OTHER_KEY = 'T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=';
const SERVER = `name = "s1"\nlog_level = "info"\nserver { encrypt = "${KEY}" }`;

async function discovery(agent: AgentProcess, path: string, method = 'GET'): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${agent.discoveryPort}${path}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Of a node, what gossip decides. */
async function serfHealth(agent: AgentProcess, node: string): Promise<string | undefined> {
  const checks = (await discovery(agent, `/v1/health/node/${node}`)) as {
    readonly CheckID: string;
    readonly Status: string;
  }[];
  return checks.find(({ CheckID }) => CheckID === 'serfHealth')?.Status;
}

async function shows(agent: AgentProcess, line: RegExp): Promise<boolean> {
  return line.test((await agent.run('members')).out);
}

test('an agent and serf in one encrypted pool', { timeout: 400_000 }, async () => {
  await using agent = await AgentProcess.make(SERVER);
  await agent.start();
  const heard = join(agent.dir, 'heard');
  const handler = `-event-handler=user:deploy=cat > ${heard}`;
  await using serf = await SerfProcess.start('theirs', `-encrypt=${KEY}`, handler);
  const { code, out } = await agent.run('join', `127.0.0.1:${serf.port}`);
  assert.deepEqual([code, out], [0, 'Successfully joined cluster by contacting 1 nodes.\n']);
  await agent.until('members shows serf', () => shows(agent, /^theirs +127\.0\.0\.1:\d+ +alive/m));
  assert.ok(await shows(agent, /^s1 +127\.0\.0\.1:\d+ +alive +server +\S+ +2 +dc1 +<all>/m));
  assert.equal(await serf.status('s1'), 'alive');

  await agent.run('event', '-name', 'deploy', 'v2');
  await serf.until('serf hears ours', () => readFileSync(heard, 'utf8').trim() === 'v2');
  await serf.call('event', '-coalesce=false', 'from-serf', 'hello');
  await agent.until('our list has its event', async () => {
    const events = (await discovery(agent, '/v1/event/list?name=from-serf')) as {
      readonly Payload: string;
    }[];
    return Buffer.from(events[0]?.Payload ?? '', 'base64').toString() === 'hello';
  });
  const fired = (await discovery(agent, '/v1/event/list')) as readonly unknown[];
  assert.equal(fired.length, 2, 'none came back');

  const listed = await agent.run('keyring', '-list');
  assert.match(listed.out, /cg8StVXbQJ0gPvMd9o7yrg== \[2\/2\]/);
  for (const flag of [`-install=${OTHER_KEY}`, `-use=${OTHER_KEY}`, `-remove=${KEY}`]) {
    const changed = await agent.run('keyring', flag);
    assert.equal(changed.code, 0, changed.out);
  }
  assert.match(await serf.call('keys', '-list'), /qir37s= +\[2\/2\]/);
  await agent.end('SIGTERM');
  await agent.start();
  await agent.until('both are there', () => shows(agent, /^theirs +\S+ +alive/m), 120_000);
  const kept = (await agent.run('keyring', '-list')).out;
  assert.match(kept, /qir37s= \[2\/2\]/);
  assert.doesNotMatch(kept, /yrg==/, 'the configured one, which was removed, is not back');

  await serf.end('SIGKILL');
  await agent.until('serf has failed', () => shows(agent, /^theirs +\S+ +failed/m), 120_000);
  assert.equal((await agent.run('force-leave', 'theirs')).code, 0);
  await agent.until('serf has left', () => shows(agent, /^theirs +\S+ +left/m));
  assert.notEqual((await agent.run('force-leave', 'nobody')).code, 0);
});

test(
  'a node whose agent dies is critical, and well again when it is back',
  { timeout: 400_000 },
  async () => {
    await using server = await AgentProcess.make(SERVER);
    await server.start();
    await using client = await AgentProcess.make(clientOf(server));
    client.launch();
    await server.until(
      'both are members',
      () => shows(server, /^c1 +\S+ +alive +client/m),
      120_000,
    );
    await server.until(
      'c1 is well',
      async () => (await serfHealth(server, 'c1')) === 'passing',
      120_000,
    );
    assert.match((await client.run('members')).out, /^s1 +\S+ +alive +server/m);
    await client.end('SIGKILL');
    await server.until(
      'c1 is critical',
      async () => (await serfHealth(server, 'c1')) === 'critical',
      120_000,
    );
    client.launch();
    await server.until(
      'c1 is well again',
      async () => (await serfHealth(server, 'c1')) === 'passing',
      120_000,
    );
    await server.until(
      'rtt is known',
      async () => (await server.run('rtt', 's1', 'c1')).code === 0,
      120_000,
    );
    assert.equal((await client.run('leave')).code, 0);
    await server.until('c1 has left', () => shows(server, /^c1 +\S+ +left/m));
    await server.until('c1 is no node', async () => {
      return (await discovery(server, '/v1/catalog/node/c1')) === null;
    });
  },
);

/** An agent without a server role, which finds one by the ports of its link and its gossip. */
function clientOf(server: AgentProcess): string {
  return `
    name = "c1"
    log_level = "info"
    server {
      enabled = false
      encrypt = "${KEY}"
      retry_join = ["127.0.0.1:${server.serfPort}"]
    }
    client { servers = ["127.0.0.1:${server.rpcPort}"] }`;
}
