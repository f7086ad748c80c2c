/** What an operator of three servers does by hand: hands the lead on, and removes who is gone. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { ask, askJson, LoopbackAgents, type LoopbackAgent } from './loopback-agents.ts';

const skip = spawnSync('etcd', ['--version']).error === undefined ? false : 'there is no etcd';
const agents = new LoopbackAgents();
let servers: readonly LoopbackAgent[] = [];

before(async () => {
  if (skip !== false) return;
  const numbers = [1, 2, 3];
  const listed = numbers.map((each) => `"${agents.addressOf(each)}"`).join(', ');
  const role = `server {
    enabled          = true
    bootstrap_expect = 3
    retry_join       = [${listed}]
  }`;
  servers = numbers.map((each) => agents.start(`s${each}`, each, role));
  await agents.until('three servers vote', () => allVote(servers));
});
after(() => agents[Symbol.asyncDispose]());

const linkOf = ({ address }: LoopbackAgent): string => `${address}:4647`;

interface Peer {
  readonly ID: string;
  readonly Address: string;
  readonly Node: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
}

async function peers(asked: LoopbackAgent): Promise<readonly Peer[]> {
  const answer = (await askJson(asked, '/v1/operator/raft/configuration')) as { Servers: Peer[] };
  return answer.Servers;
}

/** As any server tells it. */
async function idOf(server: LoopbackAgent): Promise<string> {
  const found = (await peers(server)).find(({ Address }) => Address === linkOf(server));
  assert.match(found?.ID ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  return found?.ID ?? '';
}

/** Whether exactly these vote, and each of them knows who leads. */
async function allVote(expected: readonly LoopbackAgent[]): Promise<boolean> {
  const wanted = expected.map(linkOf).sort().join();
  const told = await Promise.all(expected.map(peers));
  return told.every((list) => {
    const voters = list.filter(({ Voter }) => Voter).map(({ Address }) => Address);
    return voters.join() === wanted && list.some(({ Leader }) => Leader);
  });
}

/** The one that leads comes first. */
async function byRole(asked: LoopbackAgent): Promise<readonly LoopbackAgent[]> {
  const leader = await askJson(asked, '/v1/status/leader');
  const leads = (each: LoopbackAgent): number => (linkOf(each) === leader ? 0 : 1);
  return [...servers].sort((a, b) => leads(a) - leads(b));
}

/** Three servers. */
async function trio(): Promise<readonly [LoopbackAgent, LoopbackAgent, LoopbackAgent]> {
  const [asked] = servers;
  assert.ok(asked !== undefined);
  const [first, second, third] = await byRole(asked);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  return [first, second, third];
}

async function forgotten(server: LoopbackAgent, by: readonly LoopbackAgent[]): Promise<void> {
  await agents.until(`${server.name} is listed no more`, async () => {
    const told = await Promise.all(by.map((each) => askJson(each, '/v1/status/peers')));
    return told.every((each) => Array.isArray(each) && each.length === by.length);
  });
}

async function leads(server: LoopbackAgent): Promise<void> {
  await agents.until(`all know that ${server.name} leads`, async () => {
    const told = await Promise.all(servers.map((each) => askJson(each, '/v1/status/leader')));
    return told.every((each) => each === linkOf(server));
  });
}

test('the server that is named leads next, whoever is asked, in both APIs', { skip }, async () => {
  const [first, second, third] = await trio();
  const path = `/v1/operator/raft/transfer-leadership?address=${linkOf(third)}`;
  const answer = await ask(second, path, { method: 'PUT' });
  assert.deepEqual(await answer.json(), {
    From: { ID: await idOf(first), Address: linkOf(first) },
    To: { ID: await idOf(third), Address: linkOf(third) },
    Noop: false,
    Err: null,
  });
  await leads(third);
  const again = (await (await ask(second, path, { method: 'PUT' })).json()) as { Noop: boolean };
  assert.equal(again.Noop, true);
  const consul = `/v1/operator/raft/transfer-leader?id=${await idOf(second)}`;
  const moved = await ask(first, consul, { port: 8500, method: 'POST' });
  assert.deepEqual(await moved.json(), { Success: true });
  await leads(second);
  const out = await agents.run(third, 'operator', 'raft', 'transfer-leadership');
  assert.match(out, new RegExp(`^Leadership went from ${linkOf(second)} to `));
  const unknown = `/v1/operator/raft/transfer-leadership?id=nobody`;
  const refused = await ask(first, unknown, { method: 'PUT' });
  assert.deepEqual(
    [refused.status, await refused.text()],
    [500, 'id "nobody" was not found in the configuration'],
  );
});

interface Health {
  readonly Servers: readonly Readonly<{
    Name: string;
    LastContact: string;
    LastIndex: number;
    Healthy: boolean;
  }>[];
}

test('whoever is asked tells how far each server is, and for how long', { skip }, async () => {
  const [first, second, third] = await trio();
  const health = async (asked: LoopbackAgent): Promise<Health['Servers']> => {
    const answer = await ask(asked, '/v1/operator/autopilot/health', { port: 8500 });
    return ((await answer.json()) as Health).Servers;
  };
  await agents.run(third, 'kv', 'put', 'health/index', '1');
  await agents.until('all are equally far', async () => {
    const told = await Promise.all(servers.map(health));
    const indexes = told.flat().map(({ LastIndex }) => LastIndex);
    return indexes.length === 9 && (indexes[0] ?? 0) > 0 && new Set(indexes).size === 1;
  });
  const own = (await health(second)).find(({ Name }) => Name === first.name);
  assert.deepEqual([own?.LastContact, own?.Healthy], ['0s', true]);
  const state = await agents.run(second, 'operator', 'autopilot', 'state');
  for (const each of servers) assert.ok(state.includes(await idOf(each)), state);
  assert.match(state, new RegExp(`^Leader +[:=] ${await idOf(first)}$`, 'm'));
  await agents.kill(third);
  await agents.until('its silence is told', async () => {
    const gone = (await health(second)).find(({ Name }) => Name === third.name);
    return /^[1-9][0-9.]*s$/.test(gone?.LastContact ?? '') && gone?.Healthy === false;
  });
  agents.again(third);
  await agents.until('it votes again', () => allVote(servers));
});

test('a server that lives is not removed, one that is dead is', { skip }, async () => {
  const [first, second, third] = await trio();
  const remove = async (who: LoopbackAgent, port: number): Promise<readonly [number, string]> => {
    const path = `/v1/operator/raft/peer?address=${linkOf(who)}`;
    const answer = await ask(second, path, { port, method: 'DELETE' });
    return [answer.status, await answer.text()];
  };
  for (const [each, port, expected] of [
    [first, 4646, 409],
    [third, 8500, 500],
  ] as const) {
    const [status, why] = await remove(each, port);
    assert.equal(status, expected);
    assert.match(why, /only a server that is gone can be removed/);
  }
  const id = await idOf(third);
  await agents.kill(third);
  await agents.until('its death is believed', async () => {
    const answer = await ask(second, `/v1/operator/raft/peer?id=${id}`, {
      ...{ port: 8500, method: 'DELETE' },
    });
    return answer.status === 200;
  });
  assert.deepEqual(await remove(third, 8500), [
    500,
    `address "${linkOf(third)}" was not found in the configuration`,
  ]);
  await agents.until('two vote', () => allVote([first, second]));
  await agents.until('they are well without it', async () => {
    return (await ask(second, '/v1/operator/autopilot/health', { port: 8500 })).status === 200;
  });
  await forgotten(third, [first, second]);
  const listed = await agents.run(second, 'operator', 'raft', 'list-peers');
  assert.ok(listed.includes(second.name) && !listed.includes(third.name), listed);
  // Of two that are left neither can go.
  await agents.kill(second);
  await agents.until('the one that is left says so', async () => {
    const path = `/v1/operator/raft/peer?address=${linkOf(second)}`;
    const { status } = await ask(first, path, { method: 'DELETE' });
    return status !== 200;
  });
  agents.again(second);
  agents.again(third);
  await agents.until('the one that was removed votes again', () => allVote(servers));
});

test(
  'one that leaves, or is made to, holds the log no more, and is let in again',
  { skip },
  async () => {
    const [first, second, third] = await trio();
    await agents.run(third, 'leave');
    assert.match(agents.outputOf(third), /takes its own member out, as this server leaves/);
    await agents.until('the others go on without it', () => allVote([first, second]));
    await forgotten(third, [first, second]);
    // Of two members one could not take the other out once that is dead.
    await agents.run(second, 'leave');
    await agents.until('the last goes on without it', () => allVote([first]));
    agents.again(second);
    agents.again(third);
    await agents.until('it votes again', () => allVote(servers));
    await agents.kill(third);
    await agents.run(second, 'force-leave', third.name);
    await agents.until('they go on without it again', () => allVote([first, second]));
    await forgotten(third, [first, second]);
    agents.again(third);
    await agents.until('it votes once more', () => allVote(servers));
    const [leader, ...others] = await trio();
    await agents.run(leader, 'leave');
    await agents.until('they go on without their leader', () => allVote(others));
    agents.again(leader);
    await agents.until('all vote', () => allVote(servers));
  },
);
