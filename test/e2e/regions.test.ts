/**
 * Two regions of one server each, with clients, in one pool of servers: what names the other region
 * or one of its datacenters is answered there, whoever is asked.
 */
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { after, before, test } from 'node:test';
import { apiJob } from './agent-process.ts';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';
import { SerfProcess } from './serf-process.ts';

const agents = new LoopbackAgents();
/** A server of `eu`, in Berlin; a client beside it, in Paris; a server of `us`, in Ohio. */
let berlin: LoopbackAgent;
let paris: LoopbackAgent;
let ohio: LoopbackAgent;

const RUNS_TASKS = 'options = { "driver.raw_exec.enable" = "1" }';

before(async () => {
  berlin = agents.start(
    'berlin1',
    1,
    `region = "eu"
     datacenter = "berlin"
     server { enabled = true }`,
  );
  paris = agents.start(
    'paris1',
    2,
    `region = "eu"
     datacenter = "paris"
     client {
       enabled = true
       servers = ["${agents.addressOf(1)}"]
       ${RUNS_TASKS}
     }`,
  );
  ohio = agents.start(
    'ohio1',
    3,
    `region = "us"
     datacenter = "ohio"
     retry_join_wan = ["${agents.addressOf(1)}"]
     server { enabled = true }
     client {
       enabled = true
       ${RUNS_TASKS}
     }`,
  );
  await agents.until('the regions see each other, and all that is in them', async () => {
    const told = [berlin, paris, ohio].map((agent) => discover(agent, '/v1/catalog/datacenters'));
    return (await Promise.all(told)).every((each) => (each as readonly string[]).length === 3);
  });
});
after(() => agents[Symbol.asyncDispose]());

