/** Three servers that share their log in etcd, and a client: whoever is asked, the leader answers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { apiJob } from './agent-process.ts';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

const skip = spawnSync('etcd', ['--version']).error === undefined ? false : 'there is no etcd';
const agents = new LoopbackAgents();
let servers: readonly LoopbackAgent[] = [];
let client: LoopbackAgent;

before(async () => {
  if (skip !== false) return;
  const numbers = [1, 2, 3];
  const listed = numbers.map((each) => `"${agents.addressOf(each)}"`).join(', ');
  servers = numbers.map((each) =>
    agents.start(
      `s${each}`,
      each,
      `server {
         enabled          = true
         bootstrap_expect = 3
         retry_join       = [${listed}]
       }`,
    ),
  );
  client = agents.start('c4', 4, `client {\n enabled = true\n servers = [${listed}]\n }`);
  await agents.until('the node is ready', async () => {
    const nodes = (await askJson(serverAt(0), '/v1/nodes')) as readonly { Status: string }[];
    return nodes[0]?.Status === 'ready';
  });
});
after(() => agents[Symbol.asyncDispose]());

function serverAt(place: number): LoopbackAgent {
  const server = servers[place % servers.length];
  if (server === undefined) throw new Error('there are three servers');
  return server;
}

async function leaderOf(server: LoopbackAgent): Promise<string> {
  return (await ask(server, '/v1/status/leader', { port: 8500 })).text();
}

/** The place of the leader among the servers, as one of them says. */
async function leaderPlace(asked: LoopbackAgent): Promise<number> {
  const leader = await leaderOf(asked);
  return servers.findIndex(({ address }) => leader.includes(`${address}:`));
}

