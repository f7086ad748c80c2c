import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  linesOf,
  META,
  readMeta,
  readSaved,
  ROWS,
  SUMMED_FILES,
  writeSaved,
} from './saved-state.ts';
import { writeTar } from './tar.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

test('what is saved is read back, with its checksums', () => {
  const files = {
    [META]: bytes('{"ID":"7-1","Index":7,"Size":9,"Version":1}\n'),
    [ROWS]: bytes('["kv","a",{}]\n["kv","b",{}]\n'),
  };
  const saved = readSaved(writeSaved(files, digest));
  assert.ok(!('problem' in saved), JSON.stringify(saved));
  assert.deepEqual(readMeta(saved), { id: '7-1', index: 7, version: 1 });
  for (const name of SUMMED_FILES) {
    assert.deepEqual(saved.files[name], files[name]);
    assert.equal(saved.sums[name], digest(files[name]));
  }
  assert.deepEqual(
    [...linesOf(saved.files[ROWS])],
    [
      { value: ['kv', 'a', {}], bytes: 14, line: 1 },
      { value: ['kv', 'b', {}], bytes: 14, line: 2 },
    ],
  );
});

test('SS1: what is no saved state is told', () => {
  const parts = (meta: string, sums = ''): Uint8Array =>
    writeTar([
      { name: META, bytes: bytes(meta) },
      { name: ROWS, bytes: bytes('') },
      { name: 'SHA256SUMS', bytes: bytes(sums) },
    ]);
  const rows: readonly [archive: Uint8Array, problem: RegExp][] = [
    [writeTar([]), /it has no meta\.json/],
    [writeTar([{ name: META, bytes: bytes('{}') }]), /it has no state\.bin/],
    [parts(''), /meta\.json: expected an object/],
    [parts('[]'), /meta\.json: expected an object/],
    [parts('{"ID":7}'), /meta\.json: expected ID, Index and Version/],
  ];
  for (const [archive, problem] of rows) {
    const read = readSaved(archive);
    const told = 'problem' in read ? read : readMeta(read);
    assert.ok('problem' in told);
    assert.match(told.problem, problem);
  }
  const unsaid = readSaved(parts('{"ID":"a","Index":1,"Version":1}', 'aa  other\nbb  state.bin\n'));
  assert.ok(!('problem' in unsaid));
  assert.deepEqual(unsaid.sums, { [META]: undefined, [ROWS]: 'bb' });
});

test('SS1: lines that are no JSON or are cut off have no value, and noise never throws', () => {
  assert.deepEqual(
    [...linesOf(bytes('{"a"\n[1]\n[2]'))],
    [
      { value: undefined, bytes: 5, line: 1 },
      { value: [1], bytes: 4, line: 2 },
      { value: undefined, bytes: 3, line: 3 },
    ],
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_048 }), fc.string(), (noise, meta) => {
      readSaved(noise);
      readMeta({ files: { [META]: bytes(meta), [ROWS]: noise } });
      assert.equal(
        [...linesOf(noise)].reduce((sum, line) => sum + line.bytes, 0),
        noise.length,
      );
    }),
  );
});
