import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../base/json.ts';
import { decodeDockerConfig, isConfig } from './config.ts';

test('blocks, attributes and text of older files mean the same', () => {
  const config = decodeDockerConfig({
    image: 'redis',
    port_map: [{ db: '6379' }, { http: 80 }],
    labels: { a: 1 },
    privileged: 'false',
    args: ['-p', 80],
    logging: [{ type: 'json-file', config: [{ 'max-size': '1m' }] }],
    entrypoint: '/bin/sh',
  });
  assert.ok(isConfig(config));
  assert.deepEqual(config.port_map, { db: 6379, http: 80 });
  assert.deepEqual(config.labels, { a: '1' });
  assert.equal(config.privileged, false);
  assert.deepEqual(config.args, ['-p', '80']);
  assert.deepEqual(config.logging?.config, { 'max-size': '1m' });
  assert.deepEqual(config.entrypoint, ['/bin/sh']);
});

const mistakes: [raw: JsonObject, path: string, says: RegExp][] = [
  [{}, 'image', /is required/],
  [{ image: 'a', imgae: 'b' }, 'imgae', /is not a setting/],
  [{ image: 'a', port_map: { x: 'http' } }, 'port_map', /./],
  [{ image: 'a', mount: [{ type: 'bind' }] }, 'mount[0].target', /./],
  [
    { image: 'a', devices: [{ host_path: '/dev/x', cgroup_permissions: 'q' }] },
    'devices[0].cgroup_permissions',
    /rwm/,
  ],
  [{ image: 'a', mount: [{ target: '/x', what: 1 }] }, 'mount[0].what', /is not a setting/],
];
for (const [raw, path, says] of mistakes) {
  test(`${JSON.stringify(raw)} is refused at ${path}`, () => {
    const issues = decodeDockerConfig(raw);
    assert.ok(!isConfig(issues));
    assert.equal(issues[0]?.path, path);
    assert.match(issues[0].message, says);
  });
}

test('anything gets an answer', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (raw) => {
      decodeDockerConfig(raw as JsonObject);
    }),
  );
});
