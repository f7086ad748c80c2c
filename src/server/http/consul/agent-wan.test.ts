import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../base/failure.ts';
import { agentHandlers } from './agent.ts';
import type { ConsulDeps } from './deps.ts';
import { operatorHandlers } from './operator.ts';
import type { OwnAgent, OwnPool } from './own-agent.ts';

const never = new AbortController().signal;

function member(name: string, role: string): ReturnType<OwnAgent['members']>[number] {
  return { name, address: '10.0.0.1', port: 8_301, status: 'alive', tags: { role } };
}

/** A pool that notes what is done with it. */
function poolOf(name: string, done: string[]): OwnPool {
  return {
    join: (address) => Promise.resolve(done.push(`${name} joins ${address}`)),
    forceLeave: (node, prune) => done.push(`${name} takes out ${node} ${prune}`),
    leave: () => Promise.resolve(),
    listKeys: () => Promise.resolve({ keys: { [name]: 1 }, primaryKeys: {}, numNodes: 1 }),
    changeKeys: (verb, key) => {
      done.push(`${name} ${verb} ${key}`);
      return Promise.resolve();
    },
  };
}

interface World {
  readonly done: string[];
  readonly ask: (method: string, path: string, asking?: Asking) => Promise<string>;
}

interface Asking {
  readonly query?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param hasWan whether the agent is a member of the pool of all regions */
function worldOf(hasWan: boolean): World {
  const done: string[] = [];
  const own = {
    members: () => [member('s1', 'consul'), member('c1', 'node')],
    pool: poolOf('lan', done),
    ...(hasWan && {
      wan: {
        pool: poolOf('wan', done),
        members: () => [member('s1.eu', 'consul'), member('s1.us', 'consul')],
      },
    }),
  } as unknown as OwnAgent;
  const deps = { agent: { datacenter: 'berlin', version: '' }, own } as unknown as ConsulDeps;
  const mounts = [...agentHandlers(deps, own), ...operatorHandlers(deps)].flatMap(
    (bound) => bound.mounts,
  );
  return {
    done,
    ask: async (method, path, { query = '', params = {}, body = '' } = {}) => {
      const mount = mounts.find((each) => each.path === path && each.method === method);
      assert.ok(mount, path);
      try {
        const reply = await mount.handle({
          ...{ method, path, query, params, headers: {}, remoteAddress: '', signal: never },
          body: () => Promise.resolve(new TextEncoder().encode(body)),
        });
        assert.ok(typeof reply.body === 'string');
        return reply.body;
      } catch (error) {
        assert.ok(error instanceof Failure);
        return error.message;
      }
    },
  };
}

function names(json: string): string {
  return (JSON.parse(json) as { readonly Name: string }[]).map(({ Name }) => Name).join(' ');
}

test('members, joining and taking out, in the pool of all regions', async () => {
  const { ask, done } = worldOf(true);
  assert.equal(names(await ask('GET', '/v1/agent/members')), 's1 c1');
  assert.equal(names(await ask('GET', '/v1/agent/members', { query: 'wan=1' })), 's1.eu s1.us');
  const join = '/v1/agent/join/:address';
  await ask('PUT', join, { params: { address: 'a' } });
  await ask('PUT', join, { params: { address: 'b' }, query: 'wan=1' });
  const leave = '/v1/agent/force-leave/:node';
  const params = { node: 's1.us' };
  assert.match(await ask('PUT', leave, { params }), /No node found with name 's1.us'/);
  assert.equal(await ask('PUT', leave, { params, query: 'wan&prune' }), '');
  assert.deepEqual(done, ['lan joins a', 'wan joins b', 'wan takes out s1.us true']);
});

test('where there is no such pool, the servers are those of this region', async () => {
  const { ask } = worldOf(false);
  assert.equal(names(await ask('GET', '/v1/agent/members', { query: 'wan=1' })), 's1');
  const query = { params: { address: 'b' }, query: 'wan=1' };
  assert.match(
    await ask('PUT', '/v1/agent/join/:address', query),
    /no server that gossips between/,
  );
});

test('keys are listed and changed in both pools', async () => {
  const { ask, done } = worldOf(true);
  const rings = JSON.parse(await ask('GET', '/v1/operator/keyring')) as {
    readonly WAN: boolean;
    readonly Keys: Readonly<Record<string, number>>;
  }[];
  assert.deepEqual(
    rings.map(({ WAN, Keys }) => [WAN, Keys]),
    [
      [true, { wan: 1 }],
      [false, { lan: 1 }],
    ],
  );
  await ask('POST', '/v1/operator/keyring', { body: '{"Key":"k"}' });
  assert.deepEqual(done, ['lan install k', 'wan install k']);
});
