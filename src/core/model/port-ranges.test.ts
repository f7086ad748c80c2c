import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPorts, parsePorts } from './port-ranges.ts';

const rows: [text: string, ports: number[] | undefined][] = [
  ['', []],
  ['22', [22]],
  ['22, 80,8000-8003', [22, 80, 8000, 8001, 8002, 8003]],
  ['x', undefined],
  ['80-22', undefined],
  ['70000', undefined],
];
for (const [text, ports] of rows) {
  test(`"${text}" is ${ports === undefined ? 'no list of ports' : String(ports)}`, () => {
    assert.deepEqual(parsePorts(text), ports);
  });
}

test('runs are shortened', () => {
  assert.equal(formatPorts([8003, 22, 8001, 8002, 22]), '22,8001-8003');
});
