import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusLeader } from '../api/nomad/cluster-routes.ts';
import { agentAddress, agentApi } from './agent-api.ts';
import { FlagValues } from './command.ts';
import { testWorld } from './test-world.fixture.ts';

const flags = (of: Record<string, string>): FlagValues =>
  new FlagValues(new Map(Object.entries(of)));

const addresses: [flag: string | undefined, env: Record<string, string>, want: string][] = [
  [undefined, {}, 'http://127.0.0.1:4646'],
  [undefined, { NOMAD_ADDR: 'http://a:1' }, 'http://a:1'],
  [undefined, { MUSTER_ADDR: 'http://b:2/', NOMAD_ADDR: 'http://a:1' }, 'http://b:2'],
  ['http://c:3', { MUSTER_ADDR: 'http://b:2' }, 'http://c:3'],
  [undefined, { MUSTER_ADDR: '', NOMAD_ADDR: 'http://a:1' }, 'http://a:1'],
  ['c:3', {}, 'http://c:3'],
  ['https://c', {}, 'https://c'],
  ['unix:///run/muster.sock', {}, 'unix:///run/muster.sock'],
];
for (const [flag, env, want] of addresses) {
  test(`-address ${flag ?? '(none)'} with ${JSON.stringify(env)} is ${want}`, () => {
    assert.equal(agentAddress(flags(flag === undefined ? {} : { address: flag }), env), want);
  });
}

test('token, namespace and region go with every request, flags first', async () => {
  const seen: { path: string; headers: Readonly<Record<string, string>> }[] = [];
  const world = testWorld({
    env: { NOMAD_TOKEN: 'env', NOMAD_NAMESPACE: 'n', MUSTER_REGION: 'm', NOMAD_REGION: 'r' },
    connect: () => ({
      send: (request) => {
        seen.push(request);
        return Promise.resolve({
          ...{ status: 200, headers: {} },
          body: (async function* () {
            await Promise.resolve();
            yield new TextEncoder().encode('"a:1"');
          })(),
        });
      },
    }),
  });
  const api = agentApi(flags({ token: 'flag' }), world);
  assert.equal(await api.call(statusLeader), 'a:1');
  assert.deepEqual(seen, [
    {
      ...{ method: 'GET', path: '/v1/status/leader?namespace=n&region=m' },
      headers: { 'X-Nomad-Token': 'flag' },
    },
  ]);
});
