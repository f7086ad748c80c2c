import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CONSUL_ROUTES } from '../../api/consul/all-routes.ts';
import { AGENT, ConsulWorld, type Got } from '../../../test/consul-world.ts';
import { until } from '../../../test/http-world.ts';

let world: ConsulWorld;
before(async () => {
  world = await ConsulWorld.start();
});
after(async () => {
  await world.stop();
});

type Row = Readonly<Record<string, unknown>>;

const rows = ({ json }: Got): readonly Row[] => json as readonly Row[];

/** Registers one instance of a service on a node of its own, with a check of it. */
async function offer(
  node: string,
  service: Row,
  status = 'passing',
  meta: Row = {},
): Promise<void> {
  const id = service['ID'] ?? service['Service'];
  const { status: code, text } = await world.put('/v1/catalog/register', {
    Node: node,
    Address: '10.1.1.1',
    NodeMeta: meta,
    Service: service,
    Check: { Name: `check of ${String(id)}`, Status: status, ServiceID: id },
  });
  assert.equal(code, 200, text);
}

/** Asks, and tells whether the answer is in. */
function asked(path: string): { readonly got: Promise<Got>; readonly isIn: () => boolean } {
  let done = false;
  const got = world.get(path).finally(() => (done = true));
  return { got, isIn: () => done };
}

const parked = (): number => world.server.operations.stats().parkedQueries;

test('a service is registered, listed, found healthy, and taken away', async () => {
  const service = { Service: 'web', ID: 'web-1', Port: 80, Tags: ['v1'], Meta: { 'a.b': 'x' } };
  await offer('n1', service, 'passing', { rack: '1' });
  await offer('n2', { Service: 'web', Port: 81 }, 'warning');
  assert.deepEqual((await world.get('/v1/catalog/services')).json, { web: ['v1'] });
  const listed = rows(await world.get('/v1/catalog/service/web'));
  assert.deepEqual(
    listed.map((row) => [row['Node'], row['ServiceID'], row['ServicePort']]),
    [
      ['n1', 'web-1', 80],
      ['n2', 'web', 81],
    ],
  );
  for (const [query, count] of [
    ['', 2],
    ['?passing', 1],
    ['?passing=1', 1],
    ['?passing=false', 2],
    ['?tag=v1', 1],
    ['?tag=v1&tag=v2', 0],
    ['?node-meta=rack:1', 1],
    ['?node-meta=rack:1&node-meta=x:y', 0],
    ['?filter=Service.Meta%5B%22a.b%22%5D%20%3D%3D%20x', 1],
    ['?filter=%22v1%22%20in%20Service.Tags%20and%20not%20Node.Node%20%3D%3D%20n2', 1],
    ['?near=_agent&dc=dc1&ns=default&partition=default&token=x', 2],
  ] as const) {
    const got = await world.get(`/v1/health/service/web${query}`);
    assert.equal(got.status, 200, got.text);
    assert.equal(rows(got).length, count, query);
  }
  assert.equal(rows(await world.get('/v1/health/checks/web')).length, 2);
  assert.equal(rows(await world.get('/v1/health/state/warning')).length, 1);
  assert.equal(rows(await world.get('/v1/health/node/n1')).length, 1);
  await world.put('/v1/catalog/deregister', { Node: 'n1', ServiceID: 'web-1' });
  assert.equal(rows(await world.get('/v1/catalog/service/web')).length, 1);
  await world.put('/v1/catalog/deregister', { Node: 'n2' });
  assert.deepEqual((await world.get('/v1/catalog/node/n2')).json, null);
  assert.deepEqual((await world.get('/v1/catalog/services')).json, {});
});

