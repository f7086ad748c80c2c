/**
 * What programs made for Consul asked of it, asked again of a real agent: every request is answered
 * in its form, and nobody who waits is answered before there is something to tell.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { AgentProcess } from './agent-process.ts';
import { isNumber, like, type Likeness } from './consul-clients-like.ts';
import { readLog, Replayer, Watcher, type LoggedRequest } from './replay-log.ts';

const TERRAFORM = readLog('terraform-backend');
const BALANCER = readLog('fabio-and-consul-template');
const missing =
  TERRAFORM === undefined || BALANCER === undefined
    ? 'there are no logs of requests beside the repository'
    : false;

/** How long nothing happens, and nothing may be answered [ms]. */
const QUIET_MS = 3_000;

/** What an answer looks like, by the beginning of its path. */
const SHAPES: readonly (readonly [string, Likeness])[] = [
  ['/v1/kv/', each({ Key: isText, LockIndex: isNumber, Flags: isFlags, ModifyIndex: isNumber })],
  ['/v1/catalog/services', { consul: [] }],
  ['/v1/health/service/', each({ Node: { Node: isText }, Service: {}, Checks: Array.isArray })],
  ['/v1/health/state/', each({ CheckID: isText, Status: /^(passing|warning|critical)$/ })],
  ['/v1/agent/self', { Config: { NodeName: isText }, Member: {}, DebugConfig: {} }],
  ['/v1/agent/services', {}],
  ['/v1/session/create', { ID: /^[0-9a-f-]{36}$/ }],
  ['/v1/session/destroy/', (value) => value === true],
  ['/v1/txn', { Results: [{ KV: { Key: isText } }], Errors: null }],
];

