/** Namespaces and node pools, with two real agents: the server's, and one of another pool. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AgentProcess, apiJob } from './agent-process.ts';

interface Stub {
  readonly ID: string;
  readonly JobID: string;
  readonly Namespace: string;
  readonly NodeID: string;
  readonly ClientStatus: string;
}

let agent: AgentProcess;
let other: AgentProcess;

before(async () => {
  agent = await AgentProcess.make('name = "plain"');
  await agent.start();
  other = await AgentProcess.make(`
    name = "gpu-1"
    server { enabled = false }
    client {
      node_pool = "gpu"
      servers   = ["127.0.0.1:${agent.rpcPort}"]
    }`);
  other.launch();
  await agent.until('both nodes are ready', async () => (await readyNodes()).size === 2);
});

after(async () => {
  await other[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
});

/** Names of nodes that are ready, with their ids. */
async function readyNodes(): Promise<Map<string, string>> {
  const nodes = (await agent.get('/v1/nodes')) as { Name: string; ID: string; Status: string }[];
  const ready = nodes.filter(({ Status }) => Status === 'ready');
  return new Map(ready.map(({ Name, ID }) => [Name, ID]));
}

async function well(...args: string[]): Promise<string> {
  const { code, out } = await agent.run(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}`);
  return out;
}

async function refused(...args: string[]): Promise<string> {
  const { code, out } = await agent.run(...args);
  assert.equal(code, 1, `${args.join(' ')}: ${out}`);
  return out;
}

async function register(namespace: string, over: object = {}, count = 1): Promise<void> {
  const job = apiJob('web', `echo ${namespace}; exec sleep 1000`, over) as {
    Job: { TaskGroups: { Count: number }[] };
  };
  for (const group of job.Job.TaskGroups) group.Count = count;
  const query = `?namespace=${namespace}`;
  const response = await agent.request('PUT', `/v1/jobs${query}`, job);
  assert.equal(response.status, 200, await response.text());
}

async function running(namespace: string): Promise<readonly Stub[]> {
  const stubs = (await agent.get(`/v1/allocations?namespace=${namespace}`)) as readonly Stub[];
  return stubs.filter(({ ClientStatus }) => ClientStatus === 'running');
}

test('a job of the same name in two namespaces is two jobs', async () => {
  await well('namespace', 'apply', '-description', 'Team A', 'team-a');
  await register('default');
  await register('team-a');
  await agent.until('both run', async () => (await running('*')).length === 2);
  const [mine] = await running('team-a');
  assert.equal((await running('default')).length, 1);
  assert.equal(mine?.Namespace, 'team-a');

  const everywhere = await well('job', 'status', '-namespace', '*');
  assert.match(everywhere, /^ID +Namespace/);
  assert.match(everywhere, /web +default/);
  assert.match(everywhere, /web +team-a/);
  assert.match(await well('status', '-namespace=team-a', 'web'), /Namespace +(= )?team-a/);
  for (const name of ['team-a', 'default']) {
    await agent.until(`the job in ${name} says so`, async () => {
      return (await well('logs', '-namespace', name, '-job', 'web')) === `${name}\n`;
    });
  }

  // One of them is stopped: the other does not notice.
  await well('stop', '-namespace', 'team-a', '-yes', '-detach', 'web');
  await agent.until('it has stopped', async () => (await running('team-a')).length === 0);
  assert.equal((await running('default')).length, 1);
});

test('a namespace in which something is does not go, one that is not there takes no job', async () => {
  await register('team-a');
  const why = await refused('namespace', 'delete', 'team-a');
  assert.match(why, /team-a/);
  assert.match(await well('namespace', 'list'), /team-a/);
  await well('stop', '-namespace', 'team-a', '-purge', '-yes', '-detach', 'web');
  await agent.until('it may go', async () => {
    return (await agent.run('namespace', 'delete', 'team-a')).code === 0;
  });
  const response = await agent.request('PUT', '/v1/jobs?namespace=team-a', apiJob('web', 'true'));
  assert.equal(response.status, 400);
  assert.match(await response.text(), /no namespace "team-a"/);
  assert.match(await refused('namespace', 'delete', 'default'), /default/);
});

test('jobs of a pool run on its nodes, and on no others', async () => {
  const nodes = await readyNodes();
  assert.match(await well('node', 'pool', 'list'), /gpu/);
  assert.match(await well('node', 'pool', 'nodes', 'gpu'), /gpu-1/);
  assert.doesNotMatch(await well('node', 'pool', 'nodes', 'gpu'), /plain/);
  await register('default', { ID: 'learn', NodePool: 'gpu' }, 3);
  const places = async (job: string): Promise<readonly (string | undefined)[]> =>
    (await running('default')).filter(({ JobID }) => JobID === job).map(({ NodeID }) => NodeID);
  await agent.until('three run', async () => (await places('learn')).length === 3);
  assert.deepEqual(new Set(await places('learn')), new Set([nodes.get('gpu-1')]));
  assert.match(await well('node', 'pool', 'jobs', 'gpu'), /learn/);

  // Those of the default pool stay with it, those of all pools go anywhere.
  await register('default', { ID: 'serve' }, 3);
  await agent.until('three run', async () => (await places('serve')).length === 3);
  assert.deepEqual(new Set(await places('serve')), new Set([nodes.get('plain')]));
  await register('default', { ID: 'beat', NodePool: 'all', Type: 'system' });
  await agent.until('one on each', async () => (await places('beat')).length === 2);
  assert.deepEqual(new Set(await places('beat')), new Set(nodes.values()));

  assert.match(await refused('node', 'pool', 'delete', 'gpu'), /gpu/);
  const lost = await agent.request('PUT', '/v1/jobs', apiJob('x', 'true', { NodePool: 'nowhere' }));
  assert.equal(lost.status, 400);
  assert.match(await lost.text(), /nowhere/);
});
