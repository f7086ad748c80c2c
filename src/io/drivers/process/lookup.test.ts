import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findCommand } from './lookup.ts';

const dir = mkdtempSync(join(tmpdir(), 'lookup-'));
after(() => rmSync(dir, { recursive: true }));
for (const [path, mode] of [
  ['task/local/tool', 0o755],
  ['task/tool', 0o755],
  ['task/other', 0o755],
  ['path/other', 0o755],
  ['path/far', 0o755],
  ['path/data', 0o644],
] as const) {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), '');
  chmodSync(join(dir, path), mode);
}

for (const [command, expected] of [
  ['tool', 'task/local/tool'],
  ['other', 'task/other'],
  ['far', 'path/far'],
  ['./tool', 'task/tool'],
  ['local/tool', 'task/local/tool'],
  [join(dir, 'path/far'), 'path/far'],
] as const) {
  test(`${command.replace(dir, '')} is ${expected}`, () => {
    const search = `relative:${join(dir, 'path')}`;
    assert.equal(findCommand(command, join(dir, 'task'), search), join(dir, expected));
  });
}

for (const [command, fault] of [
  ['absent', 'not_found'],
  ['local', 'not_found'],
  ['/no/such', 'not_found'],
  ['data', 'denied'],
] as const) {
  test(`${command} fails as ${fault}`, () => {
    assert.throws(() => findCommand(command, join(dir, 'task'), join(dir, 'path')), { fault });
  });
}
