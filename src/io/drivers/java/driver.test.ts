import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJavaVersion } from './driver.ts';

for (const [text, version, vm] of [
  [
    'openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 1)\nOpenJDK VM (mixed)\n',
    '17.0.15',
    'OpenJDK VM (mixed)',
  ],
  [
    'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\njava version "1.8.0_201"\nJava(TM) SE\nHotSpot\n',
    '1.8.0_201',
    'HotSpot',
  ],
] as const) {
  test(`${version} is read`, () => {
    const parsed = parseJavaVersion(text);
    assert.deepEqual([parsed?.version, parsed?.vm], [version, vm]);
  });
}

test('anything else is no version', () => {
  assert.equal(parseJavaVersion('command not found'), undefined);
});
