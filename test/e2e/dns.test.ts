/** What `dig`, the system's resolver and `curl` make of our answers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../../src/io/network/commands.ts';
import { startDns, type DnsStand } from './dns-stand.ts';

const run = promisify(execFile);
const noDig = findProgram('dig') === undefined ? 'needs dig' : false;

let stand: DnsStand;
let second: DnsStand;
before(async () => {
  stand = await startDns([{ host: '127.0.0.1', port: 0 }], { altDomain: 'test.example' });
  const port = stand.listening[0]?.port ?? 0;
  second = await startDns([{ host: '127.0.0.1', port: 0 }], {
    domain: 'other',
    recursors: [`127.0.0.1:${port}`],
    enableTruncate: true,
  });
});
after(() => Promise.all([stand.stop(), second.stop()]));

async function dig(of: DnsStand, ...args: string[]): Promise<string> {
  const port = String(of.listening[0]?.port ?? 0);
  const at = ['-p', port, '@127.0.0.1', '+time=5', '+tries=1'];
  const { stdout } = await run('dig', [...at, ...args]);
  assert.doesNotMatch(stdout, /WARNING: (?!recursion)|bad packet|malformed|extra bytes/i);
  return stdout.trim();
}

const sorted = (text: string): string[] => text.split('\n').sort();

const short: [args: string, lines: string[]][] = [
  ['web.service.consul', ['127.0.0.1', '127.0.0.3']],
  ['WEB.Service.consul', ['127.0.0.1', '127.0.0.3']],
  ['web.service.dc1.consul', ['127.0.0.1', '127.0.0.3']],
  ['web.service.test.example', ['127.0.0.1', '127.0.0.3']],
  ['v2.web.service.consul', ['127.0.0.1']],
  [
    'SRV web.service.consul',
    [
      '1 1 7001 n1.node.dc1.consul.',
      '1 1 7002 n1.node.dc1.consul.',
      '1 1 7003 7f000003.addr.dc1.consul.',
    ],
  ],
  ['SRV _web._v3.service.consul', ['1 1 7003 7f000003.addr.dc1.consul.']],
  ['+tcp SRV _web._v1.service.test.example', ['1 1 7001 n1.node.dc1.test.example.']],
  ['7f000003.addr.dc1.consul', ['127.0.0.3']],
  ['n1.node.consul', ['127.0.0.1']],
  ['TXT n1.node.consul', ['"rack=r 1"']],
  ['AAAA six.service.consul', ['2001:db8::6']],
  ['external.service.consul', ['127.0.0.2', 'n2.node.consul.']],
  ['-x 127.0.0.1', ['n1.node.dc1.consul.']],
  ['-x 127.0.0.3', ['web.service.dc1.consul.']],
  ['-x 2001:db8::6', ['n6.node.dc1.consul.']],
  ['NS consul', ['n1.node.dc1.consul.']],
];
for (const [args, lines] of short) {
  test(`dig ${args}`, { skip: noDig }, async () => {
    assert.deepEqual(sorted(await dig(stand, '+short', ...args.split(' '))), lines);
  });
}

const whole: [args: string, says: RegExp[]][] = [
  [
    'nothing.service.consul',
    [/status: NXDOMAIN/, /consul\.\t+0\tIN\tSOA\tns\.consul\. hostmaster/],
  ],
  ['AAAA web.service.consul', [/status: NOERROR/, /ANSWER: 0, AUTHORITY: 1/, /SOA/]],
  ['www.example.com', [/status: REFUSED/]],
  ['-c CH TXT version.bind', [/status: REFUSED/]],
  ['+noedns +opcode=status consul', [/status: NOTIMP/]],
  ['+edns=1 +noednsneg consul', [/status: BADVERS/]],
  ['+noedns many.service.consul', [/flags: qr aa rd;/, /ANSWER: 3,/, /MSG SIZE {2}rcvd: \d\d$/]],
  ['+bufsize=4096 SRV many.service.consul', [/flags: qr aa rd;/, /udp: 4096/]],
  ['+tcp +noedns many.service.consul', [/ANSWER: 500,/]],
  ['+tcp +noedns SRV many.service.consul', [/ANSWER: 500, AUTHORITY: 0, ADDITIONAL: 500/]],
  ['SRV _web._v2.service.consul', [/ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 3/]],
];
for (const [args, says] of whole) {
  test(`dig ${args}`, { skip: noDig }, async () => {
    const printed = await dig(stand, ...args.split(' '));
    for (const pattern of says) assert.match(printed, pattern);
  });
}

test('truncation leads dig to TCP, also through a recursor', { skip: noDig }, async () => {
  const through = await dig(second, '+short', 'v2.web.service.consul');
  assert.equal(through, '127.0.0.1');
  const all = await dig(second, '+tcp', '+short', 'many.service.consul');
  assert.equal(all.split('\n').length, 500);
  const printed = await dig(second, 'many.service.other', '+noedns', '+ignore');
  assert.match(printed, /flags: qr aa tc rd ra; QUERY: 1, ANSWER: 3,/);
  const again = await dig(second, 'many.service.other', '+noedns', '+short');
  assert.equal(again.split('\n').length, 500);
});

const absent = ['unshare', 'mount', 'ip', 'curl', 'getent'].find((name) => !findProgram(name));
const skip =
  process.getuid?.() === 0 ? (absent === undefined ? false : `needs ${absent}`) : 'needs root';

test(
  'a shell and a box of its own find services by name where resolv.conf names port 53',
  { skip },
  async () => {
    const main = join(import.meta.dirname, 'dns-main.ts');
    const args = ['-n', '-m', process.execPath, '--import', 'tsx', main];
    const { stdout } = await run('unshare', args, { timeout: 240_000 });
    assert.match(stdout, /dns ok/);
  },
);
