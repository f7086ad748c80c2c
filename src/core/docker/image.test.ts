import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatImageName, isMoving, parseImageName, registryOf } from './image.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const names: [text: string, format: string, registry: string, moving: boolean][] = [
  ['redis', 'redis:latest', 'docker.io', true],
  ['redis:7.2', 'redis:7.2', 'docker.io', false],
  ['hashicorp/http-echo:1.0', 'hashicorp/http-echo:1.0', 'docker.io', false],
  ['localhost/app', 'localhost/app:latest', 'localhost', true],
  ['registry.local:5000/a/b:v1', 'registry.local:5000/a/b:v1', 'registry.local:5000', false],
  ['https://quay.io/a/b', 'quay.io/a/b:latest', 'quay.io', true],
  [`redis@${digest}`, `redis@${digest}`, 'docker.io', false],
  [`redis:7@${digest}`, `redis@${digest}`, 'docker.io', false],
];
for (const [text, format, registry, moving] of names) {
  test(text, () => {
    const name = parseImageName(text);
    assert.ok(name !== undefined);
    assert.equal(formatImageName(name), format);
    assert.equal(registryOf(name), registry);
    assert.equal(isMoving(name), moving);
  });
}

for (const text of [
  '',
  ':7',
  'Redis Image',
  'redis:',
  'a@sha256:12',
  '../etc',
  `r:${'t'.repeat(200)}`,
]) {
  test(`"${text.slice(0, 20)}" is no image`, () => {
    assert.equal(parseImageName(text), undefined);
  });
}

test('any text gets an answer', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      const name = parseImageName(text);
      return name === undefined || parseImageName(formatImageName(name)) !== undefined;
    }),
  );
});
