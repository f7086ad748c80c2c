import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AGENT, ConsulWorld, type Got } from '../../../../test/consul-world.ts';
import { until } from '../../../../test/http-world.ts';
import { seeded } from '../../../base/random.ts';
import { systemClock } from '../../../io/clock.ts';
import { AgentRegistrar } from '../../../registrar/registrar.ts';
import { SimStateFiles } from '../../../sim/state-files.ts';
import { ServerCatalogLink } from '../../catalog-link.ts';
import type { Server } from '../../server.ts';
import type { OwnAgent } from './own-agent.ts';

const stop = new AbortController();
const lines: string[] = [];
let running: Promise<void> = Promise.resolve();
let stopped = 0;
let world: ConsulWorld;

async function ownAgent(server: Server): Promise<OwnAgent> {
  const nodeId = '2f6a1a4e-8a3f-4a7e-9c60-0f0b2a3f4c5d';
  const node = {
    name: AGENT,
    id: nodeId,
    address: '127.0.0.1',
    datacenter: 'dc1',
    taggedAddresses: {},
    meta: {},
  };
  const registrar = await AgentRegistrar.open(
    {
      node,
      ownServices: [],
      scriptChecks: 'none',
      checkUpdateIntervalMs: 300_000,
      registrations: { services: [], checks: [] },
    },
    {
      link: new ServerCatalogLink(server.operations),
      files: new SimStateFiles(),
      clock: systemClock,
      random: seeded('registrar'),
      log: (line) => lines.push(line),
      probes: { run: () => Promise.resolve({ status: 'passing', output: 'up' }) },
    },
  );
  running = registrar.run(stop.signal);
  return {
    registrar,
    metrics: {
      json: () => ({ timestamp: '', gauges: [], counters: [], samples: [] }),
      prometheus: () => Promise.resolve('muster_up 1\n'),
    },
    nodeId,
    nodeMeta: { rack: 'r1' },
    isServer: true,
    checkOutputMaxBytes: 4_096,
    members: () => [
      { name: AGENT, address: '127.0.0.1', port: 8301, tags: { role: 'consul' }, status: 'alive' },
    ],
    settings: () => ({ Bootstrap: true }),
    host: () => ({ OS: 'linux' }),
    stats: () => ({ runtime: { arch: 'x64' } }),
    monitor: async function* (_options, signal) {
      yield 'first line\n';
      while (!signal.aborted) await systemClock.sleep(60_000, signal);
    },
    reload: () => Promise.resolve(),
    stop: () => {
      stopped += 1;
    },
  };
}

before(async () => {
  world = await ConsulWorld.start(0, ownAgent);
});
after(async () => {
  await world.stop();
  stop.abort();
  await running;
});

type Row = Readonly<Record<string, unknown>>;

