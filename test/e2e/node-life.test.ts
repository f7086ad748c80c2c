/**
 * Nodes that fall silent, come back and are drained: real agents, each at a loopback address of its
 * own, tasks as real processes.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { halt, isAlive } from '../processes.ts';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

/** Short times: what is shown does not depend on them, and nobody waits for minutes. */
const TTL_S = 1;
const GRACE_S = 6;

const agents = new LoopbackAgents();
let server: LoopbackAgent;
const clients: LoopbackAgent[] = [];

before(async () => {
  server = agents.start(
    's1',
    1,
    `server {
       enabled           = true
       min_heartbeat_ttl = "${TTL_S}s"
       heartbeat_grace   = "${GRACE_S}s"
     }`,
  );
  for (const number of [11, 12]) {
    clients.push(
      agents.start(
        `c${number}`,
        number,
        `client {
           enabled = true
           servers = ["${agents.addressOf(1)}"]
         }`,
      ),
    );
  }
  await agents.until('the nodes are ready', async () => {
    const nodes = await nodesNow();
    return nodes.length === 2 && nodes.every(({ Status }) => Status === 'ready');
  });
});
after(() => agents[Symbol.asyncDispose]());

interface NodeRow {
  readonly ID: string;
  readonly Name: string;
  readonly Status: string;
}

interface AllocRow {
  readonly ID: string;
  readonly NodeName: string;
  readonly NodeID: string;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly DesiredDescription: string;
  readonly TaskStates: Readonly<
    Record<
      string,
      {
        readonly Restarts: number;
        readonly Events: readonly { readonly Type: string; readonly DisplayMessage: string }[];
      }
    >
  > | null;
}

async function nodesNow(): Promise<readonly NodeRow[]> {
  return (await askJson(server, '/v1/nodes')) as readonly NodeRow[];
}

async function nodeOf(agent: LoopbackAgent): Promise<NodeRow> {
  const found = (await nodesNow()).find(({ Name }) => Name === agent.name);
  assert.ok(found, `${agent.name} is a node`);
  return found;
}

async function allocsOf(job: string): Promise<readonly AllocRow[]> {
  return (await askJson(server, `/v1/job/${job}/allocations`)) as readonly AllocRow[];
}

async function allocOn(job: string, agent: LoopbackAgent): Promise<AllocRow | undefined> {
  return (await allocsOf(job)).find(({ NodeName }) => NodeName === agent.name);
}

/** Registers a job of one group with one task, that says who it is and lives on. */
async function runJob(
  id: string,
  group: object,
  more: object = {},
  type = 'service',
): Promise<void> {
  const script = `
    echo "$NOMAD_ALLOC_ID" >>local/seen
    echo "$NOMAD_ALLOC_ID" >>"$NOMAD_ALLOC_DIR/data/seen"
    echo $$ >local/pid
    exec sleep 3600`;
  const task = {
    ...{ Name: 't', Driver: 'raw_exec', Config: { command: '/bin/sh', args: ['-c', script] } },
    ...{ Resources: { CPU: 20, MemoryMB: 16 }, ...more },
  };
  const Job = {
    ...{ ID: id, Datacenters: ['dc1'], Type: type },
    TaskGroups: [{ Name: 'g', Count: 1, Tasks: [task], ...group }],
  };
  const body = JSON.stringify({ Job });
  const response = await ask(server, '/v1/jobs', { method: 'PUT', body });
  assert.equal(response.status, 200, await response.text());
}

/** Runs it on one node only, at first. */
async function runOn(agent: LoopbackAgent, id: string, group: object): Promise<AllocRow> {
  const { ID } = await nodeOf(agent);
  const Constraints = [{ LTarget: '${node.unique.id}', RTarget: ID, Operand: '=' }];
  await runJob(id, { ...group, Constraints });
  await agents.until(`${id} runs on ${agent.name}`, async () =>
    isRunning(await allocOn(id, agent)),
  );
  // In place: the same task may now be anywhere.
  await runJob(id, { ...group, Constraints: null });
  const alloc = await allocOn(id, agent);
  assert.ok(alloc);
  return alloc;
}

const isRunning = (alloc: AllocRow | undefined): boolean =>
  alloc?.ClientStatus === 'running' && alloc.DesiredStatus === 'run';

function fileOf(agent: LoopbackAgent, { ID }: AllocRow, path: string): string {
  return readFileSync(`${agents.dir}/${agent.name}/alloc/${ID}/${path}`, 'utf8');
}

/** A task that is said to run may not have come so far as to say who it is. */
async function pidOf(agent: LoopbackAgent, alloc: AllocRow): Promise<number> {
  const told = (): string => fileOf(agent, alloc, 't/local/pid');
  await agents.until('it tells its process', () => Promise.resolve(told().endsWith('\n')));
  return Number(told());
}

