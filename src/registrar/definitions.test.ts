import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIssues } from '../api/codec/issue.ts';
import type { JsonObject } from '../base/json.ts';
import { Source } from '../core/hcl/source.ts';
import { decodeAgentFile, isAgentFile } from '../core/agent-config/decode.ts';
import type { Registrations } from '../ports/registrar.ts';
import { readDefinitions } from './definitions.ts';

/** What a file registers, read as an agent reads it. */
function read(text: string, name = 'agent.hcl'): ReturnType<typeof readDefinitions> {
  const file = decodeAgentFile(new Source(name, text));
  assert.ok(isAgentFile(file), JSON.stringify(file));
  const list = (key: string): readonly JsonObject[] =>
    (file[key] ?? []) as unknown as readonly JsonObject[];
  return readDefinitions(
    {
      services: [...list('service'), ...list('services')],
      checks: [...list('check'), ...list('checks')],
    },
    4_096,
  );
}

function made(text: string, name?: string): Registrations {
  const found = read(text, name);
  assert.ok(!isIssues(found), JSON.stringify(found));
  return found;
}

test('a service with blocks in it, as files spell them', () => {
  const { services, checks } = made(`
    service {
      name = "web"
      port = 80
      tags = ["a", "b"]
      enable_tag_override = true
      meta { version = "4" }
      weights {
        passing = 5
        warning = 1
      }
      tagged_addresses {
        lan {
          address = "10.0.0.1"
          port = 81
        }
      }
      check {
        http = "http://localhost/health"
        header { Authorization = ["Bearer x"] }
        interval = "10s"
        deregister_critical_service_after = "90m"
      }
      check {
        ttl = "30s"
        failures_before_critical = 3
      }
    }
    check {
      id = "mem"
      name = "Memory"
      args = ["/bin/check", "-x"]
      interval = "5s"
      service_id = "web"
    }
  `);
  const service = services[0]?.service;
  assert.deepEqual(
    [service?.name, service?.port, service?.tags, service?.enableTagOverride],
    ['web', 80, ['a', 'b'], true],
  );
  assert.deepEqual(service?.meta, { version: '4' });
  assert.deepEqual(service.weights, { passing: 5, warning: 1 });
  assert.deepEqual(service.taggedAddresses, { lan: { address: '10.0.0.1', port: 81 } });
  const [http, ttl] = services[0]?.checks ?? [];
  assert.ok(http?.probe.kind === 'http');
  assert.deepEqual(http.probe.header, { Authorization: ['Bearer x'] });
  assert.equal(http.deregisterCriticalServiceAfterMs, 5_400_000);
  assert.deepEqual([ttl?.id, ttl?.failuresBeforeCritical], ['service:web:2', 3]);
  assert.deepEqual(
    checks.map(({ id, name, serviceId, probe }) => [id, name, serviceId, probe.kind]),
    [['mem', 'Memory', 'web', 'script']],
  );
});

test('lists, and JSON, say the same', () => {
  const hcl = made(`services = [{ name = "a", checks = [{ ttl = "1s" }] }, { name = "b" }]`);
  const json = made(
    `{"services":[{"name":"a","checks":[{"ttl":"1s"}]},{"name":"b"}]}`,
    'agent.json',
  );
  assert.deepEqual(hcl, json);
  assert.deepEqual(
    json.services.map(({ service, checks }) => [service.id, checks.length]),
    [
      ['a', 1],
      ['b', 0],
    ],
  );
  const one = made(
    `{"service":{"name":"a","meta":{"x":"y"},"check":{"tcp":"a:1","interval":"1s"}}}`,
    'a.json',
  );
  assert.deepEqual(one.services[0]?.service.meta, { x: 'y' });
  assert.equal(one.services[0].checks[0]?.id, 'service:a');
});

test('mistakes say where they are', () => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['service { port = 1 }', 'service (without a name)', /Missing service name/],
    ['services = [{ name = "w", prot = 1 }]', 'service "w".prot', /no such setting/],
    ['services = [{ name = "w", port = "x" }]', 'service "w".Port', /expected a number/],
    [
      'services = [{ name = "w", check = { tll = "1s" } }]',
      'service "w".check.tll',
      /no such setting/,
    ],
    ['services = [{ name = "w", check = { ttl = "x" } }]', 'service "w".Checks[0].TTL', /duration/],
    ['services = [{ name = "w", check = {} }]', 'service "w"', /Invalid check: TTL must be > 0/],
    ['check { ttl = "1s" }', 'check (without a name)', /needs a name/],
    ['checks = [{ name = "c", tcp = "a:1" }]', 'check "c"', /Interval must be > 0/],
    ['services = [{ name = "w" }, { name = "w" }]', 'service "w"', /defined twice/],
  ];
  for (const [text, path, message] of rows) {
    const issues = read(text);
    assert.ok(isIssues(issues), text);
    assert.deepEqual(issues[0]?.path, path);
    assert.match(issues[0].message, message);
  }
});
