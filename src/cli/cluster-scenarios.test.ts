/** What people see: command lines against a scripted agent, beside the golden files. */
import { test } from 'node:test';
import * as agent from '../api/nomad/agent-routes.ts';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as client from '../api/nomad/client-routes.ts';
import * as cluster from '../api/nomad/cluster-routes.ts';
import * as deployment from '../api/nomad/deployment-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import * as node from '../api/nomad/node-routes.ts';
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { EvalId } from '../core/model/ids.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { placed, success, WITHIN, world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

test('nodes, in a list and one', () =>
  replay('node-status', (line) => {
    const nodes = [
      sample.sampleNodeStub(),
      sample.sampleNodeStub({ ID: sample.longId('3aaaaaaa') }),
    ];
    const script = new ScriptedAgent()
      .on(node.listNodes, ({ query }) =>
        nodes.filter(({ id }) => id.startsWith(query.prefix ?? '')),
      )
      .on(node.readNode, sample.sampleNode())
      .on(node.nodeAllocs, [
        sample.sampleAlloc('74b00214'),
        sample.sampleAlloc('b266f6ce'),
        sample.sampleAlloc('38d70276', { ClientStatus: 'complete', DesiredStatus: 'stop' }),
      ])
      .on(client.allocStats, sample.ALLOC_USED)
      .on(client.hostStats, sample.HOST_USED)
      .on(agent.agentSelf, {
        config: {},
        member: { name: 'vm.global', address: '127.0.0.1', port: 8301, tags: {}, status: 'alive' },
        stats: { client: { node_id: sample.NODE_ID, known_servers: '127.0.0.1:4647' } },
      });
    if (line.includes('away')) {
      script.on(client.hostStats, () => {
        throw new Failure('unavailable', 'no path to the node');
      });
    }
    return world(script);
  }));

test('a node is drained, and may or may not get work', () =>
  replay('node-drain', () => {
    const draining = {
      DrainStrategy: { Deadline: 3600e9, ForceDeadline: new Date(sample.NOON).toISOString() },
    };
    const marked = { DesiredTransition: { Migrate: true } };
    const done = { ...marked, ClientStatus: 'complete', DesiredStatus: 'stop' };
    const script = new ScriptedAgent()
      .on(node.listNodes, [sample.sampleNodeStub()])
      .on(node.drainNode, nodeChanged())
      .on(node.setNodeEligibility, nodeChanged())
      .inTurn(node.readNode, [sample.sampleNode(draining), sample.sampleNode()])
      .inTurn(node.nodeAllocs, [
        [sample.sampleAlloc('74b00214', marked)],
        [sample.sampleAlloc('74b00214', done)],
      ]);
    return world(script);
  }));

function nodeChanged(): {
  evalIds: EvalId[];
  evalCreateIndex: Index;
  nodeModifyIndex: Index;
  index: Index;
} {
  const index = 9 as Index;
  return { evalIds: [], evalCreateIndex: index, nodeModifyIndex: index, index };
}

test('evaluations, in a list and one', () =>
  replay('eval', () => {
    const failed = sample.sampleEval({
      ...{ FailedTGAllocs: sample.FAILED_GROUPS, BlockedEval: sample.longId('84ac3b45') },
    });
    const blocked = sample.sampleEval({ ID: sample.longId('84ac3b45'), Status: 'blocked' });
    const script = new ScriptedAgent()
      .on(alloc.listEvals, ({ query }) =>
        [failed, blocked].filter(({ id }) => id.startsWith(query.prefix ?? '')),
      )
      .on(alloc.readEval, failed)
      .on(alloc.evalAllocs, [placed]);
    return world(script);
  }));