async function stopJob(id: string): Promise<void> {
  await ask(server, `/v1/job/${id}?purge=true`, { method: 'DELETE' });
}

function pair(): readonly [LoopbackAgent, LoopbackAgent] {
  const [a, b] = clients;
  assert.ok(a && b);
  return [a, b];
}

/** Cuts an agent off meanwhile: its process stands still, its tasks go on. */
async function whileHalted({ child }: LoopbackAgent, work: () => Promise<void>): Promise<void> {
  await halt(child?.pid ?? 0);
  try {
    await work();
  } finally {
    child?.kill('SIGCONT');
  }
}

test('a sticky disk goes along when a new version takes the place of the old one', async () => {
  const [a] = pair();
  const disk = { EphemeralDisk: { SizeMB: 300, Sticky: true, Migrate: false } };
  const first = await runOn(a, 'sticky', disk);
  await runJob('sticky', disk, { Env: { VERSION: '2' } });
  await agents.until('the new version runs', async () =>
    (await allocsOf('sticky')).some((each) => each.ID !== first.ID && isRunning(each)),
  );
  const next = (await allocsOf('sticky')).find((each) => each.ID !== first.ID);
  assert.ok(next);
  assert.equal(next.NodeName, first.NodeName);
  const seen = `${first.ID}\n${next.ID}\n`;
  await agents.until('it saw what was there', () =>
    Promise.resolve(fileOf(a, next, 'alloc/data/seen') === seen),
  );
  assert.equal(fileOf(a, next, 't/local/seen'), seen);
  await stopJob('sticky');
});

test('a drain takes the data of a disk that migrates to the other machine', async () => {
  const [a, b] = pair();
  const disk = { EphemeralDisk: { SizeMB: 300, Sticky: true, Migrate: true } };
  const first = await runOn(a, 'moves', disk);
  const { ID } = await nodeOf(a);
  const out = await agents.run(server, 'node', 'drain', '-enable', '-yes', '-deadline', '5m', ID);
  assert.match(out, /Drain complete for node/);
  assert.match(out, new RegExp(`Alloc "${first.ID}" status running -> complete`));
  await agents.until('it runs there', async () => isRunning(await allocOn('moves', b)));
  const next = await allocOn('moves', b);
  assert.ok(next);
  const seen = `${first.ID}\n${next.ID}\n`;
  await agents.until('it has the data', () =>
    Promise.resolve(fileOf(b, next, 'alloc/data/seen') === seen),
  );
  assert.equal(fileOf(b, next, 't/local/seen'), seen);
  assert.match(await agents.run(server, 'alloc', 'status', next.ID), /Moving Data +Took over/);
  await agents.run(server, 'node', 'drain', '-disable', ID);
  await stopJob('moves');
});

for (const [reconcile, kept] of [
  ['keep_original', 'original'],
  ['keep_replacement', 'replacement'],
  ['longest_running', 'original'],
] as const) {
  test(`a client that is cut off and comes back: ${reconcile}`, async () => {
    const [a, b] = pair();
    const job = reconcile.replaceAll('_', '-');
    const Disconnect = { LostAfter: 600_000_000_000, Replace: true, Reconcile: reconcile };
    const original = await runOn(a, job, { Disconnect });
    const pid = await pidOf(a, original);
    await whileHalted(a, async () => {
      await agents.until('its node is out of touch', async () => {
        return (await nodeOf(a)).Status === 'disconnected';
      });
      await agents.until('another one runs instead', async () => isRunning(await allocOn(job, b)));
      assert.equal((await allocOn(job, a))?.ClientStatus, 'unknown');
      assert.match(await agents.run(server, 'job', 'status', job), /Unknown/);
      assert.match(await agents.run(server, 'alloc', 'status', original.ID), /unknown/);
      assert.match(await agents.run(server, 'node', 'status'), /disconnected/);
      assert.ok(isAlive(pid), 'its task does not know');
    });
    await agents.until('the node is back', async () => (await nodeOf(a)).Status === 'ready');
    const [stays, goes] = kept === 'original' ? [a, b] : [b, a];
    await agents.until('one of the two goes', async () => {
      const gone = await allocOn(job, goes);
      return gone?.DesiredStatus === 'stop' && gone.ClientStatus === 'complete';
    });
    const left = await allocOn(job, stays);
    assert.ok(isRunning(left));
    assert.equal(left?.TaskStates?.['t']?.Restarts, 0);
    assert.equal(isAlive(pid), kept === 'original');
    await stopJob(job);
  });
}

