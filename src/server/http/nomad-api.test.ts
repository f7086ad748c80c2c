import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import type { Index } from '../../base/brand.ts';
import * as allocRoutes from '../../api/nomad/alloc-routes.ts';
import * as clientRoutes from '../../api/nomad/client-routes.ts';
import * as clusterRoutes from '../../api/nomad/cluster-routes.ts';
import { NOMAD_ROUTES } from '../../api/nomad/all-routes.ts';
import * as jobRoutes from '../../api/nomad/job-routes.ts';
import type { JobDraft } from '../../core/model/job.ts';
import { isIssues } from '../../api/codec/issue.ts';
import { decodeJob } from '../../api/nomad/job-codec.ts';
import { HttpWorld, until } from '../../../test/http-world.ts';

let world: HttpWorld;
before(async () => {
  world = await HttpWorld.start();
});
after(async () => {
  await world.stop();
});

function jobOf(id: string, count = 1, more: object = {}): JobDraft {
  const job = decodeJob({
    ID: id,
    Datacenters: ['dc1'],
    TaskGroups: [
      {
        Name: 'g',
        Count: count,
        Tasks: [{ Name: 't', Driver: 'raw_exec', Config: { command: 'x' }, ...more }],
      },
    ],
  });
  assert.ok(!isIssues(job));
  return job;
}

const body = (job: JobDraft): Parameters<typeof register>[0] => ({ job });

async function register(input: { job: JobDraft; ifIndex?: number }): Promise<number> {
  const { job, ifIndex } = input;
  const reply = await world.api.call(jobRoutes.registerJob, {
    body: {
      ...{ job, preserveCounts: false, evalPriority: 0 },
      ...{ enforceIndex: ifIndex !== undefined, jobModifyIndex: (ifIndex ?? 0) as Index },
    },
  });
  return reply.jobModifyIndex;
}

async function runningAllocs(id: string, count: number): Promise<readonly string[]> {
  let ids: readonly string[] = [];
  await until(
    async () => {
      const allocs = await world.api.call(jobRoutes.jobAllocs, { params: { id } });
      const running = allocs.filter((one) => one.clientStatus === 'running');
      ids = running.filter((one) => one.desiredStatus === 'run').map((one) => one.id);
      return ids.length === count;
    },
    () => `${count} of ${id} run: ${world.lines.join('; ')}`,
  );
  return ids;
}

test('a job goes in, runs, is read, changed and stopped', async () => {
  await register(body(jobOf('web')));
  const [id] = await runningAllocs('web', 1);
  assert.ok(id);
  const { alloc, job } = await world.api.call(allocRoutes.readAlloc, { params: { id } });
  assert.equal(alloc.jobId, 'web');
  assert.equal(job?.id, 'web');
  assert.ok(alloc.taskStates['t']?.events.some((event) => event.type === 'Started'));
  await register(body(jobOf('web', 3)));
  await runningAllocs('web', 3);
  const versions = await world.api.call(jobRoutes.jobVersions, {
    params: { id: 'web' },
    query: { diffs: true },
  });
  assert.deepEqual(
    versions.versions.map((one) => one.version),
    [1, 0],
  );
  assert.equal(versions.diffs[0]?.TaskGroups?.[0]?.Fields?.[0]?.Name, 'Count');
  await world.api.call(jobRoutes.stopJob, { params: { id: 'web' } });
  await runningAllocs('web', 0);
});

test('a file that is too large is not kept with its job, and its author told so', async () => {
  for (const [length, warns] of [
    [1000, false],
    [1001, true],
  ] as const) {
    const id = `of-${length}`;
    const source = 'x'.repeat(length);
    const submission = { source, format: 'hcl2', variableFlags: {}, variables: '' };
    const { warnings } = await world.api.call(jobRoutes.registerJob, {
      body: {
        ...{ job: jobOf(id), preserveCounts: false, evalPriority: 0, submission },
        ...{ enforceIndex: false, jobModifyIndex: 0 as Index },
      },
    });
    assert.equal(/exceeds maximum of 1000 B and will be discarded/.test(warnings), warns);
    const reading = world.api.call(jobRoutes.readSubmission, {
      params: { id },
      query: { version: 0 },
    });
    if (warns) await assert.rejects(reading, { fault: 'not_found' });
    else assert.equal((await reading).source, source);
  }
});

