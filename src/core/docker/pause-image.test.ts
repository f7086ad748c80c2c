import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pauseArchive } from './pause-image.ts';

/** As tar itself unpacks it. */
function unpacked<T>(architecture: string, look: (file: string) => T): T {
  const archive = pauseArchive(architecture);
  assert.ok(archive !== undefined);
  const directory = mkdtempSync(join(tmpdir(), 'muster-pause-'));
  try {
    writeFileSync(join(directory, 'image.tar'), archive);
    execFileSync('tar', ['-C', directory, '-xf', join(directory, 'image.tar')]);
    return look(join(directory, 'pause'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('the archive holds one small program that anybody may run', () => {
  for (const architecture of ['amd64', 'arm64']) {
    const archive = pauseArchive(architecture) ?? assert.fail();
    assert.equal(archive.length % 512, 0);
    unpacked(architecture, (file) => {
      assert.equal(statSync(file).mode & 0o777, 0o555);
      const bytes = readFileSync(file);
      assert.ok(bytes.length < 200);
      assert.equal(bytes.readBigUInt64LE(24), 0x400078n, 'it begins behind the headers');
      assert.equal(bytes.readBigUInt64LE(64 + 32), BigInt(bytes.length), 'all of it is loaded');
      assert.equal(bytes.readUInt16LE(18), architecture === 'amd64' ? 62 : 183);
    });
  }
});

test('for other machines there is none', () => {
  for (const architecture of ['riscv64', '', 'constructor']) {
    assert.equal(pauseArchive(architecture), undefined);
  }
});

const skip = process.arch === 'x64' ? false : `the program for ${process.arch} is not tried`;
test('the program waits until it is killed', { skip }, async () => {
  const child = unpacked('amd64', (file) => spawn(file));
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (_, signal) => resolve(signal));
  });
  await new Promise((resolve) => child.once('spawn', resolve));
  // A stop and its end interrupt the wait; the program goes on with it.
  child.kill('SIGSTOP');
  child.kill('SIGCONT');
  const stat = (): string => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[2] ?? '';
  const end = Date.now() + 60_000;
  while (stat() !== 'S' && Date.now() < end) await delay(5);
  assert.equal(stat(), 'S', 'it sleeps');
  child.kill('SIGTERM');
  assert.equal(await ended, 'SIGTERM');
});
