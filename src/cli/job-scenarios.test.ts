/** What people see: command lines against a scripted agent, beside the golden files. */
import { test } from 'node:test';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as client from '../api/nomad/client-routes.ts';
import * as cluster from '../api/nomad/cluster-routes.ts';
import * as deployment from '../api/nomad/deployment-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import { encodeJob } from '../api/nomad/job-codec.ts';
import { jobDiff } from '../api/nomad/job-diff.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { DeploymentId, EvalId } from '../core/model/ids.ts';
import type { DesiredUpdates } from '../core/model/plan.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { changed, FILE, placed, success, WITHIN, world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const WARNINGS =
  '1 warning(s):\n\n* Group "echo" has warnings: 1 error occurred:\n\t* Update max parallel count is greater than task group count (2 > 1). A destructive change would result in the simultaneous replacement of all allocations.\n\n';

const healthy = { PlacedAllocs: 1, HealthyAllocs: 1 };
const failure = { Status: 'failed', StatusDescription: 'Failed due to progress deadline' };

function running(): ScriptedAgent {
  return new ScriptedAgent()
    .on(job.registerJob, changed(sample.EVAL_ID, WARNINGS))
    .inTurn(alloc.readEval, [
      sample.sampleEval({ ...WITHIN, Status: 'pending' }),
      sample.sampleEval(WITHIN),
    ])
    .on(alloc.evalAllocs, ({ times }) => (times === 0 ? [] : [placed]))
    .inTurn(deployment.readDeployment, [
      sample.sampleDeployment(),
      sample.sampleDeployment({}, healthy),
      sample.sampleDeployment({}, healthy),
      sample.sampleDeployment(success, healthy),
    ])
    .on(deployment.deploymentAllocs, [placed]);
}

test('run follows the evaluation and the deployment', () =>
  replay('run', (line) => {
    const script = running();
    if (line.includes('failing')) {
      script.inTurn(deployment.readDeployment, [
        sample.sampleDeployment(),
        sample.sampleDeployment(failure),
        sample.sampleDeployment({ ...success, ID: 'b0b0b0b0', CreateIndex: 99 }, healthy),
      ]);
      script.on(job.jobDeployment, sample.sampleDeployment({ ID: 'b0b0b0b0', CreateIndex: 99 }));
    }
    if (line.includes('check-index')) {
      script.on(job.registerJob, () => {
        const text =
          'Enforcing job modify index 1: job exists with conflicting job modify index: 24';
        throw new Failure('internal', text);
      });
    }
    if (line.includes('full')) {
      const over = { FailedTGAllocs: sample.FAILED_GROUPS, BlockedEval: sample.longId('84ac3b45') };
      script.on(job.registerJob, changed(sample.EVAL_ID));
      script.on(alloc.readEval, sample.sampleEval(over)).on(alloc.evalAllocs, [placed]);
    }
    if (line.includes('nightly')) script.on(job.registerJob, changed(undefined));
    const names = ['failing.nomad', 'full.nomad', 'nightly.nomad'];
    const text = Object.fromEntries(['http-echo.nomad', ...names].map((name) => [name, FILE]));
    const broken = FILE.replace('group "echo" {', 'group "echo" {\n    cuont = 3');
    const nightly = FILE.replace(
      'group "echo" {',
      'type = "batch"\n  periodic {\n    cron = "0 0 * * *"\n  }\n  group "echo" {',
    );
    return world(script, {
      typed: FILE,
      text: { ...text, 'broken.nomad': broken, 'nightly.nomad': nightly },
    });
  }));

test('a job is stopped, after a question where only its beginning was typed', () =>
  replay('stop', (line) => {
    const script = new ScriptedAgent()
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.stopJob, changed(sample.EVAL_ID))
      .on(alloc.readEval, sample.sampleEval({ TriggeredBy: 'job-deregister' }))
      .on(alloc.evalAllocs, []);
    if (line.includes('none')) script.on(job.listJobs, []);
    if (line.endsWith(' h')) {
      const other = sample.sampleJobStub({ ID: 'hello', Type: 'batch' });
      script.on(job.listJobs, [other, sample.sampleJobStub()]);
    }
    return world(script, { typed: line.includes('-detach') ? 'y\n' : 'n\n' });
  }));

const NO_UPDATES: DesiredUpdates = {
  ...{ ignore: 0, place: 0, migrate: 0, stop: 0, inPlaceUpdate: 0, destructiveUpdate: 0 },
  ...{ canary: 0, preemptions: 0 },
};