async function discover(agent: LoopbackAgent, path: string): Promise<unknown> {
  const answer = await ask(agent, path, { port: 8500 });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** Its status and text, whatever they are. */
async function said(agent: LoopbackAgent, path: string, init: RequestInit = {}): Promise<string> {
  const port = path.startsWith('/v1/job') || path.startsWith('/v1/region') ? 4646 : 8500;
  const answer = await ask(agent, path, { ...init, port });
  return `${answer.status} ${await answer.text()}`;
}

function put(agent: LoopbackAgent, path: string, body: unknown): Promise<string> {
  return said(agent, path, { method: 'PUT', body: JSON.stringify(body) });
}

function resolverOf({ address }: LoopbackAgent): Resolver {
  const resolver = new Resolver({ timeout: 10_000, tries: 3 });
  resolver.setServers([`${address}:8600`]);
  return resolver;
}

test('servers, regions and datacenters of both are listed by each, its own first', async () => {
  assert.equal(await said(paris, '/v1/regions'), '200 ["eu","us"]');
  assert.equal(await said(ohio, '/v1/regions'), '200 ["eu","us"]');
  const datacenters = (agent: LoopbackAgent): Promise<unknown> =>
    discover(agent, '/v1/catalog/datacenters');
  assert.deepEqual(await datacenters(paris), ['berlin', 'paris', 'ohio']);
  assert.deepEqual(((await datacenters(ohio)) as string[])[0], 'ohio');
  const servers = await agents.run(berlin, 'server', 'members');
  assert.match(servers, /^berlin1\.eu +\S+ +8302 +alive +true .* berlin +eu$/m);
  assert.match(servers, /^ohio1\.us +\S+ +8302 +alive +true .* ohio +us$/m);
  assert.match(await agents.run(ohio, 'members', '-wan'), /^berlin1\.eu +\S+ +alive +server/m);
  assert.doesNotMatch(await agents.run(ohio, 'members'), /berlin1|paris1/);
  assert.match(await agents.run(berlin, 'join', ohio.address), /is of region "us", not "eu"/);
});

test('keys, catalogs and watches of the other region, asked at a client', async () => {
  const written = await said(paris, '/v1/kv/a/b?dc=ohio', { method: 'PUT', body: 'one' });
  assert.equal(written, '200 true');
  assert.equal(await said(ohio, '/v1/kv/a/b?raw'), '200 one');
  assert.match(await said(paris, '/v1/kv/a/b?raw'), /^404 /);
  const nodes = (await discover(paris, '/v1/catalog/nodes?dc=ohio')) as { Node: string }[];
  assert.deepEqual(
    nodes.map(({ Node }) => Node),
    ['ohio1'],
  );
  const first = await ask(paris, '/v1/kv/a/b?dc=ohio', { port: 8500 });
  const index = first.headers.get('x-consul-index') ?? '';
  const waiting = said(paris, `/v1/kv/a/b?dc=ohio&raw&wait=60s&index=${index}`);
  await said(ohio, '/v1/kv/a/b', { method: 'PUT', body: 'two' });
  assert.equal(await waiting, '200 two');
  // A datacenter of this region filters the catalog; keys belong to the region's log.
  await said(berlin, '/v1/kv/mine', { method: 'PUT', body: 'eu' });
  assert.equal(await said(ohio, '/v1/kv/mine?dc=paris&raw'), '200 eu');
  assert.equal(await said(paris, '/v1/kv/a?dc=mars'), '500 No path to datacenter');
  assert.equal(await said(paris, '/v1/jobs?region=mars'), '500 No path to region');
});

test('a job runs in the region that it names; its output and its shell are there', async () => {
  const job = apiJob('far', 'echo from $NOMAD_REGION; exec sleep 600', {
    ...{ Region: 'us', Datacenters: ['ohio'] },
  });
  assert.match(await put(paris, '/v1/jobs', job), /^200 /);
  await agents.until('it runs', async () => {
    const [alloc] = (await askJson(paris, '/v1/job/far/allocations?region=us')) as {
      readonly ClientStatus: string;
    }[];
    return alloc?.ClientStatus === 'running';
  });
  assert.match(await said(paris, '/v1/job/far'), /^404 /);
  assert.equal(await said(berlin, '/v1/jobs'), '200 []');
  await agents.until('its output is there', async () => {
    const logs = await agents.run(paris, 'logs', '-region', 'us', '-job', 'far');
    return logs.includes('from us');
  });
  const shell = ['alloc', 'exec', '-region', 'us', '-job', 'far', 'sh', '-c', 'echo $NOMAD_DC'];
  assert.match(await agents.run(paris, ...shell), /ohio/);
  assert.match(await agents.run(berlin, 'stop', '-region', 'us', '-detach', 'far'), /\S/);
  const stopped = (await askJson(ohio, '/v1/job/far')) as { readonly Stop: boolean };
  assert.equal(stopped.Stop, true);
  const nowhere = apiJob('x', 'true', { Region: 'mars' });
  assert.match(await put(paris, '/v1/jobs', nowhere), /no path to region "mars"/);
});

test('names of the other region; queries that fail over to it', async () => {
  const service = { Name: 'only-in-ohio', Port: 7000 };
  assert.match(await put(ohio, '/v1/agent/service/register', service), /^200/);
  await agents.until('it is in the catalog', async () => {
    const rows = await discover(berlin, '/v1/health/service/only-in-ohio?dc=ohio&passing');
    return (rows as readonly unknown[]).length === 1;
  });
  const query = {
    Name: 'wherever',
    Service: { Service: 'only-in-ohio', Failover: { NearestN: 3 } },
  };
  assert.match(
    await said(paris, '/v1/query', { method: 'POST', body: JSON.stringify(query) }),
    /^200/,
  );
  for (const agent of [berlin, paris]) {
    const resolver = resolverOf(agent);
    assert.deepEqual(await resolver.resolve4('ohio1.node.ohio.consul'), [ohio.address]);
    assert.deepEqual(await resolver.resolve4('only-in-ohio.service.ohio.dc.consul'), [
      ohio.address,
    ]);
    assert.deepEqual(await resolver.resolve4('paris1.node.paris.consul'), [paris.address]);
    const [srv] = await resolver.resolveSrv('wherever.query.consul');
    assert.deepEqual([srv?.port, srv?.name], [7000, 'ohio1.node.ohio.consul']);
    for (const name of ['only-in-ohio.service.consul', 'x.service.mars.consul']) {
      await assert.rejects(resolver.resolve4(name), { code: 'ENOTFOUND' });
    }
    const found = (await discover(agent, '/v1/query/wherever/execute')) as {
      readonly Datacenter: string;
      readonly Failovers: number;
      readonly Nodes: readonly { readonly Service: { readonly Port: number } }[];
    };
    assert.equal(found.Datacenter, 'ohio');
    assert.ok(found.Failovers >= 1);
    assert.equal(found.Nodes[0]?.Service.Port, 7000);
  }
});

test('a serf agent can be a member of the pool of all regions, and is no server', async () => {
  await using serf = await SerfProcess.start('theirs');
  const joined = await agents.run(berlin, 'join', '-wan', `127.0.0.1:${serf.port}`);
  assert.match(joined, /Successfully joined/);
  await agents.until('each server sees it', async () => {
    const lists = await Promise.all(
      [berlin, ohio].map((agent) => agents.run(agent, 'members', '-wan')),
    );
    return lists.every((list) => /^theirs +\S+ +alive/m.test(list));
  });
  await agents.until('it sees the servers', async () => {
    return (await serf.status('ohio1.us')) === 'alive';
  });
  assert.doesNotMatch(await agents.run(berlin, 'server', 'members'), /theirs/);
  assert.equal(await said(ohio, '/v1/regions'), '200 ["eu","us"]');
});

test('servers of the two measure how far they are apart', async () => {
  await agents.until('coordinates are known', async () => {
    const rtt = await agents.run(berlin, 'rtt', '-wan', 'berlin1.berlin', 'ohio1.ohio');
    return /rtt: \d+\.\d+ ms \(using WAN coordinates\)/.test(rtt);
  });
  // As `members -wan` names them.
  const named = await agents.run(berlin, 'rtt', '-wan', 'berlin1.eu', 'ohio1.us');
  assert.match(named, /using WAN coordinates/);
});

test('a region that is out of reach is told of, and found again when it is back', async () => {
  await agents.kill(ohio);
  const asked = Date.now();
  assert.match(await said(paris, '/v1/jobs?region=us'), /^500 No path to region/);
  assert.ok(Date.now() - asked < 20_000);
  assert.match(await said(paris, '/v1/kv/a/b?dc=ohio'), /^500 No path to datacenter/);
  await assert.rejects(resolverOf(berlin).resolve4('ohio1.node.ohio.consul'), {
    code: 'ESERVFAIL',
  });
  assert.match(await said(paris, '/v1/kv/mine?raw'), /^200 eu/);
  agents.again(ohio);
  await agents.until('it answers again', async () => {
    return (await said(paris, '/v1/kv/a/b?dc=ohio&raw')) === '200 two';
  });
});
