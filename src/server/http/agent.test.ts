import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { agentHandlers, type AgentDeps } from './agent.ts';

const never = new AbortController().signal;

const MEMBERS = [
  { name: 's1.eu', status: 'alive' },
  { name: 's9.us', status: 'failed' },
].map((each) => ({ ...each, address: '10.0.0.1', port: 8_302, tags: {} }));

/** Sends a command to an agent whose gossip does this. */
async function put(
  path: string,
  query: string,
  membership?: AgentDeps['membership'],
  sent = '',
): Promise<string> {
  const deps = {
    agent: { members: () => MEMBERS },
    ...(membership && { membership }),
  } as unknown as AgentDeps;
  const mounts = agentHandlers(deps).flatMap((bound) => bound.mounts);
  const mount = mounts.find((each) => each.path === path && each.method === 'PUT');
  assert.ok(mount);
  try {
    const reply = await mount.handle({
      ...{ method: 'PUT', path, query, params: {}, headers: {}, remoteAddress: '' },
      ...{ signal: never, body: () => Promise.resolve(new TextEncoder().encode(sent)) },
    });
    assert.ok(typeof reply.body === 'string');
    return `${reply.status} ${reply.body}`;
  } catch (error) {
    assert.ok(error instanceof Failure);
    return `${error.fault}: ${error.message}`;
  }
}

const NO_KEYS = {
  listKeys: () => Promise.resolve({ keys: {}, numNodes: 0 }),
  changeKeys: () => Promise.resolve(),
};

test('the keys of gossip are changed, and told as they are then', async () => {
  const done: string[] = [];
  const membership = {
    ...{ join: () => Promise.resolve(0), forceLeave: () => undefined },
    listKeys: () => Promise.resolve({ keys: { abc: 3 }, numNodes: 3 }),
    changeKeys: (verb: string, key: string) => {
      if (key === 'x') return Promise.reject(new Failure('invalid', 'no key'));
      done.push(`${verb} ${key}`);
      return Promise.resolve();
    },
  };
  const told = '200 {"Keys":{"abc":3},"NumNodes":3,"Messages":{}}';
  for (const verb of ['install', 'use', 'remove']) {
    const path = `/v1/agent/keyring/${verb}`;
    assert.deepEqual(await put(path, '', membership, '{"Key": "abc"}'), told);
    assert.equal(await put(path, '', membership, '{"Key": "x"}'), 'invalid: no key');
    assert.match(await put(path, '', undefined, '{"Key": "abc"}'), /^unsupported: /);
  }
  assert.deepEqual(done, ['install abc', 'use abc', 'remove abc']);
});

test('servers are joined and taken out by gossip, and only where there is some', async () => {
  const done: string[] = [];
  const membership = {
    join: (address: string) => {
      done.push(`join ${address}`);
      if (address === 'nobody') throw new Failure('unavailable', 'nobody there');
      return Promise.resolve(1);
    },
    forceLeave: (name: string, prune: boolean) => done.push(`leave ${name} ${prune}`),
    ...NO_KEYS,
  };
  const join = '/v1/agent/join';
  assert.equal(await put(join, 'address=10.2.0.1', membership), '200 {"error":"","num_joined":1}');
  const failed = await put(join, 'address=nobody', membership);
  assert.equal(failed, '200 {"error":"nobody there","num_joined":0}');
  assert.match(await put(join, 'address=x'), /does not gossip.*"num_joined":0/);
  const leave = '/v1/agent/force-leave';
  assert.match(await put(leave, 'node=s9.us&prune', membership), /^200/);
  assert.match(await put(leave, 'node=s1.eu', membership), /^invalid: member "s1.eu" is alive/);
  assert.match(await put(leave, 'node=x', membership), /^not_found: there is no member "x"/);
  assert.match(await put(leave, 'node=s9.us'), /^unsupported: .*does not gossip/);
  assert.deepEqual(done, ['join 10.2.0.1', 'join nobody', 'leave s9.us true']);
});