test('a job file is validated by the agent, or here when none answers', () =>
  replay('validate', (line) => {
    const negative = FILE.replace('group "echo" {', 'group "echo" {\n    count = -1');
    const script = new ScriptedAgent().on(job.validateJob, {
      ...{ driverConfigValidated: false, errors: [], error: '', warnings: WARNINGS },
    });
    if (line.includes('refused')) {
      const errors = ['Job.Type: "x" is no type', 'Job.Priority: must be 1 to 100'];
      script.on(job.validateJob, {
        ...{ driverConfigValidated: false, errors, error: errors.join('\n'), warnings: '' },
      });
    }
    const mistyped = FILE.replace('command =', 'comand =');
    const text = {
      ...{ 'http-echo.nomad': FILE, 'refused.nomad': FILE, 'negative.nomad': negative },
      'mistyped.nomad': mistyped,
      'agent.hcl': 'data_dir = "/d"\nclient {\n  enabled = true\n}\n',
      'part.hcl': 'client {\n  enabled = true\n}\n',
      'wrong.hcl': 'client {\n  node_clas = "big"\n}\n',
      ...{ 'conf/a.hcl': 'data_dir = "/d"\n', 'conf/b.json': '{"client": {"enabled": true}}' },
      'nothing/notes.txt': '',
    };
    if (!line.includes('no agent')) return world(script, { text });
    const unreachable = new Failure('unavailable', 'cannot reach the agent');
    return { text, connect: () => ({ send: () => Promise.reject(unreachable) }) };
  }));

test('plan tells the difference, the dry run and the index', () =>
  replay('plan', (line) => {
    const before = sample.sampleJob();
    const five = sample.sampleJob({
      TaskGroups: [{ ...(groupsOf(before)[0] ?? {}), Count: 5 }],
    });
    const linux = { LTarget: '${attr.kernel.name}', RTarget: 'linux', Operand: '=' };
    const constrained = sample.sampleJob({ Constraints: [linux] });
    const cases = {
      new: { next: before, updates: { place: 1 }, failed: {}, warnings: WARNINGS },
      five: {
        ...{ prior: before, next: five, updates: { place: 4, inPlaceUpdate: 1 }, warnings: '' },
        failed: { echo: sample.sampleMetrics() },
      },
      same: {
        ...{ prior: before, next: constrained, updates: { inPlaceUpdate: 3 }, warnings: '' },
        failed: {},
      },
    };
    const script = new ScriptedAgent().on(job.planJob, ({ body }) => {
      const key = line.includes('new') ? 'new' : line.includes('five') ? 'five' : 'same';
      const { next, updates, failed, warnings, ...rest } = cases[key];
      const annotations = {
        desired: { echo: { ...NO_UPDATES, ...updates } },
        preempted: [],
      };
      const prior = 'prior' in rest ? encodeJob(rest.prior) : undefined;
      const diff = jobDiff(prior, encodeJob(next), annotations);
      return {
        annotations,
        failedGroups: failed,
        jobModifyIndex: (prior === undefined ? 0 : 9) as Index,
        createdEvals: [],
        ...(body.diff ? { diff } : {}),
        warnings,
      };
    });
    const names = ['new.nomad', 'five.nomad', 'same.nomad', 'refused.nomad'];
    if (line.includes('refused')) {
      script.on(job.planJob, () => {
        throw new Failure('invalid', 'Job.TaskGroups[0].Count: must not be negative');
      });
    }
    const variables =
      'variable "tag" {\n  default = 1\n}\nvariable "greeting" {\n  default = 1\n}\n';
    return world(script, {
      text: Object.fromEntries(names.map((name) => [name, `${variables}${FILE}`])),
    });
  }));

function groupsOf(of: ReturnType<typeof sample.sampleJob>): readonly Record<string, never>[] {
  return encodeJob(of)['TaskGroups'] as unknown as readonly Record<string, never>[];
}

test('status tells how a job fares', () =>
  replay('status', (line) => {
    const blocked = sample.sampleEval({ ID: sample.longId('84ac3b45'), Status: 'blocked' });
    const nightly = sample.sampleJob({
      ...{ ID: 'nightly', Name: 'nightly', Type: 'batch' },
      Periodic: { Enabled: true, Spec: '0 0 * * *', SpecType: 'cron' },
    });
    const isNightly = line.includes('nightly');
    const script = new ScriptedAgent()
      .on(job.listJobs, ({ query }) => {
        if (query.prefix === 'nightly') return [sample.sampleJobStub({ ID: 'nightly' })];
        if (query.prefix === 'nightly/') {
          const child = { ID: 'nightly/periodic-1', ParentID: 'nightly', Status: 'dead' };
          return [sample.sampleJobStub(child)];
        }
        const namespaces = line.includes('*') ? [{ Namespace: 'team' }] : [];
        return [
          sample.sampleJobStub(),
          ...namespaces.map((over) => sample.sampleJobStub(over)),
          sample.sampleJobStub({ ID: 'nightly', Type: 'batch', Periodic: true }),
        ].filter(({ id }) => id.startsWith(query.prefix ?? ''));
      })
      .on(cluster.search, ({ body }) => ({
        matches:
          body.prefix === '38'
            ? { allocs: [sample.longId('38d70276')], nodes: [sample.longId('38aaaaaa')] }
            : { jobs: [isNightly ? 'nightly' : sample.JOB_ID] },
        truncations: {},
      }))
      .on(job.readJob, isNightly ? nightly : sample.sampleJob())
      .on(job.jobSummary, sample.sampleSummary({ Queued: 4, Running: 1 }))
      .on(job.jobEvals, [
        blocked,
        sample.sampleEval({ ...WITHIN, FailedTGAllocs: sample.FAILED_GROUPS }),
      ])
      .on(job.jobDeployment, isNightly ? undefined : sample.sampleDeployment({}, healthy))
      .on(job.jobAllocs, [
        sample.sampleStub('38d70276', { JobVersion: 1 }),
        sample.sampleStub('65a0275d', {
          ...{ DesiredStatus: 'stop', ClientStatus: 'complete', CreateIndex: 99 },
        }),
      ]);
    if (line.includes('none')) script.on(cluster.search, { matches: {}, truncations: {} });
    if (line.includes('empty')) script.on(job.listJobs, []);
    return world(script);
  }));

