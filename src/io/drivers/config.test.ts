import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../base/json.ts';
import { ConfigReader } from './config.ts';

function read(config: JsonObject) {
  const reader = new ConfigReader(config);
  const value = {
    command: reader.requiredText('command'),
    args: reader.texts('args'),
    count: reader.number('count', { min: 0, max: 10 }),
    on: reader.flag('on'),
    wait: reader.duration('wait'),
    ports: reader.map('ports'),
  };
  return { value, issues: reader.issues().map(({ path, message }) => `${path} ${message}`) };
}

for (const [config, key, expected] of [
  [{ command: 'a' }, 'command', 'a'],
  [{ args: ['x', 1, true] }, 'args', ['x', '1', 'true']],
  [{ count: '7' }, 'count', 7],
  [{ count: '${meta.n}' }, 'count', undefined],
  [{ on: 'true' }, 'on', true],
  [{ wait: '1m30.5s' }, 'wait', 90_500],
  [{ wait: 2_000_000 }, 'wait', 2],
  [{ ports: [{ a: 1 }, { b: '2' }] }, 'ports', { a: '1', b: '2' }],
  [{ ports: { a: 1 } }, 'ports', { a: '1' }],
] as const) {
  test(`${JSON.stringify(config)} reads as it is meant`, () => {
    assert.deepEqual(read(config).value[key], expected);
  });
}

for (const [config, issue] of [
  [{}, 'command is required'],
  [{ command: 'a', args: 'b' }, 'args must be a list of strings'],
  [{ command: 'a', args: ['b', []] }, 'args[1] must be a string'],
  [{ command: 'a', args: ['b', 'c\0'] }, 'args[1] holds a zero byte'],
  [{ command: 'a', count: 11 }, 'count must be from 0 to 10'],
  [{ command: 'a', count: 'x' }, 'count must be a number'],
  [{ command: 'a', on: 'yes' }, 'on must be true or false'],
  [{ command: 'a', wait: '1 day' }, 'wait must be a duration such as "30s"'],
  [{ command: 'a', ports: [3] }, 'ports must be a block of names and values'],
  [{ command: 'a', comand: 'a' }, 'comand is not an option of this driver'],
] as const) {
  test(`${JSON.stringify(config)} is told: ${issue}`, () => {
    assert.deepEqual(read(config).issues, [issue]);
  });
}

test('anything at all is read without a throw', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('command', 'args', 'ports'), fc.jsonValue()), (c) => {
      read(c as JsonObject);
    }),
  );
});
