import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { askDependency } from '../../api/template-answers.ts';
import { NAMESPACE_SERVICES } from '../../api/nomad/service-routes.ts';
import * as services from '../../api/nomad/service-routes.ts';
import * as vars from '../../api/nomad/variable-routes.ts';
import { isIssues } from '../../api/codec/issue.ts';
import { decodeJob } from '../../api/nomad/job-codec.ts';
import { registerJob } from '../../api/nomad/job-routes.ts';
import { listAllocs } from '../../api/nomad/alloc-routes.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Dependency } from '../../core/template/dependency.ts';
import type { AllocId, Namespace } from '../../core/model/ids.ts';
import type { Variable } from '../../core/model/variable.ts';
import { machine, offer } from '../../../test/catalog-world.ts';
import { HttpWorld, until } from '../../../test/http-world.ts';

let world: HttpWorld;
before(async () => {
  world = await HttpWorld.start();
});
after(async () => {
  await world.stop();
});

const url = (path: string): string => `http://127.0.0.1:${world.port}${path}`;

async function put(path: string, body: unknown): Promise<Response> {
  return fetch(url(path), { method: 'PUT', body: JSON.stringify(body) });
}

test('a variable is written, read, listed and deleted', async () => {
  const made = await put('/v1/var/app/db', { Items: { user: 'u', 'a.b': 'ä' } });
  assert.equal(made.status, 200);
  const variable = (await made.json()) as Record<string, unknown>;
  assert.deepEqual(variable['Items'], { user: 'u', 'a.b': 'ä' });
  assert.deepEqual([variable['Namespace'], variable['Path']], ['default', 'app/db']);
  assert.equal(variable['CreateIndex'], variable['ModifyIndex']);
  const read = await world.api.tell(vars.readVariable, { params: { path: 'app/db' } });
  assert.deepEqual(read.value.items, { user: 'u', 'a.b': 'ä' });
  assert.equal(read.index, read.value.modifyIndex);
  await put('/v1/var/app/web', { Items: { a: '1' } });
  await put('/v1/var/other?namespace=team', { Items: { a: '1' } });
  const list = async (query: string): Promise<string> => {
    const rows = (await (await fetch(url(`/v1/vars${query}`))).json()) as Record<string, unknown>[];
    assert.ok(rows.every((row) => !('Items' in row)));
    return rows.map((row) => `${String(row['Namespace'])}:${String(row['Path'])}`).join(' ');
  };
  assert.equal(await list('?prefix=app/'), 'default:app/db default:app/web');
  assert.equal(await list('?namespace=*'), 'default:app/db default:app/web team:other');
  assert.equal(await list('?per_page=1&prefix=app'), 'default:app/db');
  const filter = encodeURIComponent('Path == "app/web"');
  assert.equal(await list(`?filter=${filter}`), 'default:app/web');
  const gone = await fetch(url('/v1/var/app/web'), { method: 'DELETE' });
  assert.deepEqual([gone.status, await gone.text()], [204, '']);
  const none = await fetch(url('/v1/var/app/web'));
  assert.deepEqual([none.status, await none.text()], [404, 'variable not found']);
  assert.ok(Number(none.headers.get('x-nomad-index')) > read.index);
});

test('a condition that does not hold is answered with what is there', async () => {
  const first = (await (await put('/v1/var/cas?cas=0', { Items: { n: '1' } })).json()) as {
    readonly ModifyIndex: number;
  };
  for (const [method, path] of [
    ['PUT', '/v1/var/cas?cas=0'],
    ['PUT', `/v1/var/cas?cas=${first.ModifyIndex + 1}`],
    ['DELETE', '/v1/var/cas?cas=1'],
  ]) {
    const body = method === 'PUT' ? { body: JSON.stringify({ Items: { n: '2' } }) } : {};
    const told = await fetch(url(path ?? ''), { method: method ?? '', ...body });
    assert.equal(told.status, 409, path);
    const present = (await told.json()) as { readonly Items: object; readonly ModifyIndex: number };
    assert.deepEqual(present.Items, { n: '1' });
    assert.equal(present.ModifyIndex, first.ModifyIndex);
  }
  const next = await put(`/v1/var/cas?cas=${first.ModifyIndex}`, { Items: { n: '2' } });
  assert.equal(next.status, 200);
  const absent = await fetch(url('/v1/var/absent?cas=3'), { method: 'DELETE' });
  assert.equal(absent.status, 409);
});

test('what no variable may be is refused', async () => {
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['/v1/var/a', {}, /missing required Items/],
    ['/v1/var/a.b', { Items: { a: '1' } }, /invalid path/],
    ['/v1/var/nomad/x', { Items: { a: '1' } }, /reserved/],
    ['/v1/var/', { Items: { a: '1' } }, /missing variable path/],
    ['/v1/var/a', { Path: 'b', Items: { a: '1' } }, /the path in the body is "b"/],
    ['/v1/var/a', { Items: { a: 'x'.repeat(65_536) } }, /64KiB/],
    ['/v1/var/a?namespace=*', { Items: { a: '1' } }, /wildcard/],
    ['/v1/var/a?cas=x', { Items: { a: '1' } }, /cas/],
    ['/v1/var/a', { Items: { a: 1 } }, /Items/],
  ];
  const lock = await put('/v1/var/a?lock-acquire', { Items: { a: '1' } });
  assert.equal(lock.status, 501);
  for (const [path, body, expected] of rows) {
    const told = await put(path, body);
    assert.equal(told.status, 400, path);
    assert.match(await told.text(), expected);
  }
});

