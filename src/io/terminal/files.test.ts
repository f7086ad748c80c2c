import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { textFiles } from './files.ts';

const directory = mkdtempSync(join(tmpdir(), 'muster-files-'));
after(() => {
  rmSync(directory, { recursive: true });
});
const files = textFiles(Readable.from([Buffer.from('typed')]));

test('what was created is read back, and never overwritten', async () => {
  const path = join(directory, 'a');
  await files.create(path, 'text');
  assert.equal(await files.read(path), 'text');
  assert.equal(await files.exists(path), true);
  await assert.rejects(files.create(path, 'other'), isFault('conflict'));
  assert.equal(await files.read(path), 'text');
});

test('bytes take the place of a file, for its owner alone, but not of what is no file', async () => {
  const path = join(directory, 'bytes');
  writeFileSync(path, 'old', { mode: 0o644 });
  for (const content of [Uint8Array.of(0xff, 0), Uint8Array.of(1)]) {
    await files.writeBytes(path, content);
    assert.deepEqual(new Uint8Array(readFileSync(path)), content);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }
  await assert.rejects(files.writeBytes('/dev/null', Uint8Array.of(1)), isFault('invalid'));
  await assert.rejects(files.writeBytes(directory, Uint8Array.of(1)), isFault('invalid'));
  const lost = join(directory, 'none', 'x');
  await assert.rejects(files.writeBytes(lost, Uint8Array.of(1)), isFault('not_found'));
});

test('a dash is standard input', async () => {
  assert.equal(await files.read('-'), 'typed');
});

test('what cannot be read is told by its kind', async () => {
  const binary = join(directory, 'binary');
  writeFileSync(binary, Buffer.from([0xff, 0xfe]));
  const huge = join(directory, 'huge');
  writeFileSync(huge, '');
  truncateSync(huge, 65 * 1024 * 1024);
  await assert.rejects(files.read(join(directory, 'none')), isFault('not_found'));
  await assert.rejects(files.read(directory), isFault('invalid'));
  await assert.rejects(files.read(binary), isFault('invalid'));
  await assert.rejects(files.read(huge), isFault('exhausted'));
});

function isFault(fault: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.fault === fault;
}
