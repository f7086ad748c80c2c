/** Runs in network and mount namespaces of its own, with us as the system's only resolver. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDns } from './dns-stand.ts';

const run = promisify(execFile);
const sh = (command: string): Promise<unknown> => run('sh', ['-c', command]);
const dir = mkdtempSync(join(tmpdir(), 'dns-'));
const resolv = join(dir, 'resolv.conf');
writeFileSync(resolv, 'nameserver 127.0.0.1\nsearch service.consul\noptions timeout:2\n');
await run('ip', ['link', 'set', 'lo', 'up']);
await run('mount', ['--bind', resolv, '/etc/resolv.conf']);
// A box with a network and files of its own, as a container has.
await sh('mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip netns add box');
await sh('ip link add out type veth peer name eth0 netns box && ip link set out up');
await sh('ip address add 172.31.9.1/24 dev out');
await sh('ip -n box address add 172.31.9.2/24 dev eth0 && ip -n box link set eth0 up');
const boxResolv = join(dir, 'box-resolv.conf');
writeFileSync(boxResolv, 'nameserver 172.31.9.1\n');

const stand = await startDns([
  { host: '127.0.0.1', port: 8600 },
  { host: '127.0.0.1', port: 53 },
  { host: '172.31.9.1', port: 53 },
]);
const server = createServer((request, response) => {
  response.end(`${request.headers.host ?? ''} at ${request.socket.localAddress ?? ''}`);
});
await new Promise<void>((resolve) => server.listen(7002, '0.0.0.0', resolve));
try {
  const curl = async (name: string): Promise<string> => {
    const args = ['-sS', '--max-time', '10', '--noproxy', '*', `http://${name}:7002/`];
    return (await run('curl', args)).stdout;
  };
  const full = 'v2.web.service.consul';
  assert.equal(await curl(full), `${full}:7002 at 127.0.0.1`);
  const own = 'v3.web.service.dc1.consul';
  assert.equal(await curl(own), `${own}:7002 at 127.0.0.3`);
  assert.equal(await curl('v2.web'), 'v2.web:7002 at 127.0.0.1');
  assert.match((await run('getent', ['ahosts', 'six.service.consul'])).stdout, /^2001:db8::6 /);
  assert.match((await run('getent', ['hosts', '127.0.0.2'])).stdout, /n2\.node\.dc1\.consul/);
  const boxed = 'v1.boxed.service.consul';
  const look = `curl -sS --max-time 10 --noproxy '*' http://${boxed}:7002/`;
  const inside = `mount --bind ${boxResolv} /etc/resolv.conf && ${look}`;
  const box = ['netns', 'exec', 'box', 'unshare', '-m', 'sh', '-c', inside];
  assert.equal((await run('ip', box)).stdout, `${boxed}:7002 at 172.31.9.1`);
  await assert.rejects(curl('sick.service.consul'), /resolve/i);
  process.stdout.write('dns ok\n');
} finally {
  server.close();
  await stand.stop();
  rmSync(dir, { recursive: true });
}
