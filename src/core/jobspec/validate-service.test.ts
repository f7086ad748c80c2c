import test from 'node:test';
import { around, checkIssues } from './job-text.fixture.ts';

test('services and checks are checked', () => {
  checkIssues([
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
      around('service {\n task = "z"\n}'),
      ['group "g" > service "x-g": Task "z" is not defined for service "x-g"'],
    ],
    [
      around('service {\n port = "1"\n check {\n type = "tpc"\n }\n}'),
      [
        'group "g" > service "x-g" > check "service: "x-g" check": invalid type ("tpc"), must be one of "http", "tcp", "script", "grpc" or "ttl"',
      ],
    ],
    [
      around(
        'service {\n check {\n name = "c"\n type = "tcp"\n interval = "1s"\n timeout = "1s"\n }\n}',
      ),
      [
        'group "g" > service "x-g" > check "c": tcp checks need a port: their own or their service\'s',
      ],
    ],
    [
      around(
        'service {\n check {\n name = "c"\n type = "script"\n command = "/x"\n interval = "1s"\n timeout = "1s"\n }\n}',
      ),
      ['group "g" > service "x-g" > check "c": script checks of a group must say their task'],
    ],
    [
      around('service {\n check_restart {\n limit = -1\n }\n}'),
      [
        'group "g" > service "x-g" > check_restart: limit must be greater than or equal to 0 but found -1',
      ],
    ],
    [
      around('service {\n name = "${JOB}-${NOMAD_META_x}"\n address_mode = "no"\n}'),
      [
        'group "g" > service "x-${NOMAD_META_x}": Service address_mode must be auto, host, alloc or driver; not "no"',
      ],
    ],
  ]);
});
