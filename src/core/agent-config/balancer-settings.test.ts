import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_BALANCER_SETTINGS, type BalancerSettings } from '../balancer/settings.ts';
import { Source } from '../hcl/source.ts';
import type { ConfigProblem } from './config-problem.ts';
import { agentConfig, isAgentConfig, type AgentConfig } from './config.ts';
import { decodeAgentFile, isAgentFile } from './decode.ts';

function read(text: string, dev = true): AgentConfig | readonly ConfigProblem[] {
  const file = decodeAgentFile(new Source('a.hcl', `data_dir = "/d"\n${text}`));
  assert.ok(isAgentFile(file));
  return agentConfig(file, { dev, devDir: '/tmp/dev' });
}

function settingsOf(text: string, dev = true): BalancerSettings | undefined {
  const config = read(text, dev);
  assert.ok(isAgentConfig(config), JSON.stringify(config));
  return config.balancer;
}

test('it runs in -dev, and where it is enabled', () => {
  assert.deepEqual(settingsOf(''), DEFAULT_BALANCER_SETTINGS);
  assert.equal(settingsOf('balancer { enabled = false }'), undefined);
  assert.equal(settingsOf('server { enabled = true }', false), undefined);
  const both = 'server { enabled = true }\nbalancer { enabled = true }';
  assert.deepEqual(settingsOf(both, false), DEFAULT_BALANCER_SETTINGS);
});

test('every setting is taken', () => {
  const settings = settingsOf(`balancer {
    strategy = "rnd"
    tag_prefix = "route-"
    no_route_status = 503
    dial_timeout = "1s"
    response_timeout = "0s"
    access_log = true
    trusted_proxies = ["10.0.0.0/8"]
    auth "ops" {
      users { ann = "secret" }
    }
  }`);
  assert.deepEqual(settings, {
    ...DEFAULT_BALANCER_SETTINGS,
    ...{ strategy: 'random', tagPrefix: 'route-', noRouteStatus: 503, dialTimeoutMs: 1_000 },
    ...{ responseTimeoutMs: 0, accessLog: true, trustedProxies: ['10.0.0.0/8'] },
    auth: { ops: { realm: 'ops', users: { ann: 'secret' } } },
  });
});

const mistakes: [text: string, path: string][] = [
  ['strategy = "fast"', 'balancer.strategy'],
  ['no_route_status = 200', 'balancer.no_route_status'],
  ['tag_prefix = ""', 'balancer.tag_prefix'],
  ['max_connections = 0', 'balancer.max_connections'],
  ['dial_timeout = "0s"', 'balancer.dial_timeout'],
  ['trusted_proxies = ["x"]', 'balancer.trusted_proxies'],
];
for (const [text, path] of mistakes) {
  test(`${text} is a mistake`, () => {
    const found = read(`balancer {\n${text}\n}`);
    assert.ok(!isAgentConfig(found));
    assert.deepEqual(
      found.map((each) => each.path),
      [path],
    );
  });
}
