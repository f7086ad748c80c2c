import test from 'node:test';
import { around, checkIssues } from './job-text.fixture.ts';

test('tasks and what they ask for are checked', () => {
  checkIssues([
    ['job "x" {\n group "g" {\n task "t" {}\n }\n}', ['group "g" > task "t": Missing task driver']],
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
      around('', 'volume_mount {\n volume = "v"\n destination = "/x"\n}'),
      ['group "g" > task "t" > volume_mount 1: Volume Mount references undefined volume "v"'],
    ],
    [
      around('', 'kill_timeout = "-1s"\nlifecycle {\n hook = "never"\n}'),
      [
        'group "g" > task "t": KillTimeout must be a positive value',
        'group "g" > task "t": invalid hook: never',
      ],
    ],
    [
      around('', 'resources {\n cpu = 0\n memory = 20\n memory_max = 10\n}'),
      [
        'group "g" > task "t" > resources: minimum CPU value is 1; got 0',
        'group "g" > task "t" > resources: MemoryMaxMB value (10) should be larger than MemoryMB value (20)',
      ],
    ],
    [
      around('', 'resources {\n cores = 1\n cpu = 5\n}'),
      [
        'group "g" > task "t" > resources: Task can only ask for \'cpu\' or \'cores\' resource, not both.',
      ],
    ],
    [
      around(
        '',
        'template {\n data = "x"\n destination = "a"\n change_mode = "signal"\n perms = "9"\n}\ntemplate {\n data = "x"\n destination = "a"\n}',
      ),
      [
        'group "g" > task "t" > template 1: Must specify signal value when change mode is signal',
        'group "g" > task "t" > template 1: Failed to parse "9" as octal',
        'group "g" > task "t" > template 2: Template 2 has same destination as 1',
      ],
    ],
    [
      around('', 'artifact {\n mode = "x"\n}'),
      [
        'group "g" > task "t" > artifact 1: source must be specified',
        'group "g" > task "t" > artifact 1: invalid artifact mode "x"; must be one of: any, file, dir',
      ],
    ],
    [
      around('', 'resources {\n device "gpu" {\n count = 0\n }\n}'),
      ['group "g" > task "t" > resources > device "gpu": device count must be 1 or greater; got 0'],
    ],
  ]);
});