test('what makes no sense is answered as clients expect it', async () => {
  const bad: readonly (readonly [string, string, unknown, number, RegExp])[] = [
    ['GET', '/v1/nothing', undefined, 404, /^Invalid URL path/],
    ['GET', '/v1/health/service/', undefined, 400, /^Missing service name$/],
    ['GET', '/v1/catalog/node', undefined, 400, /^Missing node name$/],
    ['GET', '/v1/health/state/odd', undefined, 400, /invalid check state/],
    ['GET', '/v1/catalog/%zz', undefined, 400, /escape/],
    ['GET', '/v1/catalog/nodes?dc=moon', undefined, 500, /^No path to datacenter$/],
    ['GET', '/v1/catalog/nodes?index=x', undefined, 400, /^Invalid index$/],
    ['GET', '/v1/catalog/nodes?wait=x', undefined, 400, /^Invalid wait time$/],
    ['GET', '/v1/catalog/nodes?stale&consistent', undefined, 400, /conflicting semantics/],
    ['GET', '/v1/catalog/nodes?filter=Node%20==', undefined, 400, /expected a value at 8$/],
    ['POST', '/v1/catalog/nodes', undefined, 405, /^method POST not allowed$/],
    ['PUT', '/v1/catalog/register', '{', 400, /^Request decode failed: /],
    ['PUT', '/v1/catalog/register', '', 400, /^Request decode failed: /],
    ['PUT', '/v1/catalog/register', {}, 400, /^Must provide node and address$/],
    ['PUT', '/v1/catalog/register', { Node: 'x', Address: 7 }, 400, /Address: expected/],
    [
      'PUT',
      '/v1/catalog/register',
      { Node: 'x', Address: 'y', Check: { Name: 'c', ServiceID: 'no' } },
      400,
      /Missing service registration/,
    ],
    [
      'PUT',
      '/v1/catalog/register',
      { Node: 'x', Address: 'y', Check: { Name: 'c', Status: 'odd' } },
      400,
      /Check.Status/,
    ],
    ['PUT', '/v1/catalog/register', 'x'.repeat(1024 * 1024 + 1), 413, /too large/],
    ['PUT', '/v1/catalog/register', { Node: 'a\0', Address: 'y' }, 400, /^Node: must not hold/],
    ['PUT', '/v1/catalog/deregister', {}, 400, /^Must provide node$/],
    ['GET', '/v1/query/none/execute', undefined, 404, /^Query not found$/],
    ['DELETE', '/v1/query/none', undefined, 404, /no prepared query/],
    ['POST', '/v1/query', { Service: {} }, 400, /Must provide a Service name/],
    ['GET', '/v1/coordinate/node/nobody', undefined, 404, /^$/],
  ];
  for (const [method, path, body, status, words] of bad) {
    const got = await world.call(method, path, body);
    assert.equal(got.status, status, `${method} ${path}: ${got.text}`);
    assert.match(got.text, words, `${method} ${path}`);
  }
  const options = await world.call('OPTIONS', '/v1/query');
  assert.deepEqual([options.status, options.headers['allow']], [200, 'GET,POST']);
});

test('an answer tells its index, its leader, its age and how it was read', async () => {
  for (const [query, consistency] of [
    ['', 'leader'],
    ['?stale', 'stale'],
    ['?consistent=', 'consistent'],
  ] as const) {
    const { headers, index } = await world.get(`/v1/catalog/nodes${query}`);
    assert.ok(index >= 1);
    assert.equal(headers['x-consul-knownleader'], 'true');
    assert.equal(headers['x-consul-lastcontact'], '0');
    assert.equal(headers['x-consul-effective-consistency'], consistency);
  }
  const cached = await world.get('/v1/catalog/nodes?cached');
  assert.deepEqual([cached.headers['x-cache'], cached.headers['age']], ['HIT', '0']);
  const pretty = await world.get('/v1/catalog/datacenters?pretty');
  assert.equal(pretty.text, '[\n    "dc1"\n]\n');
});

test('the short way to the health of a service gives the answer of the long one', async () => {
  await offer('s1', { Service: 'Short' });
  await offer('s2', { Service: 'short' }, 'warning');
  for (const [short, long] of [
    ['', '?dc=dc1'],
    ['?passing', '?passing&dc=dc1'],
    ['?passing=1', '?passing=t'],
  ] as const) {
    const [a, b] = [
      await world.get(`/v1/health/service/short${short}`),
      await world.get(`/v1/health/service/short${long}`),
    ];
    const told = ({ headers }: Got): object => ({ ...headers, date: '' });
    assert.deepEqual([a.status, a.text, told(a)], [b.status, b.text, told(b)], short);
    assert.equal(rows(a).length, short === '' ? 2 : 1);
  }
});

