import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProcStat } from './proc-stat.ts';

const tail =
  'Z 7 42 42 0 -1 4227084 100 0 0 0 31 12 0 0 20 0 3 0 9000 0 25 18446744073709551615 ' +
  '0 0 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 256';

test('a name may hold spaces and parentheses', () => {
  assert.deepEqual(parseProcStat(`42 (a) (b c) ${tail}\n`), {
    pid: 42,
    comm: 'a) (b c',
    state: 'Z',
    ppid: 7,
    pgrp: 42,
    session: 42,
    userTicks: 31,
    systemTicks: 12,
    threads: 3,
    startTicks: 9000,
    rssPages: 25,
    waitStatus: 256,
  });
});

for (const text of ['', '42', '42 (x', '42 (x) S 1 2', ')(']) {
  test(`"${text}" is no such line`, () => {
    assert.equal(parseProcStat(text), undefined);
  });
}
