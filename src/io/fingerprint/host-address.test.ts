import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { hostAddress, isDown, type Interfaces } from './host-address.ts';

const v4 = (address: string): NetworkInterfaceInfo => ({
  ...{ address, family: 'IPv4', netmask: '', mac: '', internal: false, cidr: null },
});
const v6 = (address: string): NetworkInterfaceInfo => ({
  ...{ address, family: 'IPv6', netmask: '', mac: '', internal: false, cidr: null, scopeid: 0 },
});
const MACHINE: Interfaces = {
  lo: [v4('127.0.0.1'), v6('::1')],
  eth0: [v6('fe80::1'), v4('198.51.100.7')],
  eth1: [v4('10.0.0.7'), v4('10.0.0.8')],
  tun0: [v6('fd00::7')],
};

test('tasks are reached at an address that others reach', () => {
  const rows: readonly [string | undefined, string, string, string][] = [
    // the default route's or wanted; bind_addr; device; address
    ['eth0', '10.0.0.7', 'eth0', '198.51.100.7'],
    ['tun0', '0.0.0.0', 'tun0', 'fd00::7'],
    [undefined, '10.0.0.8', 'eth1', '10.0.0.8'],
    [undefined, 'fd00::7', 'tun0', 'fd00::7'],
    [undefined, '127.0.0.1', 'lo', '127.0.0.1'],
    [undefined, '127.0.0.2', 'lo', '127.0.0.1'],
    [undefined, '0.0.0.0', 'lo', '127.0.0.1'],
  ];
  for (const [device, bindAddr, expected, address] of rows) {
    const found = hostAddress(MACHINE, device, bindAddr);
    assert.deepEqual([found?.device, found?.address], [expected, address], bindAddr);
  }
  assert.equal(hostAddress(MACHINE, 'gone0', '10.0.0.7'), undefined);
});

test('an interface whose cable is out is told from one that is gone', () => {
  const devices = ['lo', 'eth0', 'eth1', 'eth2', 'tun0'];
  assert.ok(isDown('eth2', MACHINE, devices));
  assert.ok(!isDown('eth0', MACHINE, devices));
  assert.ok(!isDown('gone0', MACHINE, devices));
});
