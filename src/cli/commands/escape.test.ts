import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EscapeWatch } from './escape.ts';

const rows: [typed: string[], passed: string, ended: boolean][] = [
  [['ls\r'], 'ls\r', false],
  [['~.'], '', true],
  [['ls\r~.rest'], 'ls\r', true],
  [['ls ~.\r'], 'ls ~.\r', false],
  [['~', '.'], '', true],
  [['~~.\r'], '~.\r', false],
  [['~a'], '~a', false],
  [['\n~', '\r', '~.'], '\n~\r', true],
];
for (const [typed, passed, ended] of rows) {
  test(`${JSON.stringify(typed)} passes ${JSON.stringify(passed)}`, () => {
    const watch = new EscapeWatch('~');
    let out = '';
    let over = false;
    for (const piece of typed) {
      if (over) break;
      const step = watch.pass(new TextEncoder().encode(piece));
      out += new TextDecoder().decode(step.bytes);
      over = step.ended;
    }
    assert.equal(out, passed);
    assert.equal(over, ended);
  });
}

test('without an escape character everything passes', () => {
  const bytes = new TextEncoder().encode('~.\n~.');
  assert.deepEqual(new EscapeWatch(undefined).pass(bytes), { bytes, ended: false });
});
