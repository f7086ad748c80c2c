/** What people see of commands about agents and the catalog, against a scripted agent. */
import { test } from 'node:test';
import * as agent from '../api/consul/agent-routes.ts';
import * as services from '../api/consul/agent-service-routes.ts';
import * as catalog from '../api/consul/catalog-routes.ts';
import { coordinateDatacenters, listCoordinates } from '../api/consul/coordinate-routes.ts';
import { readKv } from '../api/consul/kv-routes.ts';
import * as operator from '../api/consul/operator-routes.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { replay } from './golden.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const AT = { createIndex: 5 as Index, modifyIndex: 7 as Index };

function catalogNodeOf(name: string, meta: Readonly<Record<string, string>> = {}) {
  return {
    ...{ name, id: `40e4a748-2192-161a-0510-9bf59fe9${name === 'n1' ? '1111' : '2222'}` },
    ...{ address: '10.0.0.1', datacenter: 'dc1', taggedAddresses: { lan: '10.0.0.1' }, meta },
    ...AT,
  };
}

test('agents are joined, told, sent away', () =>
  replay('agents', (line) => {
    const away = (place: string | undefined): void => {
      if (place?.includes('nobody') !== true) return;
      throw new Failure('unavailable', 'cannot reach "nobody:8301"');
    };
    const script = new ScriptedAgent()
      .on(agent.joinMember, ({ params }) => away(params['address']))
      .on(agent.leaveAgent, () => undefined)
      .on(agent.reloadAgent, () => {
        if (line.includes('broken')) throw new Failure('invalid', 'agent.hcl:3,1-2: no such block');
      })
      .on(agent.forceLeaveMember, ({ params }) => {
        if (params['node'] === 'n9') throw new Failure('not_found', 'there is no member "n9"');
      })
      .on(agent.consulSelf, {
        config: { nodeName: 'n1', datacenter: 'berlin' },
        stats: { runtime: { arch: 'x64', os: 'linux' }, agent: { checks: '2' } },
      } as never)
      .on(operator.listKeyring, [
        {
          ...{ wan: false, datacenter: 'dc1', segment: '', numNodes: 3, primaryKeys: {} },
          keys: { 'w8LmRRtVfQAAOeSdlYgqrg==': 3, 'z90lFx3sZZLtTOkutXcwYg==': 2 },
        },
      ])
      .on(operator.installKey, () => undefined)
      .on(operator.useKey, () => {
        throw new Failure('conflict', 'not all agents have that key');
      })
      .on(operator.removeKey, () => undefined)
      .on(listCoordinates, [at('n1', 0), at('n2', 0.0004)])
      .on(coordinateDatacenters, [
        { datacenter: 'berlin', areaId: 'wan', coordinates: [at('n1', 0)] },
        { datacenter: 'ohio', areaId: 'wan', coordinates: [at('u1', 0.01)] },
      ])
      .on(agent.consulMembers, [wanMember('n1', 'eu', 'berlin'), wanMember('u1', 'us', 'ohio')]);
    return world(script);
  }));

function wanMember(node: string, region: string, dc: string): agent.AgentMember {
  const tags = { region, dc, pool: 'wan' };
  return { name: `${node}.${region}`, address: '10.0.0.1', port: 8302, status: 'alive', tags };
}

function at(node: string, x: number) {
  const coordinate = { vec: [x, 0, 0, 0, 0, 0, 0, 0], error: 0.1, adjustment: 0, height: 0.0001 };
  return { node, segment: '', coordinate, modifyIndex: 7 as Index };
}

test('the catalog is listed', () =>
  replay('catalog', (line) => {
    const script = new ScriptedAgent()
      .on(catalog.listDatacenters, ['dc1', 'dc2'])
      .on(catalog.listServices, line.includes('none') ? {} : { consul: [], web: ['v2', 'v1'] })
      .on(catalog.listCatalogNodes, ({ query }) =>
        query.nodeMeta === undefined
          ? [catalogNodeOf('n1'), catalogNodeOf('n2', { rack: '2' })]
          : [],
      )
      .on(catalog.catalogNode, ({ params }) => {
        if (params['node'] !== 'n1') return undefined;
        const web = { name: 'web', tags: ['v1'] };
        return { node: catalogNodeOf('n1'), services: { web } } as never;
      });
    return world(script);
  }));

test('services are registered, taken away, held back', () =>
  replay('services', (line) => {
    const held = {
      ...{ node: 'n1', notes: 'new disk', serviceName: 'web', serviceTags: [] },
    };
    const checks = line.includes('held')
      ? {
          _node_maintenance: { ...held, id: '_node_maintenance', serviceId: '' },
          '_service_maintenance:web1': {
            ...{ ...held, id: '_service_maintenance:web1', serviceId: 'web1' },
          },
        }
      : {};
    const script = new ScriptedAgent()
      .on(services.registerService, () => undefined)
      .on(services.deregisterService, ({ params }) => {
        if (params['id'] !== 'none') return;
        throw new Failure('not_found', 'Unknown service ID "none"');
      })
      .on(services.setMaintenance, () => undefined)
      .on(services.setServiceMaintenance, () => undefined)
      .on(services.agentChecks, checks as never)
      .on(services.agentServices, {});
    const text = {
      'web.hcl': 'service {\n  name = "web"\n  port = 80\n}\n',
      'empty.hcl': '',
      'wrong.json': '{"service": {"name": "web", "port": "many"}}',
    };
    return world(script, { text });
  }));

test('something is watched once, and a lock asked for wrongly', () =>
  replay('watch-and-lock', () => {
    const script = new ScriptedAgent().on(readKv, [
      {
        ...{ key: 'app/colour', value: 'Ymx1ZQ==', flags: '0', lockIndex: 0 as Index },
        ...AT,
      },
    ]);
    return world(script);
  }));