test('where it may not be replaced, it is waited for; after its time the node is down', async () => {
  const [a, b] = pair();
  const Disconnect = { LostAfter: 8_000_000_000, Replace: false, Reconcile: 'best_score' };
  const original = await runOn(a, 'waits', { Disconnect });
  const pid = await pidOf(a, original);
  await whileHalted(a, async () => {
    await agents.until('it is waited for', async () => {
      return (await allocOn('waits', a))?.ClientStatus === 'unknown';
    });
    assert.equal(await allocOn('waits', b), undefined);
    await agents.until('its time is over', async () => (await nodeOf(a)).Status === 'down');
    await agents.until('then it is replaced', async () => isRunning(await allocOn('waits', b)));
    assert.equal((await allocOn('waits', a))?.ClientStatus, 'lost');
  });
  await agents.until('the surplus goes when it is back', () => Promise.resolve(!isAlive(pid)));
  assert.ok(isRunning(await allocOn('waits', b)));
  await stopJob('waits');
});

test('data on a machine that died is gone: the next one begins empty, and says why', async () => {
  const [a, b] = pair();
  const disk = { EphemeralDisk: { SizeMB: 300, Sticky: true, Migrate: true } };
  await runOn(a, 'bereft', disk);
  await whileHalted(a, async () => {
    await agents.until('it runs there', async () => isRunning(await allocOn('bereft', b)));
    const next = await allocOn('bereft', b);
    assert.ok(next);
    assert.match(
      await agents.run(server, 'alloc', 'status', next.ID),
      /Moving Data +Cannot take over the data of allocation .*out of reach/,
    );
    await pidOf(b, next);
    assert.equal(fileOf(b, next, 'alloc/data/seen'), `${next.ID}\n`);
  });
  await agents.until('the node is back', async () => (await nodeOf(a)).Status === 'ready');
  await stopJob('bereft');
});

test('a drain that ignores system jobs leaves them; one that forces takes all at once', async () => {
  const [a] = pair();
  await runJob('everywhere', {}, {}, 'system');
  await agents.until('it runs', async () => isRunning(await allocOn('everywhere', a)));
  await runOn(a, 'plain', {});
  const { ID } = await nodeOf(a);
  const drain = (...flags: string[]): Promise<string> =>
    agents.run(server, 'node', 'drain', '-enable', '-yes', ...flags, ID);
  assert.match(await drain('-ignore-system'), /Drain complete/);
  assert.ok(isRunning(await allocOn('everywhere', a)));
  assert.match(await drain('-force'), /Drain complete/);
  await agents.until('nothing runs there', async () => {
    return (await allocOn('everywhere', a))?.ClientStatus === 'complete';
  });
  const [node] = (await nodesNow()).filter((each) => each.ID === ID);
  assert.equal(
    (node as unknown as { SchedulingEligibility: string }).SchedulingEligibility,
    'ineligible',
  );
  await agents.run(server, 'node', 'eligibility', '-enable', ID);
  await agents.until('it comes back', async () =>
    (await allocsOf('everywhere')).some((each) => each.NodeID === ID && isRunning(each)),
  );
  for (const job of ['everywhere', 'plain']) await stopJob(job);
});

test('a pause of the server costs no node', async () => {
  const [a] = pair();
  const original = await runOn(a, 'calm', {});
  await whileHalted(server, async () => {
    // Longer than any node may be silent: time to live, grace, and some.
    await new Promise((resolve) => setTimeout(resolve, (2 * TTL_S + GRACE_S + 5) * 1_000));
  });
  await agents.until('the server answers', async () => (await nodesNow()).length === 2);
  await new Promise((resolve) => setTimeout(resolve, (2 * TTL_S + GRACE_S) * 1_000));
  assert.deepEqual(
    (await nodesNow()).map(({ Status }) => Status),
    ['ready', 'ready'],
  );
  assert.deepEqual(
    (await allocsOf('calm')).map(({ ID }) => ID),
    [original.ID],
  );
  await stopJob('calm');
});

test('a client without servers stops what may not run so, also when it starts anew', async () => {
  const [a] = pair();
  const Disconnect = { StopOnClientAfter: 10_000_000_000, Replace: true };
  const original = await runOn(a, 'minds', { Disconnect });
  const other = await runOn(a, 'does-not', {});
  const [minds, doesNot] = [await pidOf(a, original), await pidOf(a, other)];
  await agents.kill(server);
  await agents.kill(a);
  assert.ok(isAlive(minds), 'its agent is gone, the task goes on');
  agents.again(a);
  await agents.until('its task is stopped', () => Promise.resolve(!isAlive(minds)));
  assert.ok(isAlive(doesNot));
  agents.again(server);
  await agents.until('it runs again, somewhere', async () =>
    (await allocsOf('minds')).some((each) => each.ID !== original.ID && isRunning(each)),
  );
  const out = await agents.run(server, 'alloc', 'status', original.ID);
  assert.match(out, /Client Disconnected +Stopping: no server was heard for/);
  assert.ok(isAlive(doesNot));
  assert.deepEqual(
    (await allocsOf('does-not')).map(({ ID }) => ID),
    [other.ID],
  );
});
