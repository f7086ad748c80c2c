import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure, type Fault } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import { systemClock } from '../clock.ts';
import { DiskAllocDirs } from './alloc-dirs.ts';

const root = mkdtempSync(join(tmpdir(), 'alloc-dirs-'));
after(() => rmSync(root, { recursive: true, force: true }));
const dirs = new DiskAllocDirs(join(root, 'alloc'), systemClock);
const A = 'a-1' as AllocId;
const B = 'b-2' as AllocId;

const text = async (id: AllocId, path: string): Promise<string> =>
  Buffer.from(await dirs.read(id, path, { offset: 0, length: 100 })).toString();
const isFault = (fault: Fault) => (error: unknown) =>
  error instanceof Failure && error.fault === fault;

test('directories are made, filled, listed and removed', async () => {
  await dirs.create(A, ['web']);
  await dirs.create(A, ['web']);
  const { allocDir, localDir } = dirs.directories(A, 'web');
  writeFileSync(join(localDir, 'hello.txt'), 'hello');
  const names = async (path: string): Promise<string[]> =>
    (await dirs.listFiles(A, path)).map((info) => info.name);
  assert.deepEqual(await names('/'), ['alloc', 'web']);
  assert.deepEqual(await names('alloc'), ['data', 'logs', 'tmp']);
  assert.deepEqual(await names('/web'), ['local', 'tmp'], 'secrets are not shown');
  const info = await dirs.stat(A, 'web/local/hello.txt');
  assert.equal(info.size, 5);
  assert.equal(info.contentType, 'text/plain; charset=utf-8');
  assert.equal(await text(A, 'web/local/hello.txt'), 'hello');
  await dirs.writeFile(A, 'web/local/in/put', { bytes: Buffer.from('payload'), mode: 0o600 });
  assert.equal(await text(A, 'web/local/in/put'), 'payload');
  assert.deepEqual(await dirs.list(), [A]);
  assert.ok(allocDir.endsWith(`alloc/${A}`));
});

test('IN1, IN2, IN3: no path leads out, into a pipe or to secrets', async () => {
  await dirs.create(A, ['web']);
  const { taskDir, localDir, secretsDir } = dirs.directories(A, 'web');
  writeFileSync(join(secretsDir, 'key'), 'secret');
  symlinkSync('/etc/passwd', join(localDir, 'passwd'));
  symlinkSync('/etc', join(localDir, 'etc'));
  symlinkSync('../secrets/key', join(localDir, 'key'));
  symlinkSync('loop', join(localDir, 'loop'));
  symlinkSync('hello.txt', join(localDir, 'good'));
  writeFileSync(join(localDir, 'hello.txt'), 'hello');
  execFileSync('mkfifo', [join(taskDir, 'pipe')]);
  assert.equal(await text(A, 'web/local/good'), 'hello');
  const rows: readonly (readonly [string, Fault])[] = [
    ['../../../../etc/passwd', 'not_found'],
    ['/etc/passwd', 'not_found'],
    ['web/../../b', 'not_found'],
    ['web/local/passwd', 'denied'],
    ['web/local/etc/passwd', 'denied'],
    ['web/local/key', 'denied'],
    ['web/secrets/key', 'denied'],
    ['web/pipe', 'denied'],
    ['web/local/loop', 'denied'],
    ['web/local/nothing', 'not_found'],
    ['web\0', 'unavailable'],
  ];
  for (const [path, fault] of rows) await assert.rejects(text(A, path), isFault(fault), path);
  const listed = (await dirs.listFiles(A, 'web/local')).map((info) => info.name);
  assert.ok(!listed.includes('passwd') && !listed.includes('key'));
  await assert.rejects(text('../x' as AllocId, 'a'), isFault('invalid'));
});

test('IN1, IN3: secrets are written, and nothing is made outside', async () => {
  await dirs.create(B, ['web']);
  const { localDir, secretsDir } = dirs.directories(B, 'web');
  const file = { bytes: Buffer.from('token'), mode: 0o600 };
  const puts = ['a', 'b', 'c'].map((name) => dirs.writeFile(B, `web/secrets/in/${name}`, file));
  assert.deepEqual(await Promise.all(puts), [true, true, true]);
  assert.equal(await dirs.writeFile(B, 'web/secrets/in/a', file), false, 'it is there already');
  assert.equal(readFileSync(join(secretsDir, 'in/a'), 'utf8'), 'token');
  const outside = mkdtempSync(join(root, 'outside-'));
  symlinkSync(outside, join(localDir, 'out'));
  symlinkSync('nowhere', join(localDir, 'dangling'));
  symlinkSync('../tmp', join(localDir, 'tmp'));
  const rows: readonly (readonly [string, Fault])[] = [
    ['web/local/out/x', 'denied'],
    ['web/local/out/made/x', 'denied'],
    ['web/local/dangling/x', 'not_found'],
  ];
  for (const [path, fault] of rows) {
    await assert.rejects(dirs.writeFile(B, path, file), isFault(fault), path);
  }
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(await dirs.writeFile(B, 'web/local/tmp/deep/x', file), true, 'a link within');
  assert.equal(await text(B, 'web/tmp/deep/x'), 'token');
  await dirs.remove(B);
});

test('the data of a sticky disk moves on', async () => {
  await dirs.create(A, ['web']);
  await dirs.create(B, ['web']);
  writeFileSync(join(dirs.directories(A, 'web').sharedDir, 'data', 'state'), 'kept');
  await dirs.moveData(A, B, ['web', 'none']);
  await dirs.moveData(A, B, ['web', 'none']);
  assert.equal(await text(B, 'alloc/data/state'), 'kept');
  await dirs.remove(B);
  await dirs.remove(B);
  assert.deepEqual(await dirs.list(), [A]);
});

test('a change is seen at once, an abort ends the wait', async () => {
  await dirs.create(A, ['web']);
  const log = join(dirs.directories(A, 'web').sharedDir, 'logs', 'web.stdout.0');
  writeFileSync(log, 'one\n');
  const stop = new AbortController();
  const began = Date.now();
  const seen = dirs.changed(A, 'alloc/logs/web.stdout.0', 30_000, stop.signal);
  const writer = setInterval(() => appendFileSync(log, 'more\n'), 20);
  await seen;
  clearInterval(writer);
  assert.ok(Date.now() - began < 10_000);
  const waits = dirs.changed(A, 'alloc/logs/web.stdout.0', 30_000, stop.signal);
  stop.abort();
  await waits;
});
