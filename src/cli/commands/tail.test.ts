import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../api/nomad/file-codec.ts';
import { FlagValues } from '../command.ts';
import { lastLines, showTail, tailOf, type Around } from './tail.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (shown: Uint8Array): string => new TextDecoder().decode(shown);

const rows: [content: string, lines: number, shown: string, enough: boolean][] = [
  ['a\nb\nc\n', 2, 'b\nc\n', true],
  ['a\nb\nc', 2, 'b\nc', true],
  ['a\nb\n', 5, 'a\nb\n', false],
  ['a\nb\n', 2, 'a\nb\n', false],
  ['', 1, '', false],
  ['\n\n\n', 1, '\n', true],
  ['a\nb\n', 0, '', true],
];
for (const [content, lines, shown, enough] of rows) {
  test(`the last ${lines} of ${JSON.stringify(content)}`, () => {
    const last = lastLines(bytes(content), lines);
    assert.equal(text(last.bytes), shown);
    assert.equal(last.enough, enough);
  });
}

/** A stream that ends, or, followed, brings one more line. */
function stream(content: string, asked: Around[]): (around: Around) => AsyncIterable<Frame> {
  return async function* (around) {
    asked.push(around);
    await Promise.resolve();
    const { offset, origin, follow } = around;
    const from = origin === 'end' ? Math.max(0, content.length - offset) : offset;
    yield { file: 'f', offset: from, bytes: bytes(content.slice(from)) };
    if (follow) yield { file: 'f', offset: content.length, bytes: bytes('more\n') };
  };
}

async function shown(content: string, flags: [string, string | boolean][]): Promise<string> {
  const values = new FlagValues(new Map(flags));
  let out = '';
  await showTail(stream(content, []), tailOf(values), values.has('f'), (piece) => {
    out += text(piece);
    return Promise.resolve();
  });
  return out;
}

test('everything, from the beginning, unless a tail is asked for', async () => {
  assert.equal(await shown('a\nb\n', []), 'a\nb\n');
  assert.equal(await shown('a\nb\n', [['f', true]]), 'a\nb\nmore\n');
});

test('a tail of ten lines, of so many lines, of so many bytes', async () => {
  const content = Array.from({ length: 20 }, (_, i) => `${i}\n`).join('');
  assert.equal((await shown(content, [['tail', true]])).split('\n').length, 11);
  assert.equal(await shown(content, [['n', '1']]), '19\n');
  assert.equal(await shown(content, [['c', '4']]), '\n19\n');
});

test('a tail that is followed goes on where it ended', async () => {
  const flags: [string, string | boolean][] = [
    ['n', '1'],
    ['f', true],
  ];
  assert.equal(await shown('a\nb\n', flags), 'b\nmore\n');
});

test('longer lines than guessed are looked for further back', async () => {
  const content = `${'x'.repeat(1000)}\n${'y'.repeat(1000)}\n`;
  const asked: Around[] = [];
  let out = '';
  const tail = tailOf(new FlagValues(new Map([['n', '1']])));
  await showTail(stream(content, asked), tail, false, (piece) => {
    out += text(piece);
    return Promise.resolve();
  });
  assert.equal(out, `${'y'.repeat(1000)}\n`);
  assert.deepEqual(
    asked.map(({ offset }) => offset),
    [120, 240, 480, 960, 1920],
  );
});