test('deployments, in a list, one, and steered', () =>
  replay('deployment', (line) => {
    const canaries = { DesiredCanaries: 3, DesiredTotal: 3, PlacedAllocs: 3, HealthyAllocs: 3 };
    const waiting = 'Deployment is running but requires manual promotion';
    const one = sample.sampleDeployment({ StatusDescription: waiting }, canaries);
    const told = {
      evalId: sample.EVAL_ID as EvalId,
      evalCreateIndex: 9 as Index,
      deploymentModifyIndex: 9 as Index,
      index: 9 as Index,
    };
    const script = new ScriptedAgent()
      .on(deployment.listDeployments, ({ query }) =>
        [one].filter(({ id }) => id.startsWith(query.prefix ?? '')),
      )
      .on(deployment.readDeployment, one)
      .on(deployment.promoteDeployment, told)
      .on(deployment.pauseDeployment, ({ body }) => {
        const { evalId, ...rest } = told;
        return body.pause ? rest : { ...rest, evalId };
      })
      .on(deployment.failDeployment, { ...told, revertedJobVersion: 2 })
      .on(alloc.readEval, sample.sampleEval(WITHIN))
      .on(alloc.evalAllocs, []);
    if (line.includes('promote') || line.includes('fail') || line.includes('-monitor')) {
      const end = line.includes('fail') ? { Status: 'cancelled' } : success;
      const promoted = { ...canaries, Promoted: true };
      script.inTurn(deployment.readDeployment, [one, sample.sampleDeployment(end, promoted)]);
    }
    return world(script);
  }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('logs and files of an allocation', () =>
  replay('logs', (line) => {
    const text = Array.from({ length: 30 }, (_, i) => `line ${i + 1}\n`).join('');
    const two = { Tasks: [{ Name: 'server' }, { Name: 'sidecar' }] };
    const script = new ScriptedAgent()
      .on(alloc.listAllocs, [sample.sampleStub('219074bd')])
      .on(alloc.readAlloc, sample.sampleAlloc('219074bd'))
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.jobAllocs, [sample.sampleStub('219074bd')])
      .on(client.taskLogs, ({ query }) => {
        const all = query.type === 'stderr' ? 'oops\n' : text;
        const from = query.origin === 'end' ? Math.max(0, all.length - (query.offset ?? 0)) : 0;
        return [
          { file: 'alloc/logs/server.stdout.0', offset: from, bytes: bytes(all.slice(from)) },
          { file: '', offset: 0, bytes: new Uint8Array() },
        ] as never;
      })
      .on(client.statFile, ({ query }) => fileEntry(query.path ?? '/'))
      .on(client.listFiles, [fileEntry('/alloc'), fileEntry('notes.txt')])
      .on(client.catFile, 'noted\n');
    if (line.includes('several')) {
      const job = sample.sampleJob({ TaskGroups: [{ Name: 'echo', ...two }] });
      script.on(alloc.readAlloc, sample.sampleAlloc('219074bd', {}, job));
    }
    return world(script);
  }));

function fileEntry(path: string): {
  name: string;
  directory: boolean;
  size: number;
  mode: number;
  modifiedAt: Millis;
  contentType: string;
} {
  const directory = path.startsWith('/');
  const name = path.replace(/^\//, '');
  const mode = directory ? 0o777 : 0o644;
  const contentType = directory ? '' : 'text/plain; charset=utf-8';
  return { name, directory, size: 6, mode, modifiedAt: sample.NOON, contentType };
}

test('the cluster: servers, settings, namespaces', () =>
  replay('cluster', (line) => {
    const tags = {
      build: '1.2.3',
      dc: 'dc1',
      region: 'global',
      rpc_addr: '127.0.0.1',
      port: '4647',
    };
    const member = {
      ...{ name: 'vm.global', address: '127.0.0.1', port: 8301, status: 'alive', tags },
    };
    const preemption = { system: true, service: false, batch: false, sysbatch: false };
    const script = new ScriptedAgent()
      .on(agent.agentMembers, {
        ...{ serverName: 'vm', serverRegion: 'global', serverDatacenter: 'dc1' },
        members: [member],
      })
      .on(cluster.statusLeader, '127.0.0.1:4647')
      .on(cluster.readSchedulerConfig, {
        config: {
          ...{ algorithm: 'binpack', preemption, memoryOversubscription: false },
          ...{ rejectJobRegistration: false, pauseEvalBroker: false },
          ...{ createIndex: 5 as Index, modifyIndex: 5 as Index },
        },
      })
      .on(cluster.setSchedulerConfig, ({ query }) => ({
        updated: query.ifModifyIndex === 5,
        index: 6 as Index,
      }))
      .on(cluster.raftConfiguration, {
        index: 6 as Index,
        servers: [
          { id: 's1', name: 'vm.global', address: '127.0.0.1:4647', leader: true, voter: true },
        ],
      })
      .on(cluster.transferLeadership, ({ query }) => {
        const to = query.address ?? query.id ?? '127.0.0.2:4647';
        const nameOf = (each: string): cluster.PeerName => ({ id: each, address: each });
        const from = '127.0.0.1:4647';
        return { from: nameOf(from), to: nameOf(to), noop: to === from };
      })
      .on(cluster.removePeer, ({ query }) => {
        if (query.address === '127.0.0.3:4647') return undefined;
        const why = '127.0.0.1 stays: it lives: only a server that is gone can be removed';
        throw new Failure('conflict', why);
      })
      .on(cluster.search, ({ body }) => {
        // What is piped in is sent as it is.
        const sent = new TextDecoder().decode(body as unknown as Uint8Array);
        return { matches: { sent: [sent] }, truncations: {} };
      })
      .on(cluster.collectGarbage, undefined)
      .on(agent.joinAgent, { error: '', joined: 1 })
      .on(agent.agentSelf, {
        ...{ config: {}, member },
        stats: { nomad: { server: 'true', leader: 'true' }, client: { node_id: sample.NODE_ID } },
      });
    // What the line says is piped in, and who asks.
    const typed = line.includes('piped') ? '{"Prefix":"h"}' : '';
    const env = line.includes('jobs?') ? { NOMAD_TOKEN: 'secret', NOMAD_REGION: 'eu' } : {};
    return world(script, { typed, env });
  }));
