import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpApp, HttpReply, HttpRequest } from '../../ports/http.ts';
import { joinedApps } from './joined-apps.ts';

const REQUEST = { method: 'GET', path: '/', query: '' } as HttpRequest;

function app(name: string, paths: readonly string[]): HttpApp {
  const reply = (body: string): HttpReply => ({
    status: 200,
    headers: {},
    body: `${name}: ${body}`,
  });
  return {
    mounts: paths.map((path) => ({
      method: 'GET',
      path,
      handle: () =>
        path === '/fails' ? Promise.reject(new TypeError('no')) : Promise.resolve(reply(path)),
    })),
    rewrite: (path) => path.replace(`/old-${name}`, '/new'),
    missing: () => reply('missing'),
    failed: () => reply('failed'),
  };
}

test('where both have a path the own answers; the guest fails in its own manner', async () => {
  const own = app('own', ['/both/:id', '/own', '/rest/*key']);
  const guest = app('guest', ['/both/:name', '/guest', '/fails', '/rest/*id']);
  const joined = joinedApps(own, guest);
  const said: unknown[] = [];
  for (const mount of joined.mounts) said.push((await mount.handle(REQUEST)).body);
  assert.deepEqual(said, [
    'own: /both/:id',
    'own: /own',
    'own: /rest/*key',
    'guest: /guest',
    'guest: failed',
  ]);
  assert.equal(joined.rewrite('/old-own/old-guest'), '/new/new');
  assert.equal(joined.missing(REQUEST, []).body, 'own: missing');
  assert.equal(joined.failed(new TypeError('no'), REQUEST).body, 'own: failed');
});
