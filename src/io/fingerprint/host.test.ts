import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { HostFingerprinter } from './host.ts';
import { goArch, parseCgroupVersion, parseDefaultRoute, parseOsRelease } from './parse.ts';

test('this machine has facts', async () => {
  const storagePath = '/nowhere/yet/to/be/made';
  const options = { storagePath, bindAddr: '127.0.0.1', loopback: true };
  const printer = new HostFingerprinter(options, () => 1 as Millis);
  const facts = await printer.read();
  assert.equal(facts.attributes['kernel.name'], 'linux');
  assert.match(facts.attributes['cpu.arch'] ?? '', /^(amd64|arm64|riscv64|ppc64le|s390x)$/);
  assert.equal(facts.attributes['unique.network.ip-address'], '127.0.0.1');
  assert.equal(facts.networks[0]?.device, 'lo');
  assert.ok(facts.cpu >= 100 && facts.cores >= 1 && facts.memoryMb > 64 && facts.diskMb > 0);
  assert.ok((facts.attributes['os.signals'] ?? '').includes('SIGTERM'));
  for (const [name, value] of Object.entries(facts.attributes)) {
    assert.match(name, /^[a-z0-9._-]+$/);
    assert.notEqual(value, '', name);
  }
  const usage = await printer.usage();
  assert.equal(usage.cpus.length, facts.cores);
  assert.ok(usage.memory.used > 0);
});

test('os-release', () => {
  const os = parseOsRelease('NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n# x\nBAD\n');
  assert.deepEqual(os, { NAME: 'Debian GNU/Linux', ID: 'debian', VERSION_ID: '12' });
});

test('the default route of lowest metric', () => {
  const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
  const row = (name: string, destination: string, metric: number): string =>
    `${name}\t${destination}\t0102A8C0\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0\n`;
  const table = head + row('wlan0', '00000000', 600) + row('eth0', '00000000', 100);
  assert.equal(parseDefaultRoute(table), 'eth0');
  assert.equal(parseDefaultRoute(head), undefined);
  assert.equal(parseDefaultRoute(''), undefined);
});

test('architectures and cgroups', () => {
  assert.equal(goArch('x64'), 'amd64');
  assert.equal(goArch('arm64'), 'arm64');
  const line = (type: string): string => `30 23 0:26 / /sys/fs/cgroup rw - ${type} cgroup rw\n`;
  assert.equal(parseCgroupVersion(line('cgroup2')), 'v2');
  assert.equal(parseCgroupVersion(line('cgroup2') + line('cgroup')), 'v1');
  assert.equal(parseCgroupVersion(line('tmpfs')), undefined);
});
