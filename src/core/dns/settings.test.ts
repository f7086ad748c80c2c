import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkDnsSettings,
  DEFAULT_DNS_SETTINGS,
  parseListen,
  parseRecursor,
  serviceTtl,
  type DnsSettings,
  type SocketAddress,
} from './settings.ts';

test('the defaults are without a mistake', () => {
  assert.deepEqual(checkDnsSettings(DEFAULT_DNS_SETTINGS), []);
});

const mistakes: [change: Partial<DnsSettings>, path: string][] = [
  [{ domain: '' }, 'domain'],
  [{ domain: 'a..b' }, 'domain'],
  [{ altDomain: 'x'.repeat(64) }, 'alt_domain'],
  [{ recursors: ['8.8.8.8', 'dns.example'] }, 'recursors'],
  [{ nodeTtlMs: -1 }, 'dns_config.node_ttl'],
  [{ nodeTtlMs: Number.NaN }, 'dns_config.node_ttl'],
  [{ serviceTtlMs: { 'web*': 2 ** 50 } }, 'dns_config.service_ttl.web*'],
  [{ udpAnswerLimit: -1 }, 'dns_config.udp_answer_limit'],
  [{ aRecordLimit: 1.5 }, 'dns_config.a_record_limit'],
  [{ recursorTimeoutMs: 0 }, 'dns_config.recursor_timeout'],
];
for (const [change, path] of mistakes) {
  test(`${JSON.stringify(change).slice(0, 60)} is a mistake at ${path}`, () => {
    const problems = checkDnsSettings({ ...DEFAULT_DNS_SETTINGS, ...change });
    assert.deepEqual(
      problems.map((problem) => problem.path),
      [path],
    );
  });
}

const recursors: [text: string, expected: SocketAddress | undefined][] = [
  ['8.8.8.8', { host: '8.8.8.8', port: 53 }],
  ['8.8.8.8:5353', { host: '8.8.8.8', port: 5353 }],
  ['::1', { host: '::1', port: 53 }],
  ['[::1]', { host: '::1', port: 53 }],
  ['[::1]:99', { host: '::1', port: 99 }],
  ['[8.8.8.8]:53', undefined],
  ['8.8.8.8:0', undefined],
  ['8.8.8.8:65536', undefined],
  ['8.8.8.8:x', undefined],
  ['dns.example', undefined],
  ['', undefined],
];
for (const [text, expected] of recursors) {
  test(`recursor "${text}"`, () => assert.deepEqual(parseRecursor(text), expected));
}

const listens: [text: string, expected: string[] | undefined][] = [
  ['127.0.0.1', ['127.0.0.1 8600']],
  ['127.0.0.1 127.0.0.1:53  [::1]:53', ['127.0.0.1 8600', '127.0.0.1 53', '::1 53']],
  ['localhost localhost:53', ['127.0.0.1 8600', '127.0.0.1 53']],
  ['::', [':: 8600']],
  ['', undefined],
  ['127.0.0.1 eth0', undefined],
];
for (const [text, expected] of listens) {
  test(`listening on "${text}"`, () => {
    const read = parseListen(text, 8600)?.map(({ host, port }) => `${host} ${port}`);
    assert.deepEqual(read, expected);
  });
}

test('a service has the time of its name, else of its longest beginning, else none', () => {
  const ttl = serviceTtl({ web: 5_000, 'Web*': 7_999, 'we*': 9_000, 'db-*': 1_000 });
  assert.deepEqual(['web', 'web-1', 'west', 'db-', 'db', 'x'].map(ttl), [5, 7, 9, 1, 0, 0]);
  assert.equal(serviceTtl({ '*': 3_000, x: 0 })('anything'), 3);
  assert.equal(serviceTtl({ '*': 3_000, x: 0 })('x'), 0);
});
