import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsulWorld } from '../../../../test/consul-world.ts';

test('a console sees services in figures, and nodes with all that is on them', async () => {
  const world = await ConsulWorld.start();
  try {
    const registered = await world.put('/v1/catalog/register', {
      Node: 'n1',
      Address: '10.0.0.1',
      Service: { Service: 'web', ID: 'w1', Tags: ['v1'], Meta: { 'external-source': 'nomad' } },
      Checks: [
        { Name: 'node', CheckID: 'node', Status: 'passing' },
        { Name: 'web', CheckID: 'web', ServiceID: 'w1', Status: 'critical' },
      ],
    });
    assert.equal(registered.status, 200, registered.text);
    const services = await world.get('/v1/internal/ui/services');
    assert.deepEqual(services.json, [
      {
        Name: 'web',
        Datacenter: 'dc1',
        Tags: ['v1'],
        Nodes: ['n1'],
        InstanceCount: 1,
        ChecksPassing: 1,
        ChecksWarning: 0,
        ChecksCritical: 1,
        ExternalSources: ['nomad'],
        ConnectedWithProxy: false,
        GatewayConfig: {},
        TransparentProxy: false,
        ConnectNative: false,
        ConnectedWithGateway: false,
      },
    ]);
    assert.ok(services.index > 0);
    const none = await world.get('/v1/internal/ui/services?filter=Name%20%3D%3D%20%22db%22');
    assert.deepEqual(none.json, []);
    const all = (await world.get('/v1/internal/ui/nodes')).json as readonly object[];
    const one = (await world.get('/v1/internal/ui/node/N1')).json;
    assert.deepEqual(all.slice(1), [one]);
    const { Node, Services, Checks } = one as Record<string, readonly Record<string, unknown>[]>;
    assert.equal(Node, 'n1');
    assert.deepEqual(
      [Services?.map(({ ID }) => ID), Checks?.map(({ CheckID }) => CheckID)],
      [['w1'], ['node', 'web']],
    );
    assert.equal((await world.get('/v1/internal/ui/node/n9')).status, 404);
    assert.equal((await world.get('/v1/internal/ui/node/')).status, 400);
  } finally {
    await world.stop();
  }
});