test('a blocking read wakes for its change and for no other', async () => {
  await offer('b1', { Service: 'blocked' });
  const path = '/v1/health/service/blocked';
  const first = await world.get(path);
  const again = await world.get(`${path}?index=${first.index}&wait=20ms`);
  assert.equal(again.index, first.index);
  const waiting = asked(`${path}?index=${first.index}&wait=60000ms`);
  await until(() => parked() === 1, 'it waits');
  await offer('b2', { Service: 'other' });
  await offer('b1', { Service: 'neighbour' });
  await world.put('/v1/kv/unrelated', 'x');
  await offer('b1', { Service: 'blocked' });
  assert.equal(waiting.isIn(), false);
  await offer('b1', { Service: 'blocked' }, 'critical');
  const second = await waiting.got;
  assert.ok(second.index > first.index);
  assert.match(second.text, /"Status":"critical"/);
});

test('a read of what does not exist waits until it does', async () => {
  for (const [path, make] of [
    ['/v1/health/service/later', () => offer('l1', { Service: 'later' })],
    ['/v1/catalog/service/later2', () => offer('l1', { Service: 'later2' })],
    ['/v1/catalog/node/later3', () => offer('later3', { Service: 's' })],
    ['/v1/health/node/later4', () => offer('later4', { Service: 's' })],
    ['/v1/health/checks/later5', () => offer('l1', { Service: 'later5' })],
  ] as const) {
    const { index } = await world.get(path);
    assert.ok(index >= 1, path);
    const waiting = asked(`${path}?index=${index}&wait=1m`);
    await until(() => parked() === 1, `it waits: ${path}`);
    await make();
    assert.ok((await waiting.got).index > index, path);
  }
});

test('one who comes with an index of another log is answered at once', async () => {
  const now = await world.get('/v1/catalog/nodes');
  const got = await world.get('/v1/catalog/nodes?index=99999999&wait=10m');
  assert.equal(got.index, now.index);
});

test('prepared queries are made, read, carried out, explained, changed and deleted', async () => {
  await offer('q1', { Service: 'queried', Tags: ['v1'] });
  await offer('q2', { Service: 'queried', Tags: ['v2'] });
  await offer('q3', { Service: 'queried', Tags: ['v1'] }, 'critical');
  const body = { Name: 'find', Service: { Service: 'queried', Tags: ['v1'] }, DNS: { TTL: '10s' } };
  const made = await world.call('POST', '/v1/query', body);
  const { ID: id } = made.json as { readonly ID: string };
  const answer = await world.get('/v1/query/find/execute');
  const { Nodes: nodes, ...rest } = answer.json as Row & { readonly Nodes: readonly Row[] };
  assert.deepEqual(
    nodes.map((each) => (each['Node'] as Row)['Node']),
    ['q1'],
  );
  assert.deepEqual(rest, {
    ...{ Service: 'queried', DNS: { TTL: '10s' }, Datacenter: 'dc1', Failovers: 0 },
    ...{ LastContact: 0, KnownLeader: true },
  });
  const taken = await world.call('POST', '/v1/query', body);
  assert.deepEqual([taken.status, /named "find" already/.test(taken.text)], [500, true]);
  await world.put(`/v1/query/${id}`, { ...body, Service: { Service: 'queried' } });
  const both = (await world.get(`/v1/query/${id}/execute?limit=5`)).json;
  assert.equal((both as { readonly Nodes: readonly Row[] }).Nodes.length, 2);
  const one = (await world.get(`/v1/query/${id}/execute?limit=1`)).json;
  assert.equal((one as { readonly Nodes: readonly Row[] }).Nodes.length, 1);
  const template = {
    Name: 'geo-',
    Template: { Type: 'name_prefix_match', Regexp: '^geo-(.*)$' },
    Service: { Service: '${match(1)}' },
  };
  assert.equal((await world.call('POST', '/v1/query', template)).status, 200);
  const explained = (await world.get('/v1/query/geo-queried/explain')).json as Row;
  assert.equal(((explained['Query'] as Row)['Service'] as Row)['Service'], 'queried');
  assert.equal(rows(await world.get('/v1/query')).length, 2);
  assert.equal((await world.call('DELETE', `/v1/query/${id}`)).status, 200);
  assert.equal((await world.get(`/v1/query/${id}`)).status, 404);
});

