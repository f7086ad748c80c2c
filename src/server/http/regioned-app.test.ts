import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpApp, HttpMount, HttpReply, HttpRequest } from '../../ports/http.ts';
import { regionedApp, type Elsewheres } from './regioned-app.ts';

const never = new AbortController().signal;

function told(text: string): HttpReply {
  return { status: 200, headers: {}, body: text };
}

function mountAt(method: string, path: string): HttpMount {
  return {
    ...{ method, path },
    handle: async (request) => told(`here ${decode(await request.body())}`),
    upgrade: () => Promise.resolve(told('here')),
  };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const APP: HttpApp = {
  mounts: [
    mountAt('GET', '/v1/kv/*key'),
    mountAt('PUT', '/v1/jobs'),
    mountAt('GET', '/v1/agent/self'),
  ],
  rewrite: (path) => path,
  missing: () => told('missing'),
  failed: () => told('failed'),
};

/** Regions `eu` with the datacenter `berlin`, and nothing else. */
const OTHERS: Elsewheres = {
  isAny: () => true,
  find: ({ region, datacenter }) =>
    region === 'eu' || datacenter === 'berlin'
      ? {
          handle: async (_, request) =>
            told(`eu ?${request.query} ${decode(await request.body())}`),
          upgrade: () => Promise.resolve(told('eu')),
        }
      : undefined,
};

interface Asking {
  readonly query?: string;
  readonly body?: string;
  readonly others?: Elsewheres;
}

async function ask(
  path: string,
  { query = '', body = '', others = OTHERS }: Asking = {},
): Promise<string> {
  const mount = regionedApp(APP, others).mounts.find((each) => each.path === path);
  assert.ok(mount);
  let isRead = false;
  const request: HttpRequest = {
    ...{ method: mount.method, path, query, params: {}, headers: {}, remoteAddress: '' },
    signal: never,
    body: () => {
      assert.ok(!isRead, 'a body is read once');
      isRead = true;
      return Promise.resolve(new TextEncoder().encode(body));
    },
  };
  return (await mount.handle(request)).body as string;
}

test('PL3: what names another region is answered there, all else here', async () => {
  const rows: readonly [string, Asking, string][] = [
    ['/v1/kv/*key', {}, 'here '],
    ['/v1/kv/*key', { query: 'dc=berlin' }, 'eu ?dc=berlin '],
    ['/v1/kv/*key', { query: 'dc=mars' }, 'here '],
    ['/v1/kv/*key', { query: 'region=eu&dc=mars' }, 'eu ?region=eu&dc=mars '],
    ['/v1/agent/self', { query: 'dc=berlin' }, 'here '],
    ['/v1/jobs', { query: 'region=eu', body: 'a job' }, 'eu ?region=eu a job'],
    ['/v1/jobs', { body: 'a job' }, 'here a job'],
    ['/v1/jobs', { body: '{"Job":{"Region":"eu"}}' }, 'eu ?region=eu {"Job":{"Region":"eu"}}'],
    ['/v1/jobs', { body: '{"Job":{"Region":"x"}}', query: 'a' }, 'here {"Job":{"Region":"x"}}'],
    [
      '/v1/jobs',
      { body: '{"Job":{"Region":"eu"}}', query: 'region=us' },
      'here {"Job":{"Region":"eu"}}',
    ],
  ];
  for (const [path, asking, expected] of rows) assert.equal(await ask(path, asking), expected);
  const alone = { ...OTHERS, isAny: () => false };
  const asking = { body: '{"Job":{"Region":"eu"}}', others: alone };
  assert.equal(await ask('/v1/jobs', asking), 'here {"Job":{"Region":"eu"}}');
  assert.equal(await ask('/v1/kv/*key', { query: 'dc=berlin', others: alone }), 'here ');
});

test('PL3: a socket, too', async () => {
  const [mount] = regionedApp(APP, OTHERS).mounts;
  const upgrade = async (query: string): Promise<unknown> => {
    const request: HttpRequest = {
      ...{ method: 'GET', path: '', query, params: {}, headers: {}, remoteAddress: '' },
      ...{ signal: never, body: () => Promise.resolve(new Uint8Array()) },
    };
    return mount?.upgrade?.(request);
  };
  assert.deepEqual(await upgrade('dc=berlin'), told('eu'));
  assert.deepEqual(await upgrade(''), told('here'));
});
