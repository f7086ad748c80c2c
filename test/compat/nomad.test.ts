import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import type { Json } from '../../src/base/json.ts';
import { decodeJob } from '../../src/api/nomad/job-codec.ts';
import type { JobDraft } from '../../src/core/model/job.ts';
import { NOMAD_ROUTES } from '../../src/api/nomad/all-routes.ts';
import * as jobRoutes from '../../src/api/nomad/job-routes.ts';
import type { HttpIncoming } from '../../src/ports/http.ts';
import { HttpWorld, until } from '../http-world.ts';
import { mismatches } from './match.ts';
import type { Case, Ids } from './case.ts';
import { NOMAD_CASES } from './nomad-cases.ts';
import { WEB } from './shapes.ts';

let world: HttpWorld;
let ids: Ids;

before(async () => {
  world = await HttpWorld.start();
  const { evalId } = await world.api.call(jobRoutes.registerJob, {
    body: { job: draftOf(WEB), ...NO_CHECKS },
  });
  const params = { id: 'web' };
  await until(async () => {
    const deployment = await world.api.call(jobRoutes.jobDeployment, { params });
    return deployment?.status === 'successful';
  }, 'web is deployed');
  const [alloc] = await world.api.call(jobRoutes.jobAllocs, { params });
  const deployment = await world.api.call(jobRoutes.jobDeployment, { params });
  assert.ok(alloc && deployment && evalId);
  world.print(alloc.id, 't', 'hello\n');
  ids = { node: world.nodeId, alloc: alloc.id, evaluation: evalId, deployment: deployment.id };
});
after(async () => {
  await world.stop();
});

const NO_CHECKS = {
  enforceIndex: false,
  jobModifyIndex: 0 as Index,
  preserveCounts: false,
  evalPriority: 0,
};

function draftOf(json: Json): JobDraft {
  const draft = decodeJob(json);
  assert.ok('id' in draft);
  return draft;
}

test('every endpoint has a case, and every case an endpoint', () => {
  const routes = new Set(NOMAD_ROUTES.map((route) => route.name));
  const cases = new Set(NOMAD_CASES.map((one) => one.route));
  assert.deepEqual(
    [...routes].filter((name) => !cases.has(name)),
    [],
  );
  assert.deepEqual(
    [...cases].filter((name) => !routes.has(name)),
    [],
  );
});

for (const one of NOMAD_CASES) {
  test(`${one.route}${one.shows === undefined ? '' : `: ${one.shows}`}`, async () => {
    const stop = new AbortController();
    const answer = await send(one, stop.signal);
    const text = one.stream === true ? await firstLine(answer) : await textOf(answer);
    stop.abort();
    assert.equal(answer.status, one.status ?? 200, text);
    if (one.text !== undefined) assert.match(text, one.text);
    if (one.indexed === true) assertIndexed(answer);
    if (one.answer !== undefined) {
      assert.deepEqual(mismatches(JSON.parse(text) as Json, one.answer), [], text.slice(0, 2000));
    }
  });
}

function send(one: Case, signal: AbortSignal): Promise<HttpIncoming> {
  const route = NOMAD_ROUTES.find(({ name }) => name === one.route);
  assert.ok(route);
  const method = one.method ?? route.method;
  assert.ok([route.method, ...route.also].includes(method as typeof route.method), method);
  const body = one.body === undefined ? {} : { body: JSON.stringify(one.body) };
  return world.http.send({ method, path: one.path(ids), headers: {}, ...body }, signal);
}

function assertIndexed({ headers }: HttpIncoming): void {
  assert.match(headers['x-nomad-index'] ?? '', /^[1-9]\d*$/);
  assert.equal(headers['x-nomad-lastcontact'], '0');
  assert.equal(headers['x-nomad-knownleader'], 'true');
}

async function textOf(answer: HttpIncoming): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of answer.body) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

async function firstLine(answer: HttpIncoming): Promise<string> {
  let text = '';
  for await (const chunk of answer.body) {
    text += Buffer.from(chunk).toString('utf8');
    const lines = text.split('\n').slice(0, -1);
    const first = lines.find((line) => line !== '{}' && line !== '');
    if (first !== undefined) return first;
  }
  return text;
}
