/** Runs in network and mount namespaces of its own: tries the bridge and prints what it saw. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AllocId } from '../../src/core/model/ids.ts';
import { BridgeNetworks, DEFAULT_SUBNET } from '../../src/io/network/bridge.ts';
import { until } from './keeper-stand.ts';

const dir = mkdtempSync(join(tmpdir(), 'bridge-'));
const A = 'aaaaaaaa-1111-2222-3333-444444444444' as AllocId;
const B = 'bbbbbbbb-1111-2222-3333-444444444444' as AllocId;
const N = 'cccccccc-1111-2222-3333-444444444444' as AllocId;
const never = new AbortController().signal;
const sh = (command: string): string => execFileSync('sh', ['-c', command], { encoding: 'utf8' });
const make = (): BridgeNetworks => new BridgeNetworks({ dir, subnet: DEFAULT_SUBNET });

/** What a TCP connection says first. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setTimeout(2_000, () => socket.destroy(new Error('nobody answers')));
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

const wish = (id: AllocId, value: number): Parameters<BridgeNetworks['ensure']>[0] => ({
  id,
  mode: 'bridge',
  hostname: '',
  ports: [{ label: 'http', value, to: 80, hostIp: '127.0.0.1', dynamic: true }],
});

// Names of its own, too: others on this machine may have namespaces.
sh('ip link set lo up; mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns');
const before = sh('iptables-save; ip -o link; ls /run/netns');
const networks = make();
assert.equal(await networks.unavailable(), undefined);
const made = await Promise.all([
  networks.ensure(wish(A, 21_000), never),
  networks.ensure(wish(B, 21_001), never),
]);
assert.deepEqual(
  made.map((one) => one.address),
  ['172.26.64.2', '172.26.64.3'],
);
const none = await networks.ensure({ ...wish(N, 0), mode: 'none', ports: [] }, never);
assert.equal(none.address, '');

const serve = `require('net').createServer(s=>s.on('error',()=>0).end(process.argv[1])).listen(80,'0.0.0.0')`;
const servers = made.map(({ namespace }, i) =>
  spawn('nsenter', [`--net=${namespace}`, process.execPath, '-e', serve, `server ${i}`], {
    stdio: 'inherit',
  }),
);
try {
  const says = (port: number, text: string) => async (): Promise<boolean> =>
    (await ask(port).catch(() => '')) === text;
  await until('the first answers on 127.0.0.1', says(21_000, 'server 0'));
  await until('the second answers on 127.0.0.1', says(21_001, 'server 1'));
  const between = `nsenter --net=${made[0].namespace} ${process.execPath} -e "require('net').connect(80,'172.26.64.3').on('data',d=>console.log(String(d)))"`;
  assert.equal(sh(between).trim(), 'server 1', 'allocations reach each other');

  // BR1: a new process finds everything, and changes nothing.
  const rules = sh('iptables-save | grep -v ^#; ip -o link');
  const again = make();
  const found = await again.ensure(wish(A, 21_000), never);
  assert.equal(found.address, '172.26.64.2');
  assert.equal(sh('iptables-save | grep -v ^#; ip -o link'), rules);
  await until('it still answers', says(21_000, 'server 0'));

  // Half of it is lost: it is made whole.
  sh('iptables -t nat -F MUSTER-DNAT; ip link del muster');
  await make().ensure(wish(A, 21_000), never);
  await until('it answers again', says(21_000, 'server 0'));

  await again.sweep(new Set([A]));
  assert.ok(!sh('ls /run/netns').includes(B));
  assert.ok(sh('ls /run/netns').includes(A));
  assert.equal(await ask(21_001).catch(() => 'refused'), 'refused');
  const address = (await again.ensure(wish(N, 21_002), never)).address;
  assert.equal(address, '172.26.64.3', 'a freed address is given again');
} finally {
  for (const server of servers) server.kill('SIGKILL');
}
const last = make();
for (const id of [A, B, N]) await last.remove(id);
await last.remove(A);
assert.ok(!sh('iptables-save').includes('muster:'), 'no rule of an allocation is left');
assert.equal(sh('ls /run/netns').trim(), '');
assert.ok(!/ mu[0-9a-f]{12}/.test(sh('ip -o link')), 'no interface is left');
assert.ok(!before.includes('MUSTER'));
rmSync(dir, { recursive: true });
console.log('bridge ok');
