import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TaskCgroups, cpuWeight } from './task-cgroups.ts';
import { cgroupPids, cgroupUsage } from './usage.ts';

const root = mkdtempSync(join(tmpdir(), 'cgroups-'));
after(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

test('v2 files are read', () => {
  write(
    'two/cpu.stat',
    'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_throttled 2\nthrottled_usec 5\n',
  );
  write('two/memory.current', '4096\n');
  write('two/memory.peak', '8192\n');
  write('two/memory.stat', 'anon 1024\nfile 2048\n');
  write('two/memory.swap.current', '0\n');
  write('two/memory.events', 'low 0\noom 2\noom_kill 1\n');
  assert.deepEqual(cgroupUsage({ unified: join(root, 'two'), v1: {} }), {
    cpu: {
      totalNs: 30_000,
      userNs: 20_000,
      systemNs: 10_000,
      throttledPeriods: 2,
      throttledNs: 5_000,
    },
    memory: { rss: 1024, cache: 2048, swap: 0, usage: 4096, maxUsage: 8192 },
    oomKills: 1,
  });
});

test('v1 files are read, and come before a unified hierarchy without controllers', () => {
  write('one/cpuacct.usage', '5000\n');
  write('one/cpuacct.stat', 'user 3\nsystem 1\n');
  write('one/cpu.stat', 'nr_periods 9\nnr_throttled 4\nthrottled_time 77\n');
  write('one/memory.usage_in_bytes', '100\n');
  write('one/memory.max_usage_in_bytes', '200\n');
  write('one/memory.stat', 'cache 1\nrss 2\ntotal_cache 10\ntotal_rss 20\n');
  write('one/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n');
  const dir = join(root, 'one');
  const v1 = { cpu: dir, cpuacct: dir, memory: dir };
  assert.deepEqual(cgroupUsage({ unified: join(root, 'two'), v1 }), {
    cpu: {
      totalNs: 5_000,
      userNs: 30_000_000,
      systemNs: 10_000_000,
      throttledPeriods: 4,
      throttledNs: 77,
    },
    memory: { rss: 20, cache: 10, swap: 0, usage: 100, maxUsage: 200 },
    oomKills: 3,
  });
});

test('what is not there tells nothing', () => {
  assert.deepEqual(cgroupUsage({ unified: join(root, 'none'), v1: { memory: root } }), {});
  assert.deepEqual(cgroupPids(join(root, 'none')), []);
});

test('pids of the cgroups below are counted in', () => {
  write('tree/cgroup.procs', '1\n2\n');
  write('tree/a/cgroup.procs', '3\n');
  write('tree/a/b/cgroup.procs', '');
  assert.deepEqual(cgroupPids(join(root, 'tree')), [1, 2, 3]);
});

test('v2: the limits of tasks are delegated, and the runtime has a cgroup of its own', () => {
  const unified = join(root, 'pure');
  mkdirSync(join(unified, 'muster.slice'), { recursive: true });
  const cgroups = new TaskCgroups({ unified, unifiedControllers: ['cpu', 'memory'], v1: {} });
  assert.equal(cgroups.version, 'v2');
  assert.deepEqual(cgroups.create('a', true), {
    bornIn: [join(unified, 'muster.slice/a/runtime')],
    cgroups: [join(unified, 'muster.slice/a')],
  });
  cgroups.remove('a');
  assert.deepEqual(cgroups.dirs('a', true), { unified: join(unified, 'muster.slice/a'), v1: {} });
});

test('without any there are none, and the reason is told', () => {
  const cgroups = new TaskCgroups({ unifiedControllers: [], v1: {} });
  assert.equal(cgroups.version, 'none');
  assert.equal(cgroups.whyNot, 'no cgroup is mounted');
  assert.deepEqual(cgroups.create('a', false), { bornIn: [], cgroups: [] });
});

for (const [shares, weight] of [
  [2, 1],
  [0, 1],
  [1024, 39],
  [262_144, 10_000],
  [1_000_000, 10_000],
] as const) {
  test(`${shares} shares are a weight of ${weight}`, () => {
    assert.equal(cpuWeight(shares), weight);
  });
}
