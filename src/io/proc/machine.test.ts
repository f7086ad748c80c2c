import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { HostSampler } from './host-usage.ts';
import { cpuFacts, diskAt, memoryFacts, parseMounts, uptimeSeconds } from './machine.ts';
import { descendantsOf, readCommandLine, readProcess, usageOf } from './process.ts';

test('the machine has processors, memory, a root disk and an age', () => {
  const { count, mhz } = cpuFacts();
  assert(count >= 1 && mhz > 100 && mhz < 20_000);
  const { total, available, used } = memoryFacts();
  assert(total > 1e7 && available <= total && used === total - available);
  assert(uptimeSeconds() > 0);
  const disk = diskAt('/');
  assert(disk !== undefined && disk.size > 0 && disk.mountpoint === '/');
  assert.equal(diskAt('/no/such/path'), undefined);
});

test('mount points with blanks are read', () => {
  const line = '36 35 98:0 / /mnt/two\\040words rw master:1 - ext3 /dev/a\\134b rw';
  assert.deepEqual(parseMounts(line), [
    { device: '/dev/a\\b', mountpoint: '/mnt/two words', fileSystem: 'ext3' },
  ]);
});

test('shares of processor time are of the time since the sample before', () => {
  const sampler = new HostSampler();
  sampler.sample(1 as Millis);
  const { cpus, at } = sampler.sample(2 as Millis);
  assert.equal(at, 2);
  assert.equal(cpus.length, cpuFacts().count);
  for (const { user, system, idle, total } of cpus) {
    for (const share of [user, system, idle, total]) assert(share >= -1 && share <= 101);
  }
});

test('this process is there, and nobody is not', () => {
  const stat = readProcess(process.pid);
  assert.equal(stat?.ppid, process.ppid);
  assert(readCommandLine(process.pid).length > 0);
  const { rss, pids, userNs } = usageOf([process.pid, 0]);
  assert(pids === 1 && rss > 1e6 && userNs > 0);
  assert(descendantsOf(process.ppid).includes(process.pid));
  assert.equal(readProcess(0), undefined);
});
