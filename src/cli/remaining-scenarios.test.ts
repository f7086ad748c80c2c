/** What people see of commands that are part of no longer story. */
import { test } from 'node:test';
import * as operator from '../api/consul/operator-routes.ts';
import * as agent from '../api/nomad/agent-routes.ts';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as client from '../api/nomad/client-routes.ts';
import * as cluster from '../api/nomad/cluster-routes.ts';
import * as deployment from '../api/nomad/deployment-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { EvalId } from '../core/model/ids.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { placed, world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const CHANGED = {
  ...{ evalId: sample.EVAL_ID as EvalId, evalCreateIndex: 9 as Index, index: 9 as Index },
  deploymentModifyIndex: 9 as Index,
};

test('what is done to one allocation', () =>
  replay('alloc-actions', (line) => {
    const several = { Tasks: [{ Name: 'server' }, { Name: 'sidecar' }] };
    const groups = { TaskGroups: [{ Name: 'echo', ...several }] };
    const script = new ScriptedAgent()
      .on(alloc.listAllocs, [sample.sampleStub('219074bd'), sample.sampleStub('21aa74bd')])
      .on(alloc.readAlloc, sample.sampleAlloc('219074bd', {}, sample.sampleJob(groups)))
      .on(client.signalAlloc, ({ body }) => {
        if (body.signal !== 'SIGNOTHING') return undefined;
        throw new Failure('invalid', 'unknown signal "SIGNOTHING"');
      })
      .on(client.restartAlloc, () => undefined)
      .on(alloc.stopAlloc, { evalId: sample.EVAL_ID as EvalId, index: 9 as Index })
      .on(alloc.readEval, sample.sampleEval({ TriggeredBy: 'alloc-stop' }))
      .on(alloc.evalAllocs, [placed])
      .on(deployment.readDeployment, sample.sampleDeployment({ Status: 'successful' }));
    if (line.includes('2190')) script.on(alloc.listAllocs, [sample.sampleStub('219074bd')]);
    if (line.includes('ffff')) script.on(alloc.listAllocs, []);
    return world(script);
  }));

test('jobs that are read, begun and let go on', () =>
  replay('job-odds', (line) => {
    const script = new ScriptedAgent()
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.readJob, sample.sampleJob())
      .on(
        job.jobDeployment,
        line.includes('none') ? (undefined as never) : sample.sampleDeployment(),
      )
      .on(deployment.listDeployments, [sample.sampleDeployment()])
      .on(deployment.promoteDeployment, CHANGED)
      .on(deployment.unblockDeployment, () => {
        if (!line.includes('not blocked')) return CHANGED;
        throw new Failure('invalid', 'deployment is not blocked');
      });
    const text = line.includes('there already') ? { 'example.nomad.hcl': 'job "x" {}' } : {};
    return world(script, { text });
  }));

test('servers and their figures', () =>
  replay('servers', (line) => {
    const script = new ScriptedAgent()
      .on(cluster.autopilotHealth, {
        ...{ healthy: true, failureTolerance: 0 },
        servers: [
          {
            ...{ id: 's1', name: 'vm.global', address: '127.0.0.1:4647', status: 'alive' },
            ...{ version: '1.2.3', leader: true, lastContactMs: 0, lastIndex: 6 as Index },
            ...{ healthy: true, voter: true },
          },
        ],
      })
      .on(operator.readAutopilot, {
        ...{ cleanupDeadServers: true, lastContactThresholdMs: 200, maxTrailingLogs: 250 },
        ...{ minQuorum: 0, serverStabilizationTimeMs: 10_000 },
        ...{ createIndex: 0 as Index, modifyIndex: 0 as Index },
      })
      .on(operator.setAutopilot, ({ body }) => {
        if (body.cleanupDeadServers === true && body.lastContactThresholdMs === 200) return true;
        throw new Failure('unsupported', 'cannot change CleanupDeadServers');
      })
      .on(operator.autopilotState, {
        ...{ healthy: true, failureTolerance: 0, optimisticFailureTolerance: 0 },
        servers: {
          'id-1': {
            ...{ id: 'id-1', name: 'vm', address: '127.0.0.1:4647', nodeStatus: 'alive' },
            ...{ version: '1.2.3', status: 'leader', lastContactMs: 0, healthy: true },
            lastIndex: 6 as Index,
          },
          'id-2': {
            ...{ id: 'id-2', name: 'vm2', address: '127.0.0.2:4647', nodeStatus: 'alive' },
            ...{ version: '1.2.3', status: 'non-voter', lastContactMs: 120, healthy: true },
            lastIndex: 5 as Index,
          },
        },
        ...{ leader: 'id-1', voters: ['id-1'] },
      })
      .on(operator.readUsage, ({ query }) => ({
        usage: {
          dc1: { nodes: 3, services: 2, serviceInstances: 5 },
          ...(query.global === true ? { dc0: { nodes: 1, services: 1, serviceInstances: 1 } } : {}),
        },
      }))
      .on(agent.agentServers, ['10.0.0.1:4647', '10.0.0.2:4647'])
      .on(cluster.reconcileSummaries, undefined)
      .on(agent.readMetrics, { gauges: [] } as never)
      .on(agent.forceLeave, () => {
        if (!line.includes('unknown')) return undefined;
        throw new Failure('not_found', 'agent: No node found with name "unknown"');
      })
      .on(agent.agentMonitor, [{ bytes: new TextEncoder().encode('a line\n') }] as never);
    return world(script);
  }));

test('scaling policies', () =>
  replay('scaling', (line) => {
    const target = { Namespace: 'default', Job: 'web', Group: 'g' };
    const stub = { enabled: true, type: 'horizontal', target };
    const stubs = ['8b1f3c22', '8bffffff'].map((id) => ({
      ...{ ...stub, id: sample.longId(id), createIndex: 7 as Index, modifyIndex: 7 as Index },
    }));
    const policy = {
      ...stub,
      id: sample.longId('8b1f3c22'),
      min: 1,
      max: 9,
      policy: { cooldown: 1 },
    };
    const script = new ScriptedAgent()
      .on(cluster.listScalingPolicies, line.includes('none') ? [] : stubs)
      .on(cluster.readScalingPolicy, policy);
    return world(script);
  }));

test('evaluations are deleted', () =>
  replay('eval-delete', (line) => {
    const one = sample.sampleEval();
    const two = sample.sampleEval({ ID: sample.longId('84ac3b45') });
    const script = new ScriptedAgent()
      .on(alloc.listEvals, ({ query }) =>
        line.includes('none') ? [] : query.filter === undefined ? [one] : [one, two],
      )
      .on(alloc.deleteEvals, ({ body }) => ({
        ...{ index: 9 as Index, count: body.evalIds.length },
      }));
    return world(script, { typed: line.includes('refused') ? 'n\n' : 'y\n' });
  }));
