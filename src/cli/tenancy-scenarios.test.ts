/** Namespaces and node pools, as people see them. */
import { test } from 'node:test';
import * as tenancy from '../api/nomad/tenancy-routes.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { BUILT_IN_POOLS, DEFAULT_NAMESPACE_ROW, type NamespaceRow } from '../core/model/tenancy.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const TEAM: NamespaceRow = {
  ...DEFAULT_NAMESPACE_ROW,
  ...{ name: 'team' as never, description: 'Team A', meta: { owner: 'me' } },
  ...{ enabledDrivers: ['docker', 'exec'], disabledDrivers: [] },
};

const SPEC = `name        = "team"
description = "Ours"

meta {
  floor = 3
}

capabilities {
  disabled_task_drivers = ["raw_exec"]
}
`;

test('namespaces', () =>
  replay('namespaces', (line) => {
    const script = new ScriptedAgent()
      .on(tenancy.listNamespaces, [DEFAULT_NAMESPACE_ROW, TEAM])
      .on(tenancy.readNamespace, ({ params }) => {
        if (params['name'] === 'team') return TEAM;
        throw new Failure('not_found', 'Namespace not found');
      })
      .on(tenancy.createNamespace, () => undefined)
      .on(tenancy.deleteNamespace, () => {
        if (!line.includes('busy')) return undefined;
        throw new Failure('invalid', 'namespace "team" has non-terminal jobs');
      });
    const text = { 'team.hcl': SPEC, 'team.json': '{"Name":"team","Meta":{}}' };
    return world(script, { text: { ...text, 'wrong.hcl': 'nam = "team"' } });
  }));

const POOL = { name: 'gpu', description: 'Graphics', meta: { rack: 'r1' } };

test('node pools', () =>
  replay('node-pools', (line) => {
    const gpu = { ...POOL, createIndex: 7 as Index, modifyIndex: 7 as Index };
    const script = new ScriptedAgent()
      .on(tenancy.listNodePools, [...BUILT_IN_POOLS, gpu])
      .on(tenancy.readNodePool, gpu)
      .on(tenancy.createNodePool, () => undefined)
      .on(tenancy.deleteNodePool, () => undefined)
      .on(tenancy.listPoolNodes, line.includes('empty') ? [] : [sample.sampleNodeStub()])
      .on(tenancy.listPoolJobs, line.includes('empty') ? [] : [sample.sampleJobStub()]);
    const text = { 'gpu.hcl': 'node_pool "gpu" {\n  description = "Graphics"\n}\n' };
    return world(script, { text });
  }));