test('a blocking read wakes for its change and for no other', async () => {
  await register(body(jobOf('blocked-1')));
  const first = await world.api.tell(jobRoutes.readJob, { params: { id: 'blocked-1' } });
  let answered = false;
  const waiting = world.api
    .tell(jobRoutes.readJob, {
      params: { id: 'blocked-1' },
      query: { index: first.index + 100, waitMs: 60_000 },
    })
    .then((told) => {
      answered = true;
      return told;
    });
  await register(body(jobOf('blocked-2')));
  await runningAllocs('blocked-2', 1);
  assert.equal(answered, false);
  // Enough changes of its own to pass the index that was asked for.
  let index = first.index as number;
  for (let priority = 51; index <= first.index + 100; priority++) {
    index = await register(body({ ...jobOf('blocked-1'), priority: (priority % 100) + 1 }));
  }
  const told = await waiting;
  assert.ok(told.index > first.index + 100);
});

test('a wait that is over answers with the index as it is', async () => {
  const first = await world.api.tell(jobRoutes.listJobs);
  const again = await world.api.tell(jobRoutes.listJobs, {
    query: { index: first.index + 1000, waitMs: 50 },
  });
  assert.ok(again.index >= first.index);
  assert.equal(again.knownLeader, true);
});

test('a stale index is refused in the words that clients look for', async () => {
  const index = await register(body(jobOf('checked')));
  for (const [job, ifIndex, message] of [
    [
      jobOf('checked', 2),
      1,
      `Enforcing job modify index 1: job exists with conflicting job modify index: ${index}`,
    ],
    [jobOf('checked', 2), 0, 'Enforcing job modify index 0: job already exists'],
    [jobOf('unheard-of'), 9, 'Enforcing job modify index 9: job does not exist'],
  ] as const) {
    await assert.rejects(register({ job, ifIndex }), { message });
  }
  await register({ job: jobOf('checked', 2), ifIndex: index });
});

test('a plan changes nothing and tells the difference', async () => {
  await register(body(jobOf('planned')));
  await runningAllocs('planned', 1);
  const before = await world.api.tell(jobRoutes.readJob, { params: { id: 'planned' } });
  const plan = await world.api.call(jobRoutes.planJob, {
    params: { id: 'planned' },
    body: { job: jobOf('planned', 4), diff: true },
  });
  assert.equal(plan.diff?.Type, 'Edited');
  assert.equal(plan.annotations?.desired['g']?.place, 3);
  assert.equal(plan.jobModifyIndex, before.value.jobModifyIndex);
  const huge = await world.api.call(jobRoutes.planJob, {
    params: { id: 'planned' },
    body: { job: jobOf('planned', 1, { Resources: { CPU: 10, MemoryMB: 900_000 } }), diff: true },
  });
  assert.equal(huge.failedGroups['g']?.dimensionExhausted['memory'], 1);
  const after = await world.api.tell(jobRoutes.readJob, { params: { id: 'planned' } });
  assert.equal(after.index, before.index);
});

test('output is told whole, followed, plain and in frames', async () => {
  await register(body(jobOf('loud')));
  const [id] = await runningAllocs('loud', 1);
  assert.ok(id);
  world.print(id, 't', 'one\n');
  const plain = await world.api.bytes(clientRoutes.taskLogs, {
    params: { id },
    query: { task: 't', plain: true },
  });
  assert.equal(await textOf(plain), 'one\n');
  const stop = new AbortController();
  const frames = world.api.lines(
    clientRoutes.taskLogs,
    { params: { id }, query: { task: 't', follow: true } },
    stop.signal,
  );
  let got = '';
  for await (const frame of frames) {
    got += new TextDecoder().decode(frame.bytes);
    if (got === 'one\n') world.print(id, 't', 'two\n');
    if (got === 'one\ntwo\n') break;
  }
  stop.abort();
  await assert.rejects(
    world.api.bytes(clientRoutes.taskLogs, {
      params: { id },
      query: { task: 'nope', plain: true },
    }),
    (error: unknown) => error instanceof Failure,
  );
});

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