async function ok(got: Promise<Got>): Promise<Got> {
  const answer = await got;
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

const put = (path: string, body?: unknown): Promise<Got> => ok(world.put(path, body));
const get = (path: string): Promise<Got> => ok(world.get(path));

async function checks(): Promise<Readonly<Record<string, Row>>> {
  return (await get('/v1/agent/checks')).json as Readonly<Record<string, Row>>;
}

test('a service with a check in either spelling is registered, told and taken away', async () => {
  await put('/v1/agent/service/register', {
    Name: 'web',
    ID: 'web/1',
    Port: 80,
    Tags: ['v1'],
    Check: { TTL: '30s', DeregisterCriticalServiceAfter: '1m' },
  });
  await put('/v1/agent/service/register', {
    name: 'db',
    port: 5432,
    enable_tag_override: true,
    checks: [{ ttl: '30s', deregister_critical_service_after: '90m' }],
  });
  const services = (await get('/v1/agent/services')).json as Readonly<Record<string, Row>>;
  assert.deepEqual(Object.keys(services), ['db', 'web/1']);
  assert.equal(services['db']?.['EnableTagOverride'], true);
  assert.deepEqual(services['web/1'], {
    ID: 'web/1',
    Service: 'web',
    Tags: ['v1'],
    Meta: {},
    Port: 80,
    Address: '',
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Datacenter: 'dc1',
  });
  const filtered = await get('/v1/agent/services?filter=Service%20%3D%3D%20web');
  assert.deepEqual(Object.keys(filtered.json as Row), ['web/1']);
  const check = (await checks())['service:web/1'];
  assert.deepEqual(
    ['Node', 'Status', 'ServiceName', 'ServiceTags', 'Type'].map((key) => check?.[key]),
    [AGENT, 'critical', 'web', ['v1'], 'ttl'],
  );
  const catalog = (await get('/v1/catalog/service/web')).json as readonly Row[];
  assert.equal(catalog[0]?.['ServiceID'], 'web/1');
  await put('/v1/agent/service/deregister/web%2F1');
  await put('/v1/agent/service/deregister/db');
  assert.deepEqual((await get('/v1/catalog/service/web')).json, []);
});

test('reports move a check, and the health of its service with it', async () => {
  await put('/v1/agent/service/register', { Name: 'api', Check: { TTL: '30s' } });
  const health = async (): Promise<readonly unknown[]> => {
    const byId = await world.get('/v1/agent/health/service/id/api');
    const byName = await world.get('/v1/agent/health/service/name/api?format=text');
    return [byId.status, (byId.json as Row)['AggregatedStatus'], byName.status, byName.text];
  };
  assert.deepEqual(await health(), [503, 'critical', 503, 'critical']);
  await put('/v1/agent/check/pass/service:api?note=fine');
  assert.equal((await checks())['service:api']?.['Output'], 'fine');
  assert.deepEqual(await health(), [200, 'passing', 200, 'passing']);
  await put('/v1/agent/check/warn/service:api');
  assert.deepEqual(await health(), [429, 'warning', 429, 'warning']);
  await put('/v1/agent/check/update/service:api', { Status: 'critical', Output: 'out of disk' });
  assert.deepEqual(await health(), [503, 'critical', 503, 'critical']);
  await put('/v1/agent/check/fail/service:api');
  await put('/v1/agent/check/pass/service:api');
  await put('/v1/agent/service/maintenance/api?enable=true&reason=why%20not');
  assert.equal((await checks())['_service_maintenance:api']?.['Notes'], 'why not');
  assert.deepEqual(await health(), [503, 'maintenance', 503, 'maintenance']);
  await put('/v1/agent/service/maintenance/api?enable=false');
  await put('/v1/agent/maintenance?enable=true');
  assert.deepEqual(await health(), [503, 'maintenance', 503, 'maintenance']);
  await put('/v1/agent/maintenance?enable=false');
  assert.deepEqual(await health(), [200, 'passing', 200, 'passing']);
  await put('/v1/agent/service/deregister/api');
  const nobody = await world.get('/v1/agent/health/service/id/api');
  assert.deepEqual([nobody.status, (nobody.json as Row)['AggregatedStatus']], [404, 'critical']);
  const unknown = await world.get('/v1/agent/health/service/name/api?format=text');
  assert.deepEqual([unknown.status, unknown.text], [404, 'ServiceName api Not Found']);
});

test('checks come and go by themselves, too', async () => {
  await put('/v1/agent/check/register', { Name: 'mem', TCP: 'a:1', Interval: '1s', Notes: 'n' });
  await until(
    () => world.server.operations.snapshot().check(AGENT, 'mem')?.status === 'passing',
    'it ran',
  );
  assert.equal((await checks())['mem']?.['Output'], 'up');
  await put('/v1/agent/check/deregister/mem');
  assert.deepEqual(await checks(), {});
});

test('replace-existing-checks takes away what is not told again', async () => {
  const both = { Name: 'two', Checks: [{ TTL: '1m' }, { TTL: '1m' }] };
  const one = { Name: 'two', Check: { CheckID: 'other', TTL: '1m' } };
  await put('/v1/agent/service/register', both);
  await put('/v1/agent/service/register', one);
  assert.equal(Object.keys(await checks()).length, 3);
  await put('/v1/agent/service/register?replace-existing-checks=true', one);
  assert.deepEqual(Object.keys(await checks()), ['other']);
  await put('/v1/agent/service/deregister/two');
});

test('whoever knows a service by its hash waits for another one', async () => {
  await put('/v1/agent/service/register', { Name: 'hashed', Port: 1 });
  const first = await get('/v1/agent/service/hashed');
  const hash = first.headers['x-consul-contenthash'];
  assert.equal((first.json as Row)['ContentHash'], hash);
  let isIn = false;
  const second = get(`/v1/agent/service/hashed?hash=${hash}&wait=30s`).finally(() => (isIn = true));
  await get(`/v1/agent/service/hashed?hash=${hash}&wait=10ms`);
  assert.equal(isIn, false);
  await put('/v1/agent/service/register', { Name: 'hashed', Port: 2 });
  assert.equal(((await second).json as Row)['Port'], 2);
  await put('/v1/agent/service/deregister/hashed');
  assert.equal((await world.get('/v1/agent/service/hashed')).status, 404);
});

test('what makes no sense is told in the words of Consul', async () => {
  const script = { Args: ['true'], Interval: '1s' };
  const long = { Name: 'x', Meta: { k: 'x'.repeat(600) } };
  const bad: readonly (readonly [string, unknown, number, RegExp])[] = [
    ['service/register', {}, 400, /^Missing service name$/],
    ['service/register', '{"Name":', 400, /^Request decode failed: /],
    ['service/register', { Name: 7 }, 400, /Name: expected a string/],
    ['service/register', { Name: 'x', Check: {} }, 400, /^Invalid check: TTL must be > 0/],
    [
      'service/register',
      { Name: 'x', Check: { TTL: 'soon' } },
      400,
      /Check.TTL: expected a duration/,
    ],
    ['service/register', { Name: 'x', Check: script }, 400, /^Scripts are disabled on this agent/],
    ['service/register', long, 400, /^Invalid Service Meta/],
    ['service/deregister/no', undefined, 404, /^Unknown service ID "no"\. Ensure that/],
    ['service/maintenance/no?enable=true', undefined, 404, /^Unknown service ID "no"/],
    ['service/maintenance/no', undefined, 400, /^Missing value for enable$/],
    ['check/register', { TTL: '1s' }, 400, /^Missing check name$/],
    ['check/register', { Name: 'x', TTL: '1s', Status: 'odd' }, 400, /^Bad check status$/],
    [
      'check/register',
      { Name: 'x', TTL: '1s', ServiceID: 'no' },
      404,
      /ServiceID "no" does not exist/,
    ],
    ['check/deregister/no', undefined, 404, /^Unknown check ID "no"\. Ensure that/],
    ['check/pass/no', undefined, 404, /^Unknown check ID "no"/],
    ['check/update/no', { Status: 'odd' }, 400, /^Invalid check status: 'odd'$/],
    ['maintenance', undefined, 400, /^Missing value for enable$/],
    ['join/1.2.3.4', undefined, 500, /this agent does not gossip/],
    ['force-leave/no', undefined, 404, /No node found with name 'no'/],
  ];
  for (const [path, body, status, expected] of bad) {
    const got = await world.put(`/v1/agent/${path}`, body);
    assert.equal(got.status, status, `${path}: ${got.text}`);
    assert.match(got.text, expected, path);
  }
  await put('/v1/agent/check/register', { Name: 'tcp', TCP: 'a:1', Interval: '1h' });
  const wrong = await world.put('/v1/agent/check/pass/tcp');
  assert.deepEqual([wrong.status, wrong.text], [500, 'CheckID "tcp" does not have associated TTL']);
  await put('/v1/agent/check/deregister/tcp');
});

test('a name that DNS cannot say is registered with a warning', async () => {
  await put('/v1/agent/service/register', { Name: 'my_web' });
  assert.match(lines.join('\n'), /Service name will not be discoverable via DNS/);
  await put('/v1/agent/service/deregister/my_web');
});

test('the agent tells of itself', async () => {
  const self = (await get('/v1/agent/self')).json as Readonly<Record<string, Row>>;
  assert.equal(self['Config']?.['NodeName'], AGENT);
  assert.equal(self['Member']?.['Status'], 1);
  assert.deepEqual(self['Meta'], { rack: 'r1' });
  const members = (await get('/v1/agent/members')).json as readonly Row[];
  assert.equal(members[0]?.['Name'], AGENT);
  assert.deepEqual((await get('/v1/agent/host')).json, { OS: 'linux' });
  assert.equal((await get('/v1/agent/metrics?format=prometheus')).text, 'muster_up 1\n');
  assert.ok('Gauges' in ((await get('/v1/agent/metrics')).json as Row));
  assert.equal(((await get('/v1/agent/version')).json as Row)['HumanVersion'], '0.0.0');
  await put('/v1/agent/reload');
  assert.equal((await world.get('/v1/agent/monitor?loglevel=odd')).status, 400);
});

test('an agent that leaves takes its node out of the catalog and ends', async () => {
  await put('/v1/agent/leave');
  assert.equal(stopped, 1);
  assert.equal((await get(`/v1/catalog/node/${AGENT}`)).json, null);
});