test('coordinates are told and asked for, and put nearest first', async () => {
  for (const [node, x] of [
    ['c1', 0.5],
    ['c2', 0.1],
    [AGENT, 0],
  ] as const) {
    if (node !== AGENT) await offer(node, { Service: 'placed' });
    const coordinate = { Vec: [x, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 1e-5 };
    const told = await world.put('/v1/coordinate/update', { Node: node, Coord: coordinate });
    assert.equal(told.status, 200, told.text);
  }
  const near = rows(await world.get('/v1/catalog/service/placed?near=_agent'));
  assert.deepEqual(
    near.map((row) => row['Node']),
    ['c2', 'c1'],
  );
  assert.equal(rows(await world.get('/v1/coordinate/nodes')).length, 3);
  assert.equal(rows(await world.get('/v1/coordinate/node/c1')).length, 1);
  const [map] = rows(await world.get('/v1/coordinate/datacenters'));
  assert.equal(map?.['Datacenter'], 'dc1');
  const odd = await world.put('/v1/coordinate/update', {
    Node: 'c1',
    Coord: { Vec: Array(99).fill(1) },
  });
  assert.equal(odd.status, 400);
});

test('the servers tell who leads and how they fare', async () => {
  assert.equal((await world.get('/v1/status/leader')).json, '127.0.0.1:4647');
  assert.deepEqual((await world.get('/v1/status/peers')).json, ['127.0.0.1:4647']);
  const raft = (await world.get('/v1/operator/raft/configuration')).json as Row;
  assert.equal((raft['Servers'] as readonly Row[])[0]?.['Leader'], true);
  assert.equal(((await world.get('/v1/operator/autopilot/health')).json as Row)['Healthy'], true);
  const state = (await world.get('/v1/operator/autopilot/state')).json as Row;
  const [server] = raft['Servers'] as readonly Row[];
  assert.deepEqual([state['Leader'], state['Voters']], [server?.['ID'], [server?.['ID']]]);
  const own = (state['Servers'] as Readonly<Record<string, Row>>)[String(state['Leader'])];
  assert.deepEqual([own?.['Status'], own?.['Name'], own?.['LastContact']], ['leader', AGENT, '0s']);
  assert.ok(Number(own?.['LastIndex']) > 0);
  const usage = (await world.get('/v1/operator/usage')).json as { readonly Usage: Row };
  assert.ok((usage.Usage['dc1'] as Row)['Nodes']);
});

test('how servers are looked after is told, and cannot be changed', async () => {
  const path = '/v1/operator/autopilot/configuration';
  const told = (await world.get(path)).json as Row;
  const rows: readonly [query: string, body: Row, status: number, text: RegExp][] = [
    ['', told, 200, /^true$/],
    ['', { MinQuorum: 0 }, 200, /^true$/],
    ['?cas=1', { ...told, LastContactThreshold: '200ms' }, 200, /^true$/],
    ['?cas=9', { ...told, CleanupDeadServers: false }, 200, /^false$/],
    ['', { ...told, CleanupDeadServers: false }, 501, /cannot change CleanupDeadServers:/],
    ['', { MinQuorum: 3, UpgradeVersionTag: 'v' }, 501, /MinQuorum, UpgradeVersionTag:/],
    ['', { LastContactThreshold: 'soon' }, 400, /LastContactThreshold/],
  ];
  for (const [query, body, status, text] of rows) {
    const answer = await world.put(`${path}${query}`, body);
    assert.equal(answer.status, status, JSON.stringify(body));
    assert.match(answer.text.trim(), text);
  }
  assert.deepEqual((await world.get(path)).json, told);
});

test('every read that is listed is answered, whatever is asked of it', async () => {
  const mounted = CONSUL_ROUTES.filter(
    ({ method, path, answers }) =>
      method === 'GET' &&
      answers === 'json' &&
      /^\/v1\/(?:catalog|health|coordinate|query)/.test(path),
  );
  assert.ok(mounted.length > 15);
  for (const { path } of mounted) {
    const at = path.replace(/[:*]\w+/g, 'any');
    const { status, text } = await world.get(at);
    assert.ok([200, 404].includes(status), `${at}: ${status} ${text}`);
  }
});