async function figure(server: LoopbackAgent, name: string): Promise<number> {
  const text = await (await ask(server, '/v1/metrics?format=prometheus')).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

async function put(server: LoopbackAgent, key: string, value: string): Promise<boolean> {
  const init = { port: 8500, method: 'PUT', body: value };
  const answer = await ask(server, `/v1/kv/${key}`, init);
  return answer.ok && (await answer.text()) === 'true';
}

async function get(server: LoopbackAgent, path: string): Promise<string> {
  return (await ask(server, `/v1/kv/${path}`, { port: 8500 })).text();
}

test(
  'whichever server is asked, all that was written is read, by default and consistently',
  { skip },
  async () => {
    await agents.until('all agree on a leader', async () => {
      const told = new Set(await Promise.all(servers.map(leaderOf)));
      return told.size === 1 && [...told][0]?.includes(':') === true;
    });
    for (let i = 0; i < 30; i++) {
      assert.equal(await put(serverAt(i), `k${i}`, `v${i}`), true);
      assert.equal(await get(serverAt(i + 1), `k${i}?raw`), `v${i}`);
      assert.equal(await get(serverAt(i + 2), `k${i}?raw&consistent`), `v${i}`);
    }
    for (const server of servers) {
      await agents.until('old answers catch up', async () => {
        return (await get(server, 'k29?raw&stale')) === 'v29';
      });
    }
  },
);

test(
  'a question that waits at a follower is woken by a change made at another',
  { skip },
  async () => {
    const place = await leaderPlace(serverAt(0));
    const [one, other] = [serverAt(place + 1), serverAt(place + 2)];
    const first = await ask(one, '/v1/kv/watched', { port: 8500 });
    const index = first.headers.get('x-consul-index') ?? '';
    const waiting = ask(one, `/v1/kv/watched?raw&index=${index}&wait=60s`, { port: 8500 });
    assert.equal(await put(other, 'watched', 'changed'), true);
    assert.equal(await (await waiting).text(), 'changed');
  },
);

test('a server that follows tells how old its answers may be', { skip }, async () => {
  const follower = serverAt((await leaderPlace(serverAt(0))) + 1);
  const age = async (how: string): Promise<number> => {
    const answer = await ask(follower, `/v1/kv/k1?${how}`, { port: 8500 });
    return Number(answer.headers.get('x-consul-lastcontact'));
  };
  const ages: number[] = [];
  await agents.until('it has not heard of the leader just now', async () => {
    ages.push(await age('stale'));
    return ages.at(-1) !== 0;
  });
  assert.ok(
    ages.every((ms) => ms >= 0 && ms < 60_000),
    ages.join(' '),
  );
  // It cannot be as young as that for long: the leader is asked instead, which is always new.
  for (let i = 0; i < 10; i++) assert.ok((await age('max_stale=1ms')) <= 1);
  const bad = await ask(follower, '/v1/kv/k1?max_stale=soon', { port: 8500 });
  assert.deepEqual([bad.status, await bad.text()], [400, 'Invalid max_stale value']);
});

test('a job given to any server runs, and every server reaches its output', { skip }, async () => {
  const place = await leaderPlace(serverAt(0));
  const body = JSON.stringify(apiJob('talk', 'echo out; exec sleep 600'));
  assert.equal((await ask(serverAt(place + 1), '/v1/jobs', { method: 'PUT', body })).status, 200);
  const alloc = async (): Promise<{ ID: string; ClientStatus: string } | undefined> => {
    const path = '/v1/job/talk/allocations';
    return ((await askJson(serverAt(0), path)) as { ID: string; ClientStatus: string }[])[0];
  };
  await agents.until('it runs', async () => (await alloc())?.ClientStatus === 'running');
  const id = (await alloc())?.ID ?? '';
  for (const server of [...servers, client]) {
    await agents.until(`${server.name} reaches it`, async () => {
      return (await agents.run(server, 'logs', id)).includes('out');
    });
    assert.match(await agents.run(server, 'alloc', 'exec', id, 'echo', server.name), /^s\d|^c4/m);
  }
});

test('servers that follow decide some of many evaluations', { skip }, async () => {
  const place = await leaderPlace(serverAt(0));
  const nowhere = { LTarget: '${attr.kernel.name}', Operand: '=', RTarget: 'none' };
  const decided = async (): Promise<number[]> =>
    await Promise.all(servers.map((each) => figure(each, 'muster_server_decided_evals')));
  const before = await decided();
  const registerMany = async (round: number): Promise<void> => {
    const registered = Array.from({ length: 60 }, async (_, i) => {
      const { Job } = apiJob(`none-${round}-${i}`, 'true') as { Job: object };
      const body = JSON.stringify({ Job: { ...Job, Constraints: [nowhere] } });
      assert.equal((await ask(serverAt(i), '/v1/jobs', { method: 'PUT', body })).status, 200);
    });
    await Promise.all(registered);
  };
  let rounds = 0;
  // One that has no processor to itself for a moment may come too late for all of them.
  await agents.until('followers have decided some', async () => {
    await registerMany(rounds++);
    await agents.until('all are decided', async () => {
      const evals = (await askJson(serverAt(place), '/v1/evaluations')) as { Status: string }[];
      return evals.every(({ Status }) => Status !== 'pending');
    });
    const now = await decided();
    return now.some((count, i) => i !== place && count > (before[i] ?? 0));
  });
});

test('any server lets another one lead, and no write is refused meanwhile', { skip }, async () => {
  const place = await leaderPlace(serverAt(0));
  const path = '/v1/operator/raft/transfer-leader';
  const writing = Array.from({ length: 20 }, (_, i) => put(serverAt(i), `moved/${i}`, 'x'));
  const answer = await ask(serverAt(place + 1), path, { port: 8500, method: 'POST' });
  assert.deepEqual(await answer.json(), { Success: true });
  assert.ok((await Promise.all(writing)).every((taken) => taken));
  assert.notEqual(await leaderPlace(serverAt(place)), place);
  assert.equal(await put(serverAt(place), 'moved', 'y'), true);
});

test(
  'a leader that is killed is followed by another, which has all and takes more',
  { skip },
  async () => {
    const place = await leaderPlace(serverAt(0));
    const [dead, survivor] = [serverAt(place), serverAt(place + 1)];
    assert.equal(await put(survivor, 'before', '1'), true);
    await agents.kill(dead);
    await agents.until('writes go on', () => put(survivor, 'after', '2'));
    assert.notEqual(await leaderPlace(survivor), place);
    assert.equal(await get(serverAt(place + 2), 'before?raw'), '1');
    agents.again(dead);
    await agents.until('it is back with everything', async () => {
      return (await get(dead, 'after?raw&stale')) === '2';
    });
    const nodes = (await askJson(dead, '/v1/nodes')) as readonly { Status: string }[];
    assert.equal(nodes[0]?.Status, 'ready');
  },
);

test('a client that is told of no server finds them by gossip', { skip }, async () => {
  const near = `retry_join = ["${client.address}"]`;
  const found = agents.start('c5', 5, `client {\n enabled = true\n }\n${near}`);
  await agents.until('its node is ready', async () => {
    const nodes = (await askJson(found, '/v1/nodes')) as readonly {
      readonly Name: string;
      readonly Status: string;
    }[];
    return nodes.some(({ Name, Status }) => Name === 'c5' && Status === 'ready');
  });
});

test('a server that hears no other answers old reads, and knows no leader', { skip }, async () => {
  const [left, ...others] = servers;
  assert.ok(left !== undefined);
  const began = Date.now();
  await Promise.all(others.map((each) => agents.kill(each)));
  const told = async (): Promise<Headers> => {
    const { headers, status } = await ask(left, '/v1/catalog/nodes?stale', { port: 8500 });
    assert.equal(status, 200);
    return headers;
  };
  await agents.until('it says so', async () => {
    return (await told()).get('x-consul-knownleader') === 'false';
  });
  const contactMs = Number((await told()).get('x-consul-lastcontact'));
  assert.ok(
    contactMs > 0 && contactMs < Date.now() - began + 10_000,
    `${contactMs} of ${Date.now() - began} ms`,
  );
  for (const each of others) agents.again(each);
  await agents.until('it knows one again', async () => {
    return (await told()).get('x-consul-knownleader') === 'true';
  });
});
