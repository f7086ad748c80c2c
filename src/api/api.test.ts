import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import { Api, type ApiOptions, type WireRequest } from './api.ts';
import { streamFile } from './nomad/client-routes.ts';
import { listRegions, statusLeader } from './nomad/cluster-routes.ts';
import { drainNode } from './nomad/node-routes.ts';
import { jobAllocs, jobDeployment, listJobs, readJob } from './nomad/job-routes.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Pieces of the body, to be cut anywhere. */
  readonly body: readonly string[];
}

async function* bytesOf(pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(new TextEncoder().encode(piece));
}

function agent(answer: Answer, options: ApiOptions = {}): { api: Api; sent: WireRequest[] } {
  const sent: WireRequest[] = [];
  const api = new Api(options, {
    send: (request) => {
      sent.push(request);
      const { status = 200, headers = {}, body } = answer;
      return Promise.resolve({ status, headers, body: bytesOf(body) });
    },
  });
  return { api, sent };
}

test('a call becomes a request', async () => {
  const { api, sent } = agent({ body: ['[]'] }, { token: 't', namespace: 'n' });
  await api.call(listJobs, { query: { prefix: 'a b', index: 7, waitMs: 1000, region: 'r' } });
  await api.with({ namespace: '*' }).call(jobAllocs, { params: { id: 'x/y' } });
  assert.deepEqual(sent, [
    {
      method: 'GET',
      path: '/v1/jobs?prefix=a%20b&namespace=n&region=r&index=7&wait=1s',
      headers: { 'X-Nomad-Token': 't' },
    },
    {
      method: 'GET',
      path: '/v1/job/x%2Fy/allocations?namespace=*',
      headers: { 'X-Nomad-Token': 't' },
    },
  ]);
});

test('a body is written in the names of the wire', async () => {
  const { api, sent } = agent({ body: ['{"NodeModifyIndex":3}'] });
  const body = {
    drain: { deadlineMs: 1500, ignoreSystemJobs: true },
    markEligible: false,
    meta: {},
  };
  const reply = await api.call(drainNode, { params: { id: 'n' }, body });
  assert.equal(reply.nodeModifyIndex, 3);
  assert.deepEqual(JSON.parse(String(sent[0]?.body)), {
    DrainSpec: { Deadline: 1.5e9, IgnoreSystemJobs: true },
    MarkEligible: false,
    Meta: null,
  });
});

test('headers are told, and null is an empty list, or nothing', async () => {
  const headers = {
    'x-nomad-index': '12',
    'x-nomad-lastcontact': '3',
    'x-nomad-knownleader': 'false',
    'x-nomad-nexttoken': 'abc',
  };
  const { api } = agent({ headers, body: ['null'] });
  assert.deepEqual(await api.tell(listJobs), {
    value: [],
    index: 12,
    exactIndex: '12',
    lastContactMs: 3,
    knownLeader: false,
    nextToken: 'abc',
  });
  assert.equal(await api.call(jobDeployment, { params: { id: 'x' } }), undefined);
});

test('failures carry the text, the fault and the status', async () => {
  for (const [status, body, fault, message] of [
    [404, 'job not found\n', 'not_found', 'job not found'],
    [400, 'Job.ID: is missing', 'invalid', 'Job.ID: is missing'],
    [409, 'Enforcing', 'conflict', 'Enforcing'],
    [502, '', 'internal', 'unexpected response code: 502'],
    [418, 'tea', 'invalid', 'tea'],
  ] as const) {
    const { api } = agent({ status, body: [body] });
    await assert.rejects(api.call(readJob, { params: { id: 'x' } }), (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.deepEqual(
        [error.fault, error.message, error.facts['status']],
        [fault, message, status],
      );
      return true;
    });
  }
});

test('an answer that is not what the route promises is an internal failure', async () => {
  for (const body of ['<html>', '{', '7', '[7]']) {
    const { api } = agent({ body: [body] });
    await assert.rejects(api.call(listRegions), (error: unknown) => {
      assert.ok(error instanceof Failure);
      return error.fault === 'internal';
    });
  }
  assert.equal(
    await agent({ body: ['"127.0.0.1', ':4647"'] }).api.call(statusLeader),
    '127.0.0.1:4647',
  );
});

test('lines are put together however they were cut, heartbeats left out', async () => {
  const pieces = ['{"File":"a","Off', 'set":2,"Data":"aGk="}\n{}\n\n{"Da', 'ta":"w6Q="}'];
  const { api } = agent({ body: pieces });
  const got: string[] = [];
  for await (const frame of api.lines(streamFile, { params: { id: 'x' } })) {
    got.push(`${frame.file}:${frame.offset}:${new TextDecoder().decode(frame.bytes)}`);
  }
  assert.deepEqual(got, ['a:2:hi', ':0:ä']);
});
