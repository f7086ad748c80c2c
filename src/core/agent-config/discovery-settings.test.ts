import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Source } from '../hcl/source.ts';
import type { ConfigProblem } from './config-problem.ts';
import { decodeAgentFile, isAgentFile, mergeFiles } from './decode.ts';
import { discoverySettings } from './discovery-settings.ts';
import type { DiscoverySettings } from './discovery-settings.ts';
import { Reader } from './reader.ts';

function read(...texts: string[]): {
  readonly settings: DiscoverySettings;
  readonly problems: readonly ConfigProblem[];
} {
  const file = texts
    .map((text) => decodeAgentFile(new Source('a.hcl', text)))
    .map((decoded) => {
      assert.ok(isAgentFile(decoded), JSON.stringify(decoded));
      return decoded;
    })
    .reduce(mergeFiles, {});
  const problems: ConfigProblem[] = [];
  return { settings: discoverySettings(new Reader(file, ''), problems), problems };
}

test('without settings everything has its default', () => {
  const { settings, problems } = read('');
  assert.deepEqual(problems, []);
  assert.equal(settings.scriptChecks, 'none');
  assert.equal(settings.remoteExec, false);
  assert.equal(settings.dns.domain, 'consul');
  assert.equal(settings.dns.udpAnswerLimit, 3);
  assert.deepEqual(settings.services, []);
});

test('services of several files and spellings are joined, their checks kept apart', () => {
  const { settings } = read(
    'service {\n  name = "web"\n  port = 80\n  check { http = "a" }\n  check { tcp = "b" }\n}\nservice { name = "db" }',
    'services = [{ name = "cache", meta = { a = "1" } }]',
  );
  assert.deepEqual(settings.services, [
    { name: 'web', port: 80, check: [{ http: 'a' }, { tcp: 'b' }] },
    { name: 'db' },
    { name: 'cache', meta: { a: '1' } },
  ]);
});

test('whose commands are run follows from two flags', () => {
  assert.equal(read('enable_local_script_checks = true').settings.scriptChecks, 'local');
  assert.equal(read('enable_script_checks = true').settings.scriptChecks, 'all');
});

test('times to live are read by service; mistakes are named', () => {
  const good = read('dns_config {\n  service_ttl = { "*" = "5s", "web-*" = "1m" }\n}');
  assert.deepEqual(good.settings.dns.serviceTtlMs, { '*': 5_000, 'web-*': 60_000 });
  const bad = read('dns_config {\n  service_ttl { db = "soon" }\n  recursor_strategy = "any"\n}');
  assert.deepEqual(
    bad.problems.map(({ path }) => path),
    ['dns_config.recursor_strategy', 'dns_config.service_ttl.db'],
  );
});
