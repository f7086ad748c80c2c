/** Asking before changing: simulations, moves, and whether the state is sound. */
import { test } from 'node:test';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import * as node from '../api/nomad/node-routes.ts';
import * as planning from '../api/nomad/planning-routes.ts';
import type { Forecast } from '../core/what-if/forecast.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { FILE, world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const of = (total: number, before: number, after: number): Forecast['nodes'][number]['cpu'] => ({
  ...{ total, before, after },
});

function forecast(missing: number): Forecast {
  const why = sample.sampleMetrics({
    ...{ NodesEvaluated: 2, NodesExhausted: 2, DimensionExhausted: { memory: 2 } },
  });
  return {
    groups: [
      {
        ...{ namespace: 'default' as never, jobId: 'http-echo' as never, group: 'echo' },
        ...{ desired: 8, before: 3, after: 8 - missing, missing },
        ...(missing > 0 && { why }),
      },
    ],
    nodes: [
      {
        ...{ id: sample.NODE_ID as never, name: 'vm', fate: 'drained' },
        ...{ allocsBefore: 3, allocsAfter: 0, cpu: of(4000, 300, 0) },
        ...{ memoryMb: of(8000, 1200, 0), diskMb: of(90_000, 900, 0) },
      },
      {
        ...{ id: sample.longId('aaaaaaaa') as never, name: 'new-1', fate: 'new' },
        ...{ allocsBefore: 0, allocsAfter: 8 - missing, cpu: of(4000, 0, 800) },
        ...{ memoryMb: of(8000, 0, 3200), diskMb: of(90_000, 0, 2400) },
      },
    ],
    ...{ placed: 8 - missing, stopped: 3, evicted: missing > 0 ? 1 : 0, settled: missing < 3 },
  };
}

test('what would happen if', () =>
  replay('simulate', (line) => {
    const script = new ScriptedAgent()
      .on(node.listNodes, [sample.sampleNodeStub()])
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(planning.simulate, ({ body }) => {
        if (line.includes('nothing')) {
          return { groups: [], nodes: [], placed: 0, stopped: 0, evicted: 0, settled: true };
        }
        return forecast(body.addNodes.length > 0 ? 0 : body.scale.length > 0 ? 2 : 3);
      });
    return world(script, { text: { 'web.nomad': FILE } });
  }));

test('moves are listed, and made after a question', () =>
  replay('rebalance', (line) => {
    const move = {
      ...{ allocId: sample.longId('11111111'), namespace: 'default', jobId: 'http-echo' },
      ...{ group: 'echo', fromNodeId: sample.NODE_ID, fromNodeName: 'vm' },
      ...{ toNodeId: sample.longId('aaaaaaaa'), toNodeName: 'vm2', gain: 0.3123 },
    };
    const stopped = { NextAllocation: sample.longId('99999999'), DesiredStatus: 'stop' };
    const script = new ScriptedAgent()
      .on(planning.rebalance, line.includes('balanced') ? [] : [move])
      .on(alloc.stopAlloc, { evalId: sample.EVAL_ID as never, index: 9 as never })
      .on(alloc.readAlloc, ({ params }) =>
        params['id'] === sample.longId('99999999')
          ? sample.sampleAlloc('99999999', { NodeName: 'vm2' })
          : sample.sampleAlloc('11111111', stopped),
      );
    return world(script, { typed: line.includes('refused') ? 'n\n' : 'y\n' });
  }));

test('whether the state is sound', () =>
  replay('lint', (line) => {
    const note = {
      ...{ rule: 'node-overcommitted' as const, subject: sample.NODE_ID },
      message: 'memory exhausted',
    };
    return world(new ScriptedAgent().on(planning.lintState, line.includes('wrong') ? [note] : []));
  }));
