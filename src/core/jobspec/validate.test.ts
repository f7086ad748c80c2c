import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDiagnostic } from '../hcl/diagnostic.ts';
import { Source } from '../hcl/source.ts';
import type { Job } from '../model/job.ts';
import { canonicalizeJob } from './canonicalize.ts';
import { formatIssues } from './issue.ts';
import { parseJobFile } from './parse-job.ts';
import { validateJob } from './validate.ts';
import { jobWarnings } from './warnings.ts';

function job(text: string): Job {
  const result = parseJobFile(new Source('x.hcl', text));
  assert.ok('job' in result, 'job' in result ? '' : result.map(formatDiagnostic).join('\n'));
  return canonicalizeJob(result.job);
}

function issues(text: string): readonly string[] {
  return validateJob(job(text)).map(({ path, message }) => `${path}: ${message}`);
}

/** A job that is right but for what is put into its group, its task, itself. */
function around(inGroup: string, inTask = '', inJob = ''): string {
  return `job "x" {\n${inJob}\ngroup "g" {\n${inGroup}\ntask "t" {\ndriver = "mock"\n${inTask}\n}\n}\n}`;
}

test('a job that says only what it must is right', () => {
  assert.deepEqual(issues(around('')), []);
  assert.equal(jobWarnings(job(around(''))), '');
});

test('what is wrong is told with its place', () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
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
    ['job "x" {\n group "g" {\n task "t" {}\n }\n}', ['group "g" > task "t": Missing task driver']],
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
      around('constraint {\n attribute = "a"\n operator = "~="\n}'),
      ['group "g" > constraint 1: Unknown constraint type "~="'],
    ],
    [
      around('constraint {\n attribute = "a"\n regexp = "("\n}'),
      [
        'group "g" > constraint 1: Regular expression failed to compile: error parsing regexp: missing closing )',
      ],
    ],
    [
      around('constraint {\n attribute = "a"\n version = "x"\n}'),
      ['group "g" > constraint 1: Malformed constraint: x'],
    ],
    [
      around('affinity {\n attribute = "a"\n weight = 0\n}'),
      ['group "g" > affinity 1: Affinity weight cannot be zero'],
    ],
    [
      around('network {\n port "a" { static = 80 }\n port "b" { static = 80 }\n port "a" {}\n}'),
      [
        'group "g" > network > port "b": Static port 80 already reserved by a',
        'group "g" > network > port "a": Port label a already in use',
      ],
    ],
    [
      around('network {\n port "a" { static = 70000 }\n}'),
      ['group "g" > network > port "a": Port 70000 must be between 1 and 65535'],
    ],
    [
      around('', 'resources {\n memory = 1\n}'),
      ['group "g" > task "t" > resources: minimum MemoryMB value is 10; got 1'],
    ],
    [
      around('', 'artifact {\n source = "x"\n destination = "../../y"\n}'),
      ['group "g" > task "t" > artifact 1: destination escapes allocation directory'],
    ],
    [
      around('', 'template {\n data = "x"\n}'),
      ['group "g" > task "t" > template 1: Must specify a destination for the template'],
    ],
    [
      around('', 'logs {\n max_files = 100\n}'),
      [
        'group "g" > task "t": log storage (1000 MB) must be less than requested disk capacity (300 MB)',
      ],
    ],
    [
      around('', 'service {\n name = "a b"\n port = "http"\n}'),
      [
        'group "g" > task "t" > service "a b": Service name must be of letters, digits and dashes and at most 63 characters long',
        'group "g" > task "t" > service "a b": port label "http" does not exist',
      ],
    ],
    [
      around('', 'service {\n port = "80"\n check {\n type = "http"\n interval = "10s"\n }\n}'),
      [
        'group "g" > task "t" > service "x-g-t" > check "service: "x-g-t" check": http type must have http path',
        'group "g" > task "t" > service "x-g-t" > check "service: "x-g-t" check": missing required value timeout. Timeout cannot be less than 1s',
      ],
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
      around('', 'volume_mount {\n volume = "v"\n destination = "/x"\n}'),
      ['group "g" > task "t" > volume_mount 1: Volume Mount references undefined volume "v"'],
    ],
    [
      'job "x" {\n group "g" {\n task "t" {\n driver = "m"\n }\n task "t" {\n driver = "m"\n }\n }\n}',
      ['group "g": Task 2 redefines \'t\' from Task 1'],
    ],
  ];
  for (const [text, expected] of rows) assert.deepEqual(issues(text), expected, text);
});

test('several mistakes are shown as Nomad shows them', () => {
  assert.equal(
    formatIssues(validateJob(job('job "a b" {}'))),
    '2 errors occurred:\n\t* Job ID contains a space\n\t* Missing job task groups\n\n',
  );
});

test('an update wider than the group is odd', () => {
  assert.equal(
    jobWarnings(job(around('update {\n max_parallel = 2\n}').replaceAll('"g"', '"echo"'))),
    '1 warning(s):\n\n* Group "echo" has warnings: 1 error occurred:\n\t* Update max parallel count is ' +
      'greater than task group count (2 > 1). A destructive change would result in the simultaneous ' +
      'replacement of all allocations.\n\n',
  );
});
