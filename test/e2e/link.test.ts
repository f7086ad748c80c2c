/** An agent without a server role beside a server, over the agent link. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Resolver } from 'node:dns/promises';
import { apiJob } from './agent-process.ts';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

const agents = new LoopbackAgents();
let server: LoopbackAgent;
let client: LoopbackAgent;

before(async () => {
  server = agents.start('s1', 1, 'server { enabled = true }');
  client = agents.start(
    'c4',
    4,
    `client {
       enabled = true
       servers = ["${agents.addressOf(1)}"]
     }
     enable_script_checks = true`,
  );
  await agents.until('the node is ready', async () => (await statusOfNode()) === 'ready');
});
after(() => agents[Symbol.asyncDispose]());

async function statusOfNode(): Promise<string | undefined> {
  const nodes = (await askJson(server, '/v1/nodes')) as readonly { Status: string }[];
  return nodes[0]?.Status;
}

async function allocOf(job: string): Promise<{ ID: string; ClientStatus: string } | undefined> {
  const path = `/v1/job/${job}/allocations`;
  return ((await askJson(server, path)) as { ID: string; ClientStatus: string }[])[0];
}

async function runJob(id: string, script: string): Promise<string> {
  const body = JSON.stringify(apiJob(id, script));
  assert.equal((await ask(client, '/v1/jobs', { method: 'PUT', body })).status, 200);
  await agents.until(`${id} runs`, async () => (await allocOf(id))?.ClientStatus === 'running');
  return (await allocOf(id))?.ID ?? '';
}

test('requests to the client are answered by the server, as the server answers them', async () => {
  for (const path of ['/v1/nodes', '/v1/jobs', '/v1/status/leader', '/v1/nodes?pretty', '/v1/no']) {
    // Something may have changed between the two.
    await agents.until(`both answer ${path} alike`, async () => {
      const answers = await Promise.all([client, server].map((agent) => ask(agent, path)));
      const [near, far] = answers.map(async (each) => `${each.status} ${await each.text()}`);
      return (await near) === (await far);
    });
  }
  const put = await ask(client, '/v1/kv/a%2Fb', { port: 8500, method: 'PUT', body: 'value' });
  assert.equal(await put.text(), 'true');
  const got = await ask(server, '/v1/kv/a/b?raw', { port: 8500 });
  assert.equal(await got.text(), 'value');
  const missing = await ask(client, '/v1/kv/nothing', { port: 8500 });
  assert.equal(missing.status, 404);
  assert.ok(Number(missing.headers.get('x-consul-index')) > 0);
  const large = 'x'.repeat(400_000);
  await ask(client, '/v1/kv/large', { port: 8500, method: 'PUT', body: large });
  assert.equal(await (await ask(client, '/v1/kv/large?raw', { port: 8500 })).text(), large);
});

test('what concerns the agent itself, it answers itself', async () => {
  const self = (await askJson(client, '/v1/agent/self')) as { config: { NodeName: string } };
  assert.equal(self.config.NodeName, 'c4');
  const body = JSON.stringify({ Name: 'ext', Port: 99, Check: { Args: ['true'], Interval: '1s' } });
  const registered = await ask(client, '/v1/agent/service/register', {
    ...{ port: 8500, method: 'PUT', body },
  });
  assert.equal(registered.status, 200, await registered.text());
  await agents.until('it is healthy in the catalog', async () => {
    const path = '/v1/health/service/ext?passing';
    const found = (await (await ask(server, path, { port: 8500 })).json()) as unknown[];
    return found.length === 1;
  });
});

test('a blocking question waits, is woken, and is given up with its sender', async () => {
  const first = await ask(client, '/v1/kv/w?index=0', { port: 8500 });
  const index = first.headers.get('x-consul-index') ?? '';
  const waiting = ask(client, `/v1/kv/w?index=${index}&wait=60s`, { port: 8500 });
  await ask(server, '/v1/kv/w', { port: 8500, method: 'PUT', body: 'now' });
  assert.equal((await waiting).status, 200);
  const stop = new AbortController();
  const path = `/v1/kv/never?index=${(await waiting).headers.get('x-consul-index')}&wait=60s`;
  const parked = async (): Promise<number> => {
    const metrics = (await askJson(server, '/v1/metrics')) as {
      Gauges: readonly { Name: string; Value: number }[];
    };
    return metrics.Gauges.find(({ Name }) => Name === 'muster.server.parked_queries')?.Value ?? 0;
  };
  // Many: agents park questions of their own all the time.
  const before = await parked();
  const given = Array.from({ length: 20 }, () =>
    assert.rejects(ask(client, path, { port: 8500, signal: stop.signal })),
  );
  await agents.until('they are parked', async () => (await parked()) >= before + 15);
  stop.abort();
  await Promise.all(given);
  await agents.until('they are parked no longer', async () => (await parked()) < before + 5);
});

test('DNS of the client answers as the server does, and with an error where none does', async () => {
  const resolver = new Resolver();
  resolver.setServers([`${client.address}:8600`]);
  assert.deepEqual(await resolver.resolve4('c4.node.consul'), [client.address]);
});

test('output, files and commands of a task are reached through the server', async () => {
  const id = await runJob('talk', 'echo "$NOMAD_ALLOC_ID" >local/me; echo out; exec sleep 600');
  await agents.until('it spoke', async () =>
    (await agents.run(server, 'logs', id)).includes('out'),
  );
  assert.match(await agents.run(server, 'alloc', 'fs', id, 't/local/me'), new RegExp(id));
  assert.match(await agents.run(server, 'alloc', 'exec', id, 'echo', 'from afar'), /from afar/);
  assert.match(await agents.run(client, 'alloc', 'exec', id, 'echo', 'from here'), /from here/);
  assert.match(await agents.run(server, 'alloc', 'exec', id, 'no-such-command'), /no-such-command/);
  const unknown = await ask(server, `/v1/client/fs/ls/${id}?path=nowhere`);
  assert.ok(unknown.status >= 400 && unknown.status < 600);
});

test('tasks go on while the server is gone, and while the client is', async () => {
  const id = await runJob('stay', 'echo $$; exec sleep 600');
  const pid = async (): Promise<string> => agents.run(server, 'logs', id);
  await agents.until('it spoke', async () => /^\d+$/m.test(await pid()));
  const told = await pid();
  const alive = (): boolean => process.kill(Number(told), 0);
  await agents.kill(server);
  assert.equal((await ask(client, '/v1/agent/self')).status, 200);
  assert.ok((await ask(client, '/v1/jobs')).status >= 500);
  assert.ok(alive());
  agents.again(server);
  await agents.until('the output is reached again', async () => (await pid()) === told);
  await agents.kill(client);
  assert.ok(alive());
  agents.again(client);
  await agents.until('and again', async () => (await pid()) === told);
  assert.ok(alive());
  assert.equal((await allocOf('stay'))?.ClientStatus, 'running');
});
