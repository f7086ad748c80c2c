import assert from 'node:assert/strict';
import test from 'node:test';
import type { Job } from '../model/job.ts';
import { formatIssues } from './issue.ts';
import { around, checkIssues, issuesOf, jobOf } from './job-text.fixture.ts';
import { validateJob } from './validate.ts';
import { jobWarnings } from './warnings.ts';

test('a job that says only what it must is right', () => {
  assert.deepEqual(issuesOf(around('')), []);
  assert.equal(jobWarnings(jobOf(around(''))), '');
});

test('what is wrong is told with its place', () => {
  checkIssues([
    ['job "a b" {}', [': Job ID contains a space', ': Missing job task groups']],
    [around('', '', 'type = "bach"'), [': Invalid job type: "bach"']],
    [around('', '', 'priority = 101'), [': Job priority must be between [1, 100]']],
    [around('count = -1'), ['group "g": Task group count can\'t be negative']],
    [around('count = 1000000'), ['group "g": Task group count can\'t be more than 100000']],
    [
      around('count = 2', '', 'type = "system"'),
      ['group "g": Count cannot exceed 1 with system scheduler; got 2'],
    ],
    ['job "x" {\n group "g" {}\n}', ['group "g": Missing tasks for task group']],
    [
      around('restart {\n mode = "dely"\n}'),
      ['group "g" > restart: Unsupported restart mode: "dely"'],
    ],
    [
      around('restart {\n attempts = 10\n interval = "10s"\n}'),
      [
        'group "g" > restart: Nomad can\'t restart the TaskGroup 10 times in an interval of 10s with a delay of 15s',
      ],
    ],
    [
      around('update {\n healthy_deadline = "10m"\n}'),
      ['group "g" > update: Healthy deadline must be less than progress deadline: 10m0s > 10m0s'],
    ],
    [
      around('update {\n auto_promote = true\n}'),
      ['group "g" > update: Auto Promote requires a Canary count greater than zero'],
    ],
    [
      around('update {\n canary = 101\n min_healthy_time = "0s"\n}', '', 'type = "system"'),
      ['group "g" > update: Canary of a system job is a percentage of its nodes: 101 > 100'],
    ],
    [
      around('', '', 'type = "batch"\nperiodic {\n cron = "61 * * * *"\n time_zone = "Mars/X"\n}'),
      ['periodic: Invalid time zone "Mars/X"', 'periodic: Invalid cron spec "61 * * * *"'],
    ],
    [
      around('', '', 'periodic {\n cron = "@daily"\n}'),
      ['periodic: Periodic can only be used with "batch" or "sysbatch" scheduler'],
    ],
    [
      around('scaling {\n min = 2\n max = 1\n}\ncount = 3'),
      [
        'group "g" > scaling: maximum count must not be less than minimum count',
        'group "g" > scaling: task group count must not be greater than maximum count in scaling policy',
      ],
    ],
    [
      'job "x" {\n group "g" {\n task "t" {\n driver = "m"\n }\n task "t" {\n driver = "m"\n }\n }\n}',
      ['group "g": Task 2 redefines \'t\' from Task 1'],
    ],
  ]);
});

test('several mistakes are shown as Nomad shows them', () => {
  assert.equal(
    formatIssues(validateJob(jobOf('job "a b" {}'))),
    '2 errors occurred:\n\t* Job ID contains a space\n\t* Missing job task groups\n\n',
  );
});

test('an update of a system job is as wide as its nodes, and apart as it says or as health asks', () => {
  const system = (update: string): Job =>
    jobOf(around(`update {\n max_parallel = 9\n ${update}\n}`, '', 'type = "system"'));
  assert.equal(jobWarnings(system('')), '');
  assert.equal(system('').groups[0]?.update?.staggerMs, 10_000);
  assert.equal(system('stagger = "30s"').groups[0]?.update?.staggerMs, 30_000);
  assert.equal(jobOf(around('', '', 'type = "system"')).groups[0]?.update, undefined);
});

test('an update wider than the group is odd', () => {
  assert.equal(
    jobWarnings(jobOf(around('update {\n max_parallel = 2\n}').replaceAll('"g"', '"echo"'))),
    '1 warning(s):\n\n* Group "echo" has warnings: 1 error occurred:\n\t* Update max parallel count is ' +
      'greater than task group count (2 > 1). A destructive change would result in the simultaneous ' +
      'replacement of all allocations.\n\n',
  );
});

test('only what ends by itself may be bounded in time', () => {
  const only = 'max_run_duration can only be used with "batch" or "sysbatch" scheduler';
  checkIssues([
    [around('max_run_duration = "5m"', '', 'type = "batch"'), []],
    [around('max_run_duration = "5m"'), [`group "g": ${only}`]],
    [
      around('max_run_duration = "0s"', '', 'type = "sysbatch"'),
      ['group "g": max_run_duration must be positive'],
    ],
  ]);
});

test('what a job waits for is checked', () => {
  checkIssues([
    [around('', '', 'type = "batch"\nafter = ["a"]\nconcurrency {\n group = "g"\n}'), []],
    [around('', '', 'after = ["a"]'), [': Job type "service" does not allow "after"']],
    [
      around('', '', 'type = "batch"\nafter = ["x", ""]'),
      [': A job cannot come after itself', ': "after" names jobs: one is empty'],
    ],
    [
      around('', '', 'type = "batch"\nconcurrency {\n limit = 0\n}'),
      ['concurrency: Missing group', 'concurrency: limit must be 1 or more; got 0'],
    ],
  ]);
});
