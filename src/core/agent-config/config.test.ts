import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDiagnostic } from '../hcl/diagnostic.ts';
import { Source } from '../hcl/source.ts';
import { agentConfig, isAgentConfig, type AgentConfig } from './config.ts';
import { decodeAgentFile, isAgentFile, mergeFiles, type AgentFile } from './decode.ts';

function decoded(text: string, name = 'a.hcl'): AgentFile {
  const file = decodeAgentFile(new Source(name, text));
  assert.ok(isAgentFile(file), isAgentFile(file) ? '' : file.map(formatDiagnostic).join('\n'));
  return file;
}

function configured(...texts: string[]): AgentConfig {
  const file = texts.map((text) => decoded(text)).reduce(mergeFiles, {});
  const config = agentConfig(file, { dev: true, devDir: '/tmp/dev' });
  assert.ok(isAgentConfig(config), JSON.stringify(config));
  return config;
}

test('without a file, -dev is a server and a client on loopback', () => {
  const config = configured('');
  assert.ok(config.server !== undefined && config.client !== undefined);
  assert.deepEqual(
    [config.bindAddr, config.ports.http, config.dataDir],
    ['127.0.0.1', 4646, '/tmp/dev'],
  );
});

test('G1: the later file counts, lists are joined, blocks and records merged', () => {
  const config = configured(
    'region = "eu"\nclient {\n  servers = ["a"]\n  meta { rack = "1" }\n  host_volume "x" { path = "/x" }\n}',
    'region = "us"\nclient {\n  servers = ["b"]\n  meta = { rack = "2", dc = "y" }\n  host_volume "y" { path = "/y" }\n}',
  );
  assert.equal(config.region, 'us');
  assert.deepEqual(config.client?.servers, ['a', 'b']);
  assert.deepEqual(config.client.meta, { rack: '2', dc: 'y' });
  assert.deepEqual(Object.keys(config.client.hostVolumes), ['x', 'y']);
});

test('JSON says the same', () => {
  const json = decoded(
    '{"client": {"meta": {"rack": "1"}, "reserved": {"reserved_ports": "22,80-82"}}}',
    'a.json',
  );
  const config = agentConfig(json, { dev: true, devDir: '/tmp/dev' });
  assert.ok(isAgentConfig(config));
  assert.deepEqual(config.client?.meta, { rack: '1' });
  assert.deepEqual(config.client.reserved.ports, [22, 80, 81, 82]);
});

test('a plugin keeps its settings as written', () => {
  const config = configured(
    'plugin "docker" {\n  config {\n    volumes { enabled = true }\n    allow_caps = ["all"]\n  }\n}',
  );
  assert.deepEqual(config.plugins, { docker: { volumes: { enabled: true }, allow_caps: ['all'] } });
});

test('durations and numbers may be written as text', () => {
  const config = configured('ports { http = "5000" }\nserver { heartbeat_grace = "1m30s" }');
  assert.deepEqual([config.ports.http, config.server?.heartbeatGraceMs], [5000, 90_000]);
});

const mistakes: [text: string, says: RegExp][] = [
  ['regoin = "x"', /a\.hcl:1,1-7: .*"regoin".*Did you mean "region"/],
  ['client {\n  enabld = true\n}', /a\.hcl:2,3-9: .*"enabld".*"enabled"/],
  ['ports {\n  http = "x"\n}', /a\.hcl:2,10-13: .*whole number/],
  ['server {\n  heartbeat_grace = "soon"\n}', /a\.hcl:2,.*duration/],
  ['client {', /a\.hcl:1/],
];
for (const [text, says] of mistakes) {
  test(`G2: ${JSON.stringify(text)} is told with its place`, () => {
    const file = decodeAgentFile(new Source('a.hcl', text));
    assert.ok(!isAgentFile(file));
    assert.match(file.map(formatDiagnostic).join('\n'), says);
  });
}

const problems: [text: string, path: string][] = [
  ['', 'data_dir'],
  ['data_dir = "x"', 'data_dir'],
  ['data_dir = "/x"', 'server'],
  ['data_dir = "/x"\nserver { enabled = true }\nbind_addr = "10.0.0.1"', 'bind_addr'],
  ['data_dir = "/x"\nserver { enabled = true }\nports { http = 99999 }', 'ports.http'],
  ['data_dir = "/x"\nserver { enabled = true }\nlog_level = "loud"', 'log_level'],
  ['data_dir = "/x"\nserver { enabled = true }\naddresses { dns = "eth0" }', 'addresses.dns'],
  [
    'data_dir = "/x"\nserver { enabled = true }\naddresses { dns = "127.0.0.1 10.0.0.1:53" }',
    'bind_addr',
  ],
  [
    'data_dir = "/x"\nclient {\n enabled = true\n reserved { reserved_ports = "a" }\n}',
    'client.reserved.reserved_ports',
  ],
];
for (const [text, path] of problems) {
  test(`${JSON.stringify(text)} lacks something at ${path}`, () => {
    const config = agentConfig(decoded(text), { dev: false, devDir: '' });
    assert.ok(!isAgentConfig(config));
    assert.ok(
      config.some((problem) => problem.path === path),
      JSON.stringify(config),
    );
  });
}
