/** Restarting the allocations of a job, and waiting for a batch job, as people see it. */
import { test } from 'node:test';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as client from '../api/nomad/client-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import { Failure } from '../base/failure.ts';
import type { JsonObject } from '../base/json.ts';
import { OVERRAN } from '../core/model/alloc.ts';
import type { EvalId } from '../core/model/ids.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { changed, FILE, world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const RUNNING = ['11111111', '22222222', '33333333'];

test('the allocations of a job are restarted a few at a time', () =>
  replay('job-restart', (line) => {
    const over = { NextAllocation: sample.longId('99999999'), DesiredStatus: 'stop' };
    const script = new ScriptedAgent()
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.jobAllocs, [
        ...RUNNING.map((id) => sample.sampleStub(id)),
        sample.sampleStub('44444444', { ClientStatus: 'complete' }),
      ])
      .on(client.restartAlloc, ({ params }) => {
        const fails = line.includes('fails') && params['id'] === sample.longId('22222222');
        if (fails) throw new Failure('unavailable', 'No path to node');
        return undefined;
      })
      .on(alloc.stopAlloc, { evalId: sample.EVAL_ID as EvalId, index: 9 as never })
      .on(alloc.readAlloc, ({ params }) => {
        const isNext = params['id'] === sample.longId('99999999');
        if (line.includes('-reschedule') && !isNext) return sample.sampleAlloc('11111111', over);
        const server = { State: 'running', StartedAt: '2026-11-21T06:40:00Z' };
        return sample.sampleAlloc('99999999', { TaskStates: { server } });
      });
    if (line.includes('none')) script.on(job.jobAllocs, []);
    return world(script, { typed: line.includes('goes on') ? 'y\n' : 'n\n' });
  }));

const BATCH = FILE.replace('group "echo" {', 'type = "batch"\n  group "echo" {');

function ended(exitCode: number): JsonObject {
  const failed = exitCode !== 0;
  return {
    ClientStatus: failed ? 'failed' : 'complete',
    TaskStates: {
      server: {
        ...{ State: 'dead', Failed: failed },
        Events: [
          { Type: 'Started', DisplayMessage: 'Task started by client' },
          { Type: 'Terminated', ExitCode: exitCode, DisplayMessage: `Exit Code: ${exitCode}` },
          { Type: 'Not Restarting', DisplayMessage: 'Policy allows no restarts' },
        ],
      },
    },
  };
}

test('a batch job is waited for, and its exit code answered', () =>
  replay('run-wait', (line) => {
    const code = line.includes('fails') ? 3 : 0;
    const script = new ScriptedAgent()
      .on(job.registerJob, changed(sample.EVAL_ID))
      .on(job.listJobs, [sample.sampleJobStub({ ID: 'resize', ParameterizedJob: true })])
      .on(job.dispatchJob, {
        ...{ childId: 'resize/dispatch-1' as never },
        ...(line.includes('again') ? {} : { evalId: sample.EVAL_ID as EvalId }),
        ...{ evalCreateIndex: 9 as never, jobCreateIndex: 9 as never, index: 9 as never },
      })
      .on(alloc.readEval, sample.sampleEval({ DeploymentID: '' }))
      .on(alloc.evalAllocs, [sample.sampleStub('11111111')])
      .inTurn(job.readJob, [
        sample.sampleJob({ Type: 'batch', Status: 'running' }),
        sample.sampleJob({ Type: 'batch', Status: 'dead' }),
      ])
      .on(job.jobAllocs, [
        sample.sampleStub('00000000', { ...ended(1), NextAllocation: sample.longId('11111111') }),
        sample.sampleStub('11111111', {
          ...ended(code),
          ...(line.includes('too long') ? { ClientDescription: OVERRAN } : {}),
        }),
      ])
      .on(client.taskLogs, ({ query }) => {
        const text = query.type === 'stderr' ? 'boom\n' : 'one\ntwo\n';
        return [{ file: 'x', offset: 0, bytes: new TextEncoder().encode(text) }] as never;
      });
    return world(script, { text: { 'batch.nomad': BATCH, 'service.nomad': FILE } });
  }));
