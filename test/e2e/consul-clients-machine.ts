/** The tests of the npm client that concern the agent, its checks and services, and the catalog. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { like, listOf, member } from './consul-clients-like.ts';
import { agent, call, fresh, NODE, put, refused, until } from './consul-clients-stand.ts';

describe('the agent', () => {
  test('tells of itself and of its members', async () => {
    like(await call('agent.members'), [{ Name: NODE, Addr: '127.0.0.1', Status: 1 }]);
    const self = {
      Config: { Server: true, Datacenter: 'dc1', NodeName: NODE },
      Member: { Name: NODE, Addr: '127.0.0.1' },
    };
    like(await call('agent.self'), self);
    like(await call('agent.self', {}), self);
  });

  test('is maintained, and not any more', async () => {
    like(await call('agent.checks'), { _node_maintenance: undefined });
    await call('agent.maintenance', true);
    like(await call('agent.checks'), { _node_maintenance: { Status: 'critical' } });
    await call('agent.maintenance', { enable: false });
    like(await call('agent.checks'), { _node_maintenance: undefined });
    await refused(call('agent.maintenance', { enable: 'false' }), /enable required/);
  });

  test('reloads', async () => {
    await call('agent.reload');
  });

  test('joins nobody and lets nobody go that it does not know', async () => {
    await refused(call('agent.join', '127.0.0.2'), /./, 500);
    await refused(call('agent.join', {}), /address required/);
    await refused(call('agent.forceLeave', 'node2'), /./, 404);
    await refused(call('agent.forceLeave', {}), /node required/);
  });
});

describe('checks of the agent', () => {
  test('come, change and go', async () => {
    const name = fresh('check');
    like(await call('agent.check.list'), { [name]: undefined });
    await call('agent.check.register', { name, ttl: '60s', notes: 'by hand' });
    const first = { Status: 'critical', Name: name, Notes: 'by hand', Node: NODE, Type: 'ttl' };
    like(await call('agent.checks'), { [name]: first });
    await call('agent.check.pass', { id: name, note: 'all is well' });
    like(await call('agent.checks'), { [name]: { Status: 'passing', Output: /all is well/ } });
    await call('agent.check.warn', name);
    like(await call('agent.checks'), { [name]: { Status: 'warning' } });
    await call('agent.check.fail', name);
    like(await call('agent.checks'), { [name]: { Status: 'critical' } });
    await call('agent.check.deregister', name);
    like(await call('agent.checks'), { [name]: undefined });
  });

  test('run, whatever their kind', async () => {
    const own = `127.0.0.1:${agent.discoveryPort}`;
    const kinds = {
      http: { http: `http://${own}/v1/status/leader`, interval: '1s' },
      tcp: { tcp: own, interval: '1s' },
      args: { args: ['sh', '-c', 'exit 0'], interval: '1s', timeout: '30s' },
      alias: { aliasnode: NODE },
    };
    const names = Object.entries(kinds).map(([kind, check]) => ({ name: fresh(kind), ...check }));
    for (const each of names) await call('agent.check.register', each);
    for (const { name } of names) {
      await until(`${name} passes`, 'agent.checks', { [name]: { Status: 'passing' } });
      await call('agent.check.deregister', name);
    }
  });

  test('that nobody knows are an error', async () => {
    await refused(call('agent.check.pass', 'nobody'), /./, 404);
    await refused(call('agent.check.deregister', 'nobody'), /./, 404);
    await refused(call('agent.check.register', { name: 'x' }), /ttl, or/);
  });
});

describe('services of the agent', () => {
  test('come with their name alone, and go', async () => {
    const name = fresh('service');
    like(await call('agent.service.list'), { [name]: undefined });
    await call('agent.service.register', name);
    like(await call('agent.services'), { [name]: { ID: name, Service: name, Port: 0 } });
    await call('agent.service.deregister', name);
    like(await call('agent.services'), { [name]: undefined });
    await refused(call('agent.service.deregister', name), /./, 404);
    await refused(call('agent.service.register', {}), /name required/);
  });

  test('come with everything that there is to say', async () => {
    const id = fresh('service');
    await call('agent.service.register', {
      id,
      name: 'all',
      tags: ['a', 'b'],
      meta: { since: 'today' },
      address: '127.0.0.9',
      port: 8080,
      taggedaddresses: {
        lan: { address: '10.0.0.1', port: 1 },
        wan: { address: '1.1.1.1', port: 2 },
      },
      checks: [
        { ttl: '60s', status: 'passing', deregistercriticalserviceafter: '90m' },
        { tcp: '127.0.0.1:1', interval: '60s', failuresbeforecritical: 3, status: 'warning' },
      ],
    });
    const service = {
      ID: id,
      Service: 'all',
      Tags: ['a', 'b'],
      Meta: { since: 'today' },
      Address: '127.0.0.9',
      Port: 8080,
      TaggedAddresses: { lan: { Address: '10.0.0.1', Port: 1 }, wan: { Address: '1.1.1.1' } },
    };
    like(await call('agent.services'), { [id]: service });
    like(await call('agent.checks'), {
      [`service:${id}:1`]: { ServiceID: id, ServiceName: 'all', Status: 'passing' },
      [`service:${id}:2`]: { ServiceID: id, ServiceTags: ['a', 'b'], Status: 'warning' },
    });
    await call('agent.service.deregister', { id });
  });

  for (const check of [{ http: 'http://127.0.0.1:1/' }, { script: 'true' }]) {
    test(`come with a check: ${Object.keys(check).join()}`, async () => {
      const name = fresh('service');
      const notes = 'a simple check';
      const settings = { ...check, interval: '30s', notes };
      await call('agent.service.register', { name, check: settings });
      like(await call('agent.check.list'), { [`service:${name}`]: { Notes: notes } });
      await call('agent.service.deregister', name);
      like(await call('agent.check.list'), { [`service:${name}`]: undefined });
    });
  }

  test('are maintained, and not any more', async () => {
    const id = fresh('service');
    const check = `_service_maintenance:${id}`;
    await call('agent.service.register', id);
    await call('agent.service.maintenance', { id, enable: true, reason: 'new disks' });
    like(await call('agent.checks'), { [check]: { Status: 'critical', Notes: 'new disks' } });
    await call('agent.service.maintenance', { id, enable: false });
    like(await call('agent.checks'), { [check]: undefined });
    await refused(call('agent.service.maintenance', { id: 'no', enable: true }), /./, 404);
    await call('agent.service.deregister', id);
  });
});

describe('the catalog', () => {
  const service = 'catalogued';
  before(async () => {
    await call('agent.service.register', { name: service, tags: ['v1'] });
    await until('the service is there', 'catalog.services', { [service]: ['v1'] });
  });
  after(() => call('agent.service.deregister', service));

  test('tells of datacenters, nodes and services', async () => {
    assert.deepEqual(await call('catalog.datacenters'), ['dc1']);
    like(await call('catalog.node.list'), [
      { Node: NODE, Address: '127.0.0.1', Datacenter: 'dc1' },
    ]);
    like(await call('catalog.nodes', 'dc1'), [{ Node: NODE }]);
    const services = {
      Node: { Node: NODE },
      Services: { [service]: { ID: service, Tags: ['v1'] } },
    };
    like(await call('catalog.node.services', NODE), services);
    like(await call('catalog.service.list'), { consul: [], [service]: ['v1'] });
    like(await call('catalog.services', 'dc1'), { consul: [] });
    const row = { Node: NODE, Address: '127.0.0.1', ServiceName: service, ServiceTags: ['v1'] };
    like(await call('catalog.service.nodes', service), [row]);
    like(await call('catalog.service.nodes', { service, tag: 'v2' }), []);
    await refused(call('catalog.nodes', 'dc9'), /No path to datacenter/, 500);
  });

  test('finds the proxies of a service', async () => {
    assert.deepEqual(await call('catalog.connect.nodes', service), []);
    const proxy = { destinationservicename: service };
    // It leaves out the kind of what it registers, which every later Consul asks for.
    await call('agent.service.register', { name: 'side', port: 1, proxy });
    assert.deepEqual(await call('catalog.connect.nodes', service), []);
    await put('/v1/agent/service/register', {
      Name: 'side',
      Kind: 'connect-proxy',
      Port: 1,
      Proxy: { DestinationServiceName: service },
    });
    const found = { ServiceName: 'side', ServiceKind: 'connect-proxy', ServicePort: 1 };
    await until('the proxy is found', 'catalog.connect.nodes', [found], service);
    await call('agent.service.deregister', 'side');
  });

  test('takes nodes, services and checks of others', async () => {
    await call('catalog.register', 'bare');
    like(await call('catalog.node.services', 'bare'), { Node: { Address: '127.0.0.1' } });
    const node = 'external';
    await call('catalog.register', {
      node,
      address: '192.0.2.1',
      nodemeta: { 'external-node': 'true' },
      service: { id: 'mail1', service: 'mail', tags: ['smtp'], port: 25, meta: { mx: '10' } },
      check: { node, checkid: 'mail1:up', name: 'up', serviceid: 'mail1', status: 'passing' },
    });
    const row = { Node: node, ServiceID: 'mail1', ServicePort: 25, ServiceMeta: { mx: '10' } };
    like(await call('catalog.service.nodes', 'mail'), [{ ...row, ServiceAddress: '' }]);
    like(await call('health.checks', 'mail'), [{ CheckID: 'mail1:up', Status: 'passing' }]);
    await call('catalog.deregister', { node, checkid: 'mail1:up' });
    like(await call('health.checks', 'mail'), []);
    await call('catalog.deregister', { node, serviceid: 'mail1' });
    like(await call('catalog.service.nodes', 'mail'), []);
    for (const name of [node, 'bare']) await call('catalog.deregister', name);
    like(await call('catalog.nodes'), [{ Node: NODE }]);
    await refused(call('catalog.register', { node }), /address required/);
  });
});

describe('health', () => {
  const name = 'checked';
  const id = `service:${name}`;
  before(async () => {
    await call('agent.service.register', { name, tags: ['t'], check: { ttl: '60s' } });
    await until('its check is there', 'health.checks', [{ CheckID: id }], name);
  });
  after(() => call('agent.service.deregister', name));

  test('of a node, a service, a state', async () => {
    const checks = listOf(await call('health.node', NODE));
    const byId = new Map(checks.map((check) => [member(check, 'CheckID'), check]));
    like(byId.get('serfHealth'), { Node: NODE, Status: 'passing', ServiceName: '' });
    like(byId.get(id), { Node: NODE, Status: 'critical', ServiceName: name });
    const entry = {
      Node: { Node: NODE, Address: '127.0.0.1' },
      Service: { ID: name, Service: name, Tags: ['t'] },
      Checks: [{ CheckID: 'serfHealth' }, { CheckID: id }],
    };
    like(await call('health.service', name), [entry]);
    like(await call('health.service', { service: name, passing: true }), []);
    like(await call('health.service', { service: name, tag: 'u' }), []);
    like(await call('health.state', 'critical'), [{ ServiceName: name }]);
    like(await call('health.state', 'any'), [{ Node: NODE }, { Node: NODE }]);
    like(await call('health.state', { state: 'any', filter: `CheckID == "${id}"` }), [{}]);
    await refused(call('health.state', 'unwell'), /state invalid/);
  });
});
