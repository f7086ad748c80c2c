import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTar, writeTar } from './tar.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('A1: what was written is read back, here and by tar itself', () => {
  const files = [
    { name: 'meta.json', bytes: bytes('{"a":1}\n') },
    { name: 'empty', bytes: bytes('') },
    { name: 'state.bin', bytes: new Uint8Array(1_300).fill(7) },
  ];
  const archive = writeTar(files);
  assert.deepEqual(readTar(archive), files);
  const listed = execFileSync('tar', ['-tf', '-'], { input: archive }).toString();
  assert.equal(listed, 'meta.json\nempty\nstate.bin\n');
  const meta = execFileSync('tar', ['-xOf', '-', 'meta.json'], { input: archive }).toString();
  assert.equal(meta, '{"a":1}\n');
});

test('A1: what is no archive, or is cut off, is a problem and no exception', () => {
  const archive = writeTar([{ name: 'a', bytes: new Uint8Array(600) }]);
  for (const length of [0, 1, 511, 512, 700, 1_100]) {
    assert.ok('problem' in readTar(archive.subarray(0, length)), String(length));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_048 }), (noise) => {
      const read = readTar(noise);
      assert.ok(
        'problem' in read || noise.length === 0 || noise.subarray(0, 512).every((b) => b === 0),
      );
    }),
  );
});
