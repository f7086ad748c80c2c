import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionId } from '../model/session.ts';
import { jobKeys } from './job.ts';
import { exitCodeOf, jobAnswers, RemoteResults } from './results.ts';

const PLACE = { prefix: '_rexec', session: 's1' as SessionId };
const DIR = '_rexec/s1/';

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function results(verbose = false): RemoteResults {
  return new RemoteResults({ quietMs: 2_000, verbose }, 0);
}

test('the keys that agents write are understood, exits last', () => {
  const keys = [
    jobKeys.job(PLACE),
    jobKeys.ack(PLACE, 'n1'),
    jobKeys.exit(PLACE, 'n1'),
    jobKeys.output(PLACE, 'n1', 0),
    jobKeys.output(PLACE, 'n1', 1),
    jobKeys.ack(PLACE, 'n2'),
    `${DIR}n2/odd`,
    '_rexec/s2/n1/ack',
  ];
  const shown = jobAnswers(DIR, keys).map(({ kind, node, key }) => `${kind} ${node} ${key}`);
  assert.deepEqual(shown, [
    'ack n1 _rexec/s1/n1/ack',
    'ack n2 _rexec/s1/n2/ack',
    'output n1 _rexec/s1/n1/out/00000',
    'output n1 _rexec/s1/n1/out/00001',
    'exit n1 _rexec/s1/n1/exit',
  ]);
});

test('exit codes are decimal numbers and nothing else', () => {
  const rows: readonly [text: string, code: number | undefined][] = [
    ['0', 0],
    ['137', 137],
    ['-1', -1],
    ['', undefined],
    ['0x1', undefined],
    ['1e3', undefined],
    ['99999999999', undefined],
  ];
  for (const [text, code] of rows) assert.equal(exitCodeOf(bytes(text)), code, text);
});

test('lines are shown whole, however they were cut', () => {
  const text = fc.stringMatching(/^[a-zä€😀\n]*$/u);
  const cuts = fc.array(fc.nat(200), { maxLength: 10 });
  fc.assert(
    fc.property(text, cuts, (said, at) => {
      const whole = bytes(said);
      const got = results();
      const shown: string[] = [];
      const edges = [0, ...at.map((cut) => Math.min(cut, whole.length)), whole.length];
      edges.sort((a, b) => a - b);
      edges.slice(1).forEach((end, i) => {
        const piece = whole.subarray(edges[i], end);
        shown.push(...got.hear({ kind: 'output', node: 'n', bytes: piece }, 1));
      });
      shown.push(...got.hear({ kind: 'exit', node: 'n', code: 0 }, 2));
      const lines = said.split('\n');
      if (lines.at(-1) === '') lines.pop();
      const want = lines.map((line) => `    n: ${line}`);
      assert.deepEqual(shown, [...want, '==> n: finished with exit code 0']);
    }),
  );
});

test('a line without an end is shown in parts', () => {
  const got = results();
  const long = 'x'.repeat(70_000);
  assert.deepEqual(got.hear({ kind: 'output', node: 'n', bytes: bytes(long) }, 1), [
    `    n: ${long}`,
  ]);
});

test('what a node said that never finished is shown at the end', () => {
  const got = results();
  got.hear({ kind: 'ack', node: 'n' }, 1);
  assert.deepEqual(got.hear({ kind: 'output', node: 'n', bytes: bytes('a\r\nb') }, 2), [
    '    n: a',
  ]);
  assert.deepEqual(got.summary(), ['    n: b', '0 / 1 node(s) completed / acknowledged']);
  assert.equal(got.succeeded, false);
});

test('the quiet time starts anew with all that is heard, and doubles while a node works', () => {
  const got = results();
  assert.equal(got.leftMs(500), 1_500);
  got.hear({ kind: 'ack', node: 'n' }, 1_000);
  assert.equal(got.leftMs(1_000), 4_000);
  got.hear({ kind: 'output', node: 'n', bytes: bytes('x') }, 2_000);
  got.hear({ kind: 'output', node: 'n', bytes: bytes('') }, 3_000);
  assert.equal(got.leftMs(6_000), 1_000);
  got.hear({ kind: 'exit', node: 'n', code: 0 }, 6_000);
  assert.equal(got.leftMs(8_000), 0);
});

test('it succeeded when all that began finished with 0, none included', () => {
  const got = results(true);
  assert.equal(got.succeeded, true);
  assert.deepEqual(got.hear({ kind: 'ack', node: 'a' }, 1), ['==> a: acknowledged']);
  const alive = { kind: 'output', node: 'a', bytes: bytes('') } as const;
  assert.deepEqual(got.hear(alive, 1), ['==> a: heartbeat received']);
  got.hear({ kind: 'ack', node: 'b' }, 1);
  got.hear({ kind: 'exit', node: 'a', code: 0 }, 2);
  assert.equal(got.succeeded, false);
  got.hear({ kind: 'exit', node: 'b', code: 0 }, 3);
  assert.equal(got.succeeded, true);
  got.hear({ kind: 'exit', node: 'c', code: 3 }, 3);
  assert.equal(got.succeeded, false);
});
