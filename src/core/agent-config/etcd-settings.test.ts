import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/json.ts';
import type { ConfigProblem } from './config-problem.ts';
import { etcdSettings } from './etcd-settings.ts';
import type { EtcdSettings } from './etcd-settings.ts';
import { Reader } from './reader.ts';

function read(etcd: JsonObject): { settings: EtcdSettings; problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const settings = etcdSettings(new Reader({ etcd }, 'server'), problems);
  return { settings, problems };
}

test('nothing said: a managed member', () => {
  const { settings, problems } = read({});
  assert.deepEqual(settings, { endpoints: [], prefix: 'muster/', tls: false });
  assert.deepEqual(problems, []);
});

test('somebody else’s etcd with TLS and a user', () => {
  const { settings, problems } = read({
    endpoints: ['https://e1:2379', '10.0.0.1:2379'],
    ...{ username: 'u', password: 'p', ca_file: '/ca', cert_file: '/cert', key_file: '/key' },
    prefix: 'prod/',
    quota_mb: 2048,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(settings, {
    ...{ endpoints: ['https://e1:2379', '10.0.0.1:2379'], prefix: 'prod/', tls: true },
    ...{ caFile: '/ca', certFile: '/cert', keyFile: '/key' },
    ...{ user: { name: 'u', password: 'p' }, quotaBytes: 2048 * 1024 * 1024 },
  });
});

const wrong: readonly (readonly [string, JsonObject, string])[] = [
  ['no port', { endpoints: ['e1'] }, 'server.etcd.endpoints'],
  ['half a user', { username: 'u' }, 'server.etcd.username'],
  ['half a pair', { key_file: '/key' }, 'server.etcd.cert_file'],
  ['no slash', { prefix: 'x' }, 'server.etcd.prefix'],
  ['too small', { quota_mb: 1 }, 'server.etcd.quota_mb'],
];
for (const [name, etcd, path] of wrong) {
  test(`refused: ${name}`, () => {
    assert.deepEqual(
      read(etcd).problems.map((each) => each.path),
      [path],
    );
  });
}