test('a command runs inside a task over a WebSocket', async () => {
  await register(body(jobOf('shell')));
  const [id] = await runningAllocs('shell', 1);
  assert.ok(id);
  const socket = await world.api.socket(clientRoutes.execAlloc, {
    params: { id },
    query: { task: 't', command: '["sh","-c"]', tty: true },
  });
  const said: string[] = [];
  await socket.send(JSON.stringify({ stdin: { data: Buffer.from('hi\n').toString('base64') } }));
  await socket.send(JSON.stringify({ tty_size: { height: 24, width: 80 } }));
  for await (const message of socket.messages) {
    said.push(message);
    if (said.length === 3) {
      await socket.send(
        JSON.stringify({ stdin: { data: Buffer.from('exit 3').toString('base64') } }),
      );
    }
  }
  const b64 = (text: string): string => Buffer.from(text).toString('base64');
  assert.deepEqual(said, [
    `{"stderr":{"data":"${b64('$ sh -c (tty)\n')}"}}`,
    `{"stdout":{"data":"${b64('hi\n')}"}}`,
    `{"stdout":{"data":"${b64('80x24\n')}"}}`,
    '{"exited":true,"result":{"exit_code":3}}',
  ]);
  await assert.rejects(
    world.api.socket(clientRoutes.execAlloc, {
      params: { id: 'none' },
      query: { command: '["a"]' },
    }),
    { message: 'Unknown allocation "none"' },
  );
});

test('events of topics are streamed as they happen', async () => {
  const stop = new AbortController();
  const stream = world.api.lines(
    clusterRoutes.eventStream,
    { query: { topics: ['Job:eventful', 'Allocation:eventful'] } },
    stop.signal,
  );
  const seen = (async (): Promise<readonly string[]> => {
    const got: string[] = [];
    for await (const { events } of stream) {
      got.push(...events.map((event) => `${event.topic} ${event.type}`));
      if (got.some((one) => one.includes('AllocationUpdated'))) break;
    }
    return got;
  })();
  // The stream begins with what happens after it was asked for, whenever that was.
  const resend = setInterval(() => {
    register(body(jobOf('eventful', (Date.now() % 7) + 1))).catch(() => undefined);
  }, 200);
  const got = await seen;
  clearInterval(resend);
  stop.abort();
  assert.ok(got.includes('Job JobRegistered'), got.join());
  assert.ok(got.includes('Allocation PlanResult'), got.join());
});

test('lists are filtered, ordered and paged', async () => {
  for (const id of ['page-a', 'page-b', 'page-c']) await register(body(jobOf(id)));
  const query = { prefix: 'page-', perPage: 2 };
  const first = await world.api.tell(jobRoutes.listJobs, { query });
  assert.deepEqual(
    first.value.map((job) => job.id),
    ['page-a', 'page-b'],
  );
  assert.equal(first.nextToken, 'page-c');
  const second = await world.api.tell(jobRoutes.listJobs, {
    query: { ...query, nextToken: first.nextToken },
  });
  assert.deepEqual(
    second.value.map((job) => job.id),
    ['page-c'],
  );
  assert.equal(second.nextToken, undefined);
  const reverse = await world.api.call(jobRoutes.listJobs, {
    query: { prefix: 'page-', reverse: true, filter: 'ID != "page-b"' },
  });
  assert.deepEqual(
    reverse.map((job) => job.id),
    ['page-c', 'page-a'],
  );
  await assert.rejects(world.api.call(jobRoutes.listJobs, { query: { filter: 'ID ==' } }), {
    message: 'failed to read filter expression: expected a value at 6',
  });
});