test('a read waits for its variable, and for no other', async () => {
  const input = { params: { path: 'wait/for' } };
  const before = await world.api.tell(vars.readVariable, input).catch((error: unknown) => {
    assert.ok(error instanceof Failure);
    return { index: Number(error.facts['index']) as Index };
  });
  const query = { index: before.index, waitMs: 60_000 };
  const waiting = world.api.tell(vars.readVariable, { ...input, query });
  await put('/v1/var/wait/other', { Items: { a: '1' } });
  await put('/v1/var/wait/for', { Items: { a: '2' } });
  assert.deepEqual((await waiting).value.items, { a: '2' });
});

test('templates read variables and services of jobs', async () => {
  const job = decodeJob({
    ID: 'named',
    Datacenters: ['dc1'],
    TaskGroups: [{ Name: 'g', Tasks: [{ Name: 't', Driver: 'raw_exec', Config: {} }] }],
  });
  assert.ok(!isIssues(job));
  const more = { enforceIndex: false, jobModifyIndex: 0 as Index, preserveCounts: false };
  await world.api.call(registerJob, { body: { job, ...more, evalPriority: 0 } });
  let allocId = '' as AllocId;
  await until(async () => {
    const all = await world.api.call(listAllocs, {});
    const running = all.find((one) => one.jobId === 'named' && one.clientStatus === 'running');
    if (running !== undefined) allocId = running.id;
    return running !== undefined;
  }, 'the job does not run');
  const catalog = world.server.operations.catalog;
  const web = offer('web', { id: 'w1', address: '10.0.0.9', tags: ['v1'], allocId });
  await catalog.register({
    node: machine('m'),
    skipNodeUpdate: false,
    services: [
      { ...web, provider: 'nomad' },
      { ...web, id: 'c1' },
    ],
    checks: [],
  });
  const ask = (dependency: Dependency): Promise<unknown> =>
    askDependency(world.api.with({ namespace: 'default' }), dependency, 0).then((r) => r.value);
  const instances = (await ask({ kind: 'nomad.service', name: 'web' })) as { id: string }[];
  assert.deepEqual(
    instances.map(({ id, ...rest }) => ({ id, ...rest })),
    [
      {
        ...{ id: 'w1', name: 'web', node: world.nodeId, address: '10.0.0.9', port: 80 },
        ...{ datacenter: 'dc1', tags: ['v1'], jobId: 'named', allocId },
      },
    ],
  );
  assert.deepEqual(await ask({ kind: 'nomad.service', name: 'web', tag: 'v2' }), []);
  assert.deepEqual(await ask({ kind: 'nomad.services' }), [{ name: 'web', tags: ['v1'] }]);
  await put('/v1/var/nomad/jobs/named', { Items: { max: '15' } });
  const variable = (await ask({ kind: 'nomad.var', path: 'nomad/jobs/named' })) as Variable;
  assert.deepEqual(variable.items, { max: '15' });
  assert.equal(await ask({ kind: 'nomad.var', path: 'nomad/jobs/none' }), undefined);
  const elsewhere = { kind: 'nomad.var', path: 'nomad/jobs/named', namespace: 'team' } as const;
  assert.equal(await ask(elsewhere), undefined);
  const listed = (await ask({ kind: 'nomad.var.list', prefix: 'nomad/' })) as { path: string }[];
  assert.deepEqual(
    listed.map(({ path }) => path),
    ['nomad/jobs/named'],
  );

  const told = await world.api.call(services.listNamedServices, { query: { namespace: '*' } });
  assert.equal(told[0]?.namespace, 'default' as Namespace);
  assert.ok(NAMESPACE_SERVICES.encode(told[0], 'full')['Services'] !== undefined);
  const ofJob = await world.api.call(services.jobServices, { params: { id: 'named' } });
  assert.deepEqual([ofJob.length, ofJob[0]?.id], [1, 'w1']);
  const ofAlloc = await world.api.call(services.allocServices, { params: { id: allocId } });
  assert.equal(ofAlloc.length, 1);
  const params = { name: 'web', id: 'w1' };
  await world.api.call(services.deleteRegistration, { params });
  assert.deepEqual(await ask({ kind: 'nomad.service', name: 'web' }), []);
  await assert.rejects(world.api.call(services.deleteRegistration, { params }), Failure);
  const choose = { params: { name: 'web' }, query: { choose: 'x' } };
  await assert.rejects(world.api.call(services.readNamedService, choose), /choose must be/);
});
