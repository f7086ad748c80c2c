/**
 * What does not depend on which agent is asked, and what does: a write is read by whoever asks
 * next, wherever; "this node" and "this datacenter" are those of the agent that was asked, although
 * the leader answers.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { after, before, test } from 'node:test';
import { apiJob } from './agent-process.ts';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

const skip = spawnSync('etcd', ['--version']).error === undefined ? false : 'there is no etcd';
const agents = new LoopbackAgents();
const DATACENTERS = new Map([
  ['s1', 'dc1'],
  ['s2', 'dc1'],
  ['s3', 'dc2'],
  ['c4', 'dc2'],
]);
let all: readonly LoopbackAgent[] = [];

before(async () => {
  if (skip !== false) return;
  const listed = [1, 2, 3].map((each) => `"${agents.addressOf(each)}"`).join(', ');
  const server = `server {
    enabled          = true
    bootstrap_expect = 3
    retry_join       = [${listed}]
  }`;
  const client = `client {
    enabled = true
    servers = [${listed}]
  }`;
  all = [...DATACENTERS].map(([name, datacenter], i) =>
    agents.start(
      name,
      i + 1,
      `datacenter = "${datacenter}"\ndisable_remote_exec = false\n${name === 'c4' ? client : server}`,
    ),
  );
  await agents.until('all nodes are in the catalog', async () => {
    const told = await Promise.all(all.map((each) => nodesAt(each)));
    return told.every(({ length }) => length === 2);
  });
});
after(() => agents[Symbol.asyncDispose]());

async function nodesAt(agent: LoopbackAgent): Promise<string[]> {
  const answer = await ask(agent, '/v1/catalog/nodes', { port: 8500 });
  return ((await answer.json()) as { Node: string }[]).map(({ Node }) => Node).sort();
}

async function put(agent: LoopbackAgent, path: string, body: unknown = ''): Promise<unknown> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await ask(agent, path, { port: 8500, method: 'PUT', body: text });
  assert.equal(answer.status, 200, path);
  const said = await answer.text();
  return said === '' ? undefined : JSON.parse(said);
}

test(
  'what was written through one agent is read at once through every other',
  { skip },
  async () => {
    const chain = async (agent: LoopbackAgent, writer: number): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const key = `/v1/kv/chain/${writer}`;
        assert.equal(await put(agent, key, `${i}`), true);
        const read = async (from: LoopbackAgent, how: string): Promise<void> => {
          const answer = await ask(from, `${key}?raw${how}`, { port: 8500 });
          assert.equal(await answer.text(), `${i}`, `${agent.name}, ${from.name}${how}`);
        };
        await read(agent, '');
        await Promise.all(all.flatMap((from) => [read(from, ''), read(from, '&consistent')]));
      }
    };
    await Promise.all(all.map((agent, writer) => chain(agent, writer)));
  },
);

test('so is a job, with its evaluation and what became of it', { skip }, async () => {
  for (const [i, agent] of all.entries()) {
    const body = JSON.stringify(apiJob(`read-${i}`, 'exec sleep 600', { Datacenters: ['dc9'] }));
    const answer = await ask(agent, '/v1/jobs', { method: 'PUT', body });
    const { EvalID, JobModifyIndex } = (await answer.json()) as Record<string, string | number>;
    for (const from of all) {
      const job = (await askJson(from, `/v1/job/read-${i}`)) as { JobModifyIndex: number };
      assert.equal(job.JobModifyIndex, JobModifyIndex, `${agent.name}, ${from.name}`);
      const found = (await askJson(from, `/v1/evaluation/${EvalID}`)) as { ID: string };
      assert.equal(found.ID, EvalID, `${agent.name}, ${from.name}`);
    }
    assert.equal((await ask(agent, `/v1/job/read-${i}`, { method: 'DELETE' })).status, 200);
    for (const from of all) {
      const job = (await askJson(from, `/v1/job/read-${i}`)) as { Stop: boolean };
      assert.equal(job.Stop, true, `${agent.name}, ${from.name}`);
    }
  }
});

test('a session belongs to the node of the agent that was asked for it', { skip }, async () => {
  for (const agent of all) {
    const { ID } = (await put(agent, '/v1/session/create')) as { ID: string };
    const answer = await ask(agent, `/v1/session/info/${ID}`, { port: 8500 });
    const [session] = (await answer.json()) as { Node: string; NodeChecks: string[] }[];
    assert.equal(session?.Node, agent.name);
    assert.deepEqual(session.NodeChecks, ['serfHealth']);
  }
});

test('an agent that is asked for no datacenter answers for its own', { skip }, async () => {
  for (const agent of all) {
    const own = DATACENTERS.get(agent.name);
    assert.deepEqual(await nodesAt(agent), own === 'dc1' ? ['s1', 's2'] : ['c4', 's3']);
    const service = { Name: `only-${agent.name}`, Port: 80, Address: agent.address };
    await put(agent, '/v1/agent/service/register', service);
    const node = { Node: `beside-${agent.name}`, Address: '10.1.1.1' };
    await put(agent, '/v1/catalog/register', node);
    const path = `/v1/catalog/node/beside-${agent.name}?dc=${own}`;
    const told = (await (await ask(agent, path, { port: 8500 })).json()) as {
      Node: { Datacenter: string };
    };
    assert.equal(told.Node.Datacenter, own);
    await put(agent, '/v1/catalog/deregister', { Node: node.Node });
  }
  for (const agent of all) {
    const resolver = new Resolver({ timeout: 10_000, tries: 1 });
    resolver.setServers([`${agent.address}:8600`]);
    const own = DATACENTERS.get(agent.name);
    for (const other of all) {
      const there = DATACENTERS.get(other.name);
      const what = `${other.name}, of ${agent.name}`;
      await agents.until(`${what} by the name of its datacenter`, async () => {
        const found = await resolver.resolve4(`only-${other.name}.service.${there}.consul`);
        return found[0] === other.address;
      });
      const plain = resolver.resolve4(`only-${other.name}.service.consul`);
      if (own === there) assert.deepEqual(await plain, [other.address], what);
      else await assert.rejects(plain, { code: 'ENOTFOUND' }, what);
    }
  }
});

test(
  'exec reaches every agent, whichever is asked, with a server or without',
  { skip },
  async () => {
    for (const agent of [all[0], all[3]]) {
      assert.ok(agent);
      const out = await agents.run(agent, 'exec', '-wait=10s', 'echo here; exit 3');
      for (const { name } of all) {
        assert.match(out, new RegExp(`^ {4}${name}: here$`, 'm'), out);
        assert.match(out, new RegExp(`^==> ${name}: finished with exit code 3$`, 'm'), out);
      }
      assert.match(out, /^4 \/ 4 node\(s\) completed/m, out);
    }
  },
);

test('an agent that lost its server hears the next exec again', { skip }, async () => {
  const [, , third, client] = all;
  assert.ok(third && client);
  await agents.kill(third);
  const out = await agents.run(client, 'exec', '-wait=10s', '-node=^c4$', 'echo here');
  assert.match(out, /^ {4}c4: here$/m, out);
  agents.again(third);
});
