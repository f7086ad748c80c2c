import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from './setting.ts';
import { AGENT_SETTINGS } from './shape.ts';

/** Every setting with its path: `client.reserved.cpu`. */
function* settingsOf(settings: Settings, path = ''): Generator<readonly [string, string]> {
  for (const [name, setting] of Object.entries(settings)) {
    yield [path + name, setting.note];
    if ('settings' in setting) yield* settingsOf(setting.settings, `${path}${name}.`);
  }
}
const all = [...settingsOf(AGENT_SETTINGS)];

test('settings are named as operators write them', () => {
  for (const [path] of all)
    assert.match(path, /^[a-z][a-z0-9]*(_[a-z]+)*(\.[a-z][a-z0-9]*(_[a-z]+)*)*$/);
});

test('each setting has a line in the reference that fits into a table', () => {
  for (const [path, note] of all) assert.match(note, /^[^|\n]+[.`]$/, path);
});

test('every part of the program that is configured has its block', () => {
  for (const name of ['ports', 'server', 'client', 'consul', 'plugin', 'telemetry', 'acl']) {
    assert.ok(name in AGENT_SETTINGS, name);
  }
});