describe('logged requests', { skip: missing }, () => {
  let agent: AgentProcess;
  let replayer: Replayer;

  before(async () => {
    agent = await AgentProcess.startServer('log_level = "warn"');
    replayer = new Replayer(agent.discoveryPort);
  });

  after(() => agent[Symbol.asyncDispose]());

  /** Makes a request that does not wait, and judges the answer. */
  async function made(request: LoggedRequest, keys: ReadonlySet<string>): Promise<void> {
    const { method, path, query } = request;
    const answer = await replayer.send(request);
    const isRead = method === 'GET';
    const { status } = answer;
    const title = `${method} ${path}`;
    if (isRead && path.startsWith('/v1/kv/')) {
      const key = path.slice('/v1/kv/'.length);
      const isThere = query.has('keys') || query.has('recurse') ? below(keys, key) : keys.has(key);
      assert.equal(status, isThere ? 200 : 404, title);
    } else {
      assert.equal(status, 200, title);
    }
    if (status !== 200 || query.has('keys')) return;
    if (!isRead && path.startsWith('/v1/kv/')) assert.equal(answer.body, true, title);
    else judge(path, answer.body);
  }

  test('Terraform keeps and locks its state', async () => {
    const log = TERRAFORM ?? [];
    const keys = new Set<string>();
    const watchers = new Map<string, Watcher>();
    const changes = new Map<string, number>();
    for (const request of log) {
      const { method, path, query } = request;
      const key = path.slice('/v1/kv/'.length);
      if (query.has('index')) {
        if (!watchers.has(key)) {
          const watcher = new Watcher(request, replayer);
          watchers.set(key, watcher);
          await agent.until('the watch has begun', () =>
            Promise.resolve(watcher.answers.length === 1),
          );
        }
        continue;
      }
      if (method === 'PUT' && path.startsWith('/v1/kv/')) keys.add(key);
      if (method === 'DELETE') keys.delete(key);
      if (path === '/v1/txn') keys.add('tf/state');
      await made(request, keys);
      const watcher = watchers.get(key);
      if (watcher === undefined || method === 'GET') continue;
      const count = (changes.get(key) ?? 0) + 1;
      changes.set(key, count);
      await agent.until(`the change of ${key} is heard of`, () =>
        Promise.resolve(watcher.answers.length > count),
      );
    }
    await delay(QUIET_MS);
    assert.ok(watchers.size > 0);
    for (const [key, watcher] of watchers) {
      await watcher.end();
      const heard = watcher.answers.length - 1;
      assert.equal(heard, changes.get(key) ?? 0, `answers to who waits for ${key}`);
      const logged = log.filter(({ path, query }) => path.endsWith(key) && query.has('index'));
      assert.ok(heard < logged.length, 'fewer than where nobody was made to wait');
    }
  });

  test('a balancer and a renderer of templates look for changes', async () => {
    const log = (BALANCER ?? []).map((request) => ({
      ...request,
      body: request.body?.replaceAll(':9998/', `:${(health.address() as AddressInfo).port}/`),
    }));
    const waiting = log.filter(({ query }) => query.has('index'));
    const watchers = waiting.map((request) => new Watcher(request, replayer));
    const answered = (): readonly number[] => watchers.map(({ answers }) => answers.length);
    await agent.until('all wait', () => Promise.resolve(answered().every((count) => count === 1)));
    for (const request of log.filter(
      ({ method, query }) => method === 'GET' && !query.has('index'),
    ))
      await made(request, new Set());
    await delay(QUIET_MS);
    assert.deepEqual(answered(), Array<number>(watchers.length).fill(1), 'nothing happened');

    const change = (part: string): LoggedRequest => {
      const found = log.find(({ method, path }) => method === 'PUT' && path.includes(part));
      assert.ok(found !== undefined);
      return found;
    };
    const heard = async (what: string, part: string): Promise<void> => {
      const before = answered();
      await agent.until(`${what} is heard of`, () =>
        Promise.resolve(
          watchers.some(
            ({ request, answers }, at) =>
              request.path.includes(part) && answers.length > (before[at] ?? 0),
          ),
        ),
      );
    };
    const hears = heard('the key', '/v1/kv/a/b');
    await made(change('/v1/kv/a/b'), new Set());
    await hears;
    const seen = heard('the service', '/v1/catalog/services');
    assert.equal((await replayer.send(change('service/register'))).status, 200);
    await seen;
    await delay(QUIET_MS);
    for (const { request, answers } of watchers) {
      const isChanged = ['/v1/kv/a/b', '/v1/catalog/services'].includes(request.path);
      assert.equal(answers.length, isChanged ? 2 : 1, request.path);
      assert.ok(answers.length < request.count, 'fewer than where nobody was made to wait');
      for (const { status, body } of answers) {
        if (status === 200) judge(request.path, body);
        else assert.equal(status, 404, request.path);
      }
    }
    await Promise.all(watchers.map((watcher) => watcher.end()));
  });

  test('its service is healthy, and what it does not know is not found', async () => {
    const health = `http://127.0.0.1:${agent.discoveryPort}/v1/health/checks/fabio`;
    await agent.until('the check by HTTP passes', async () => {
      const checks = (await (await fetch(health)).json()) as { Type: string; Status: string }[];
      return checks.some(({ Type, Status }) => Type === 'http' && Status === 'passing');
    });
    const gone = (BALANCER ?? []).filter(({ path }) => path.includes('service/deregister'));
    for (const request of gone) assert.equal((await replayer.send(request)).status, 404);
  });
});

let health: Server;
before(async () => {
  health = createServer((_, response) => response.end('OK'));
  await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve));
});
after(() => health.close());

function judge(path: string, body: unknown): void {
  const [, shape] = SHAPES.find(([start]) => path.startsWith(start)) ?? [];
  assert.ok(shape !== undefined, `nobody knows the form of ${path}`);
  like(body, shape, path);
}

function each(shape: Likeness): Likeness {
  return (value) => {
    assert.ok(Array.isArray(value));
    for (const row of value) like(row, shape);
    return true;
  };
}

function below(keys: ReadonlySet<string>, prefix: string): boolean {
  return [...keys].some((key) => key.startsWith(prefix));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Beyond 2^53 they are rounded by whoever reads them as a number. */
function isFlags(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
