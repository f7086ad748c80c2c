import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saidIn } from './etcd-process.ts';

const taken = 'listen tcp 127.0.0.1:2379: bind: address already in use';
const rows: readonly (readonly [line: string, said: string])[] = [
  [
    JSON.stringify({ level: 'warn', msg: 'cannot start', error: taken, stacktrace: 'main.go:28' }),
    `cannot start: ${taken}`,
  ],
  [JSON.stringify({ msg: 'closed' }), 'closed'],
  [JSON.stringify({ level: 'info' }), '{"level":"info"}'],
  ['null', 'null'],
  ['panic: no room', 'panic: no room'],
  [`${'x'.repeat(500)} the end`, `${'x'.repeat(292)} the end`],
];

for (const [line, said] of rows) {
  test(`${line.slice(0, 40)} says ${said.slice(0, 40)}`, () => {
    assert.equal(saidIn(line), said);
  });
}
