import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMounts } from './hierarchy.ts';

const v1 = (point: string, option: string): string =>
  `33 31 0:30 / ${point} rw,relatime shared:9 - cgroup cgroup rw,${option}`;
const v2 = (point: string): string =>
  `41 31 0:38 / ${point} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate`;

for (const [what, lines, expected] of [
  ['nothing', ['27 1 254:0 / / rw - ext4 /dev/vda rw'], { v1: {} }],
  ['v2 alone', [v2('/sys/fs/cgroup')], { unified: '/sys/fs/cgroup', v1: {} }],
  [
    'v1 with joined controllers',
    [v1('/sys/fs/cgroup/cpu,cpuacct', 'cpu,cpuacct'), v1('/sys/fs/cgroup/memory', 'memory')],
    {
      v1: {
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
        memory: '/sys/fs/cgroup/memory',
      },
    },
  ],
  [
    'both',
    [v1('/sys/fs/cgroup/systemd', 'xattr,name=systemd'), v2('/sys/fs/cgroup/unified')],
    { unified: '/sys/fs/cgroup/unified', v1: { 'name=systemd': '/sys/fs/cgroup/systemd' } },
  ],
] as const) {
  test(`${what} is found`, () => {
    assert.deepEqual(parseMounts(lines.join('\n')), expected);
  });
}