test('mistakes are answered with their place, and change nothing', async () => {
  for (const [method, path, sent, status, expected] of [
    ['GET', '/v1/nowhere', undefined, 404, /page not found/],
    ['PATCH', '/v1/jobs', undefined, 405, /Invalid method/],
    ['DELETE', '/v1/jobs', undefined, 405, /Invalid method/],
    ['PUT', '/v1/jobs', '', 400, /request body is empty/],
    ['PUT', '/v1/jobs', '{', 400, /request body is not JSON/],
    ['PUT', '/v1/jobs', '\xff', 400, /request body is not JSON/],
    ['PUT', '/v1/jobs', '[]', 400, /expected an object, got a list/],
    ['PUT', '/v1/jobs', '{}', 400, /Job.ID: is missing/],
    [
      'PUT',
      '/v1/jobs',
      '{"Job":{"ID":"x","TaskGroups":[{"Count":"x"}]}}',
      400,
      /^Job.TaskGroups\[0\].Count: expected a number, got "x"$/,
    ],
    ['PUT', '/v1/jobs', '{"Job":{"ID":"x","Region":"mars"}}', 400, /no path to region "mars"/],
    ['PUT', '/v1/jobs', '{"Job":{"ID":"x","Namespace":"n"}}', 400, /no namespace "n"/],
    ['PUT', '/v1/jobs', '{"Job":{"ID":"x"}}', 400, /error/],
    ['PUT', '/v1/job/y', '{"Job":{"ID":"x"}}', 400, /Job ID does not match/],
    ['GET', '/v1/job/x', undefined, 404, /^job not found$/],
    ['GET', '/v1/job/x?region=global', undefined, 404, /^job not found$/],
    ['GET', '/v1/jobs?region=mars', undefined, 500, /^No path to region$/],
    ['GET', '/v1/status/leader?region=mars', undefined, 500, /^No path to region$/],
    ['GET', '/v1/operator/rebalance?gain=x', undefined, 400, /\?gain: expected a number above 0/],
    ['PUT', '/v1/operator/simulate', '{"DrainNodes":["x"]}', 404, /node "x" not found/],
    ['PUT', '/v1/operator/simulate', '{"StopJobs":["x"]}', 404, /job "x" not found/],
    ['PUT', '/v1/operator/simulate', '{"AddNodes":[{"Count":0}]}', 400, /Count must be 1/],
    ['PUT', '/v1/operator/simulate', '{"AddNodes":[{"Count":99999}]}', 400, /at most 10000 nodes/],
    ['GET', '/v1/jobs?index=x', undefined, 400, /\?index: expected a whole number/],
    ['GET', '/v1/allocation/x', undefined, 404, /^alloc not found$/],
    ['GET', '/v1/node/x', undefined, 404, /^node not found$/],
    ['GET', '/v1/evaluation/x', undefined, 404, /^eval not found$/],
    ['GET', '/v1/deployment/x', undefined, 404, /^deployment not found$/],
    ['GET', '/v1/job/x/versions', undefined, 404, /^job versions not found$/],
    ['GET', '/v1/client/allocation/x/stats', undefined, 404, /Unknown allocation "x"/],
    ['GET', '/v1/client/stats?node_id=x', undefined, 503, /No path to node/],
    ['PUT', '/v1/node/x/eligibility', '{"Eligibility":"maybe"}', 400, /"eligible" or "ineligible"/],
    ['PUT', '/v1/jobs/parse', '{"JobHCL":"job \\"x\\" {\\n cuont = 3\\n}"}', 400, /input.hcl:2/],
    [
      'PUT',
      '/v1/operator/scheduler/configuration',
      '{"SchedulerAlgorithm":"magic"}',
      400,
      /"binpack" or "spread"/,
    ],
  ] as const) {
    const answer = await world.http.send({
      method,
      path,
      headers: {},
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await textOf(answer.body);
    assert.equal(answer.status, status, `${method} ${path}: ${text}`);
    assert.match(text.trim(), expected, `${method} ${path}`);
  }
  assert.equal((await world.api.call(jobRoutes.listJobs, { query: { prefix: 'x' } })).length, 0);
});

test('a job whose id holds slashes and more is found under every path', async () => {
  const id = 'team+ä/web';
  await register(body(jobOf(id)));
  await runningAllocs(id, 1);
  for (const path of ['/v1/job/team+%C3%A4/web/summary', '/v1/job/team%2B%C3%A4%2Fweb/summary']) {
    const answer = await world.http.send({ method: 'GET', path, headers: {} });
    assert.equal(answer.status, 200, path);
    assert.equal((JSON.parse(await textOf(answer.body)) as { JobID: string }).JobID, id);
  }
  await world.api.call(jobRoutes.stopJob, { params: { id }, query: { purge: true } });
  await until(async () => {
    const answer = await world.http.send({
      method: 'GET',
      path: '/v1/job/team+%C3%A4/web',
      headers: {},
    });
    await textOf(answer.body);
    return answer.status === 404;
  }, 'it is forgotten');
});

test('pretty answers are indented', async () => {
  const answer = await world.http.send({ method: 'GET', path: '/v1/regions?pretty', headers: {} });
  assert.equal(await textOf(answer.body), '[\n    "global"\n]\n');
});

test('every route has its own name and is mounted', async () => {
  const names = NOMAD_ROUTES.map((route) => route.name);
  assert.equal(new Set(names).size, names.length);
  for (const route of NOMAD_ROUTES) {
    const path = route.path.replace(/:[a-z]+/gi, 'x');
    const answer = await world.http.send({ method: 'PATCH', path, headers: {} });
    await textOf(answer.body);
    assert.equal(answer.status, 405, route.path);
    assert.match(String(answer.headers['allow']), new RegExp(route.method), route.name);
  }
});
