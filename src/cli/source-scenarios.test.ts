/** What people see of the files that jobs were made from, and of starting and scaling them. */
import { test } from 'node:test';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as deployment from '../api/nomad/deployment-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import type { RegisterBody } from '../api/nomad/job-replies.ts';
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../core/model/ids.ts';
import type { ScalingEvent } from '../core/model/scaling-event.ts';
import { replay } from './golden.fixture.ts';
import * as sample from './samples.fixture.ts';
import { changed, placed, success, world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const TAGGED = `variable "tag" {}
variable "who" {}
variable "env" {}
job "http-echo" {
  group "echo" {
    task "server" {
      driver = "raw_exec"
      config {
        command = "echo \${var.tag} \${var.who} \${var.env}"
      }
    }
  }
}
`;
const PLAIN = '{"ID": "http-echo", "TaskGroups": []}';
const FILES = {
  'tagged.nomad': TAGGED,
  'values.hcl': 'who = "me"\n',
  'plain.json': PLAIN,
};

const SUBMISSION = {
  source: 'job "http-echo" {\n  # how it was written\n}\n',
  format: 'hcl2',
  variables: 'who = "me"',
  variableFlags: { tag: '1.2' },
  ...{ namespace: DEFAULT_NAMESPACE, jobId: 'http-echo' as JobId },
};

const SCALED: ScalingEvent = {
  ...{ at: sample.NOON, count: 5, previousCount: 1, message: 'more', error: false },
  ...{ meta: {}, evalId: sample.EVAL_ID as EvalId, createIndex: 9 as Index },
};
const NOTED: ScalingEvent = {
  ...{ at: (sample.NOON + 1000) as Millis, previousCount: 5, message: 'no figures', error: true },
  ...{ meta: {}, createIndex: 10 as Index },
};

/** Tells what came with the registration, as a warning. */
function registered({ submission, enforceIndex, jobModifyIndex }: RegisterBody): string {
  return JSON.stringify({ submission, enforceIndex, jobModifyIndex }, undefined, 1);
}

test('what jobs were made from, and how they are started again', () =>
  replay('job-source', (line) => {
    const version = 2;
    const stopped = line.includes('stopped');
    const script = new ScriptedAgent()
      .on(job.listJobs, [sample.sampleJobStub()])
      .on(job.readJob, sample.sampleJob({ Version: version, Stop: stopped, JobModifyIndex: 7 }))
      .on(job.readSubmission, ({ query }) => {
        if (line.includes('none kept')) throw new Failure('not_found', 'job source not found');
        const source = query.version === version ? SUBMISSION.source : `# ${query.version}`;
        return { ...SUBMISSION, source, version, modifyIndex: 7 as Index };
      })
      .on(job.registerJob, ({ body }) =>
        changed(sample.EVAL_ID, line.includes('detach') ? registered(body) : ''),
      )
      .on(alloc.readEval, sample.sampleEval({ TriggeredBy: 'job-register' }))
      .on(alloc.evalAllocs, [placed])
      .on(deployment.readDeployment, sample.sampleDeployment(success))
      .on(job.jobScale, {
        ...{ jobId: SUBMISSION.jobId, namespace: DEFAULT_NAMESPACE, stopped: false },
        ...{ jobCreateIndex: 7 as Index, jobModifyIndex: 7 as Index },
        groups: {
          echo: {
            ...{ desired: 5, placed: 5, running: 5, healthy: 5, unhealthy: 0 },
            events: line.includes('no events') ? [] : [SCALED],
          },
          other: {
            ...{ desired: 5, placed: 5, running: 5, healthy: 5, unhealthy: 0 },
            events: line.includes('no events') ? [] : [NOTED],
          },
        },
      });
    const env = { NOMAD_VAR_env: 'staging', NOMAD_VAR_other: 'x', HOME: '/root' };
    return world(script, { text: FILES, env });
  }));
