/** What people see of the checks of allocations and of the metadata of nodes. */
import { test } from 'node:test';
import * as agent from '../api/nomad/agent-routes.ts';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as client from '../api/nomad/client-routes.ts';
import * as node from '../api/nomad/node-routes.ts';
import { Failure } from '../base/failure.ts';
import type { CheckResult } from '../core/model/check-result.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const HTTP: CheckResult = {
  ...{ id: '_nomad-check-1', name: 'alive', group: 'http-echo.echo[0]', task: '' },
  ...{ service: 'echo', mode: 'healthiness', status: 'failure', statusCode: 503 },
  output: 'HTTP GET http://127.0.0.1:8080/: 503 Service Unavailable Output: busy\n',
  at: sample.NOON,
};
const YOUNG: CheckResult = {
  ...{ id: '_nomad-check-2', name: 'ready', group: 'http-echo.echo[0]', task: 'server' },
  ...{ service: 'echo-admin', mode: 'readiness', status: 'pending', statusCode: 0, output: '' },
};

const CONFIGURED = { rack: 'r1', testing: 'yes' };

test('checks of allocations, and metadata of nodes', () =>
  replay('checks-and-meta', (line) => {
    const none = line.includes('none');
    const nodeId = sample.NODE_ID;
    const dynamic = { set: { ready: '1', rack: 'r2' }, unset: ['testing'] };
    const script = new ScriptedAgent()
      .on(alloc.listAllocs, line.includes('ffff') ? [] : [sample.sampleStub('219074bd')])
      .on(client.allocChecks, none ? [] : [HTTP, YOUNG])
      .on(node.listNodes, [sample.sampleNodeStub()])
      .on(agent.agentSelf, {
        ...{ config: {}, member: {}, stats: { client: { node_id: nodeId } } },
      } as never)
      .on(client.readNodeMeta, {
        merged: none ? {} : { rack: 'r2', ready: '1' },
        configured: none ? {} : CONFIGURED,
        dynamic: none ? { set: {}, unset: [] } : dynamic,
      })
      .on(client.changeNodeMeta, ({ body }) => {
        if (line.includes('refused')) throw new Failure('invalid', JSON.stringify(body));
        return { merged: body.change.set, configured: {}, dynamic: body.change };
      });
    return world(script);
  }));