test('alloc status tells what its tasks do', () =>
  replay('alloc-status', (line) => {
    const stubs = ['219074bd', '21aaaaaa'].map((short) => sample.sampleStub(short));
    const script = new ScriptedAgent()
      .on(alloc.listAllocs, ({ query }) =>
        stubs.filter((stub) => stub.id.startsWith(query.prefix ?? '')),
      )
      .on(alloc.readAlloc, sample.sampleAlloc('219074bd'))
      .on(client.allocStats, sample.ALLOC_USED);
    if (line.includes('older')) {
      const ports = [
        { label: 'http', value: 30344, to: 0, hostIp: '127.0.0.1', task: 'server', dynamic: true },
        {
          label: 'admin',
          value: 8081,
          to: 80,
          hostIp: '127.0.0.1',
          task: 'server',
          dynamic: false,
        },
      ];
      const { alloc: row, job: of } = sample.sampleAlloc('219074bd');
      script.on(alloc.readAlloc, { alloc: { ...row, ports }, job: of });
    }
    if (line.includes('silent')) {
      script.on(client.allocStats, () => {
        throw new Failure('unavailable', 'no path to the node');
      });
    }
    return world(script);
  }));

test('the versions of a job, and the way back', () =>
  replay('history', () => {
    const tag = { Name: 'golden', Description: 'it held', TaggedTime: 1 };
    const first = sample.sampleJob({ Stable: true, VersionTag: tag });
    const second = sample.sampleJob({ Version: 1, Priority: 60 });
    const script = new ScriptedAgent()
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.readJob, second)
      .on(job.jobVersions, ({ query }) => ({
        versions: [second, first],
        diffs: (query.diffs !== true
          ? []
          : query.diffTag === undefined
            ? [[first, second] as const]
            : [[first, second] as const, [first, first] as const]
        ).map(([from, to]) => jobDiff(encodeJob(from), encodeJob(to))),
      }))
      .on(job.revertJob, changed(sample.EVAL_ID))
      .on(job.tagVersion, undefined)
      .on(job.untagVersion, undefined)
      .on(job.scaleJob, changed(sample.EVAL_ID))
      .on(job.evaluateJob, changed(sample.EVAL_ID))
      .on(job.jobDeployments, [
        sample.sampleDeployment({ ID: sample.DEPLOYMENT_ID as DeploymentId }),
      ])
      .on(job.jobAllocs, [placed])
      .on(job.dispatchJob, ({ body }) => ({
        childId: `http-echo/dispatch-${body.meta['size'] ?? ''}` as never,
        evalId: sample.EVAL_ID as EvalId,
        evalCreateIndex: 9 as Index,
        jobCreateIndex: 9 as Index,
        index: 9 as Index,
      }))
      .on(job.forcePeriodicJob, {
        evalId: sample.EVAL_ID as EvalId,
        evalCreateIndex: 9 as Index,
        index: 9 as Index,
      })
      .on(alloc.readEval, sample.sampleEval())
      .on(alloc.evalAllocs, []);
    return world(script, { text: { 'input.json': '{}' } });
  }));

test('why tells what stood in the way', () =>
  replay('why', (line) => {
    const script = new ScriptedAgent()
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.readJob, sample.sampleJob({ TaskGroups: [{ Name: 'echo', Count: 5 }] }))
      .on(job.jobEvals, [
        sample.sampleEval({ ID: sample.longId('84ac3b45'), Status: 'blocked' }),
        sample.sampleEval({ FailedTGAllocs: sample.FAILED_GROUPS }),
      ])
      .on(job.jobAllocs, [placed])
      .on(alloc.readAlloc, sample.sampleAlloc('38d70276'));
    if (line.includes('quiet')) script.on(job.jobEvals, []).on(job.jobAllocs, []);
    return world(script);
  }));
