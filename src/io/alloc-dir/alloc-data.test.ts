import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure, type Fault } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import { systemClock } from '../clock.ts';
import { DiskAllocData } from './alloc-data.ts';
import { DiskAllocDirs } from './alloc-dirs.ts';

const root = mkdtempSync(join(tmpdir(), 'alloc-data-'));
after(() => rmSync(root, { recursive: true, force: true }));
const dirs = new DiskAllocDirs(root, systemClock);
const data = new DiskAllocData(root);
const never = new AbortController().signal;
const TASKS = ['db'];
let drawn = 0;

async function newAlloc(tasks: readonly string[] = TASKS): Promise<{ id: AllocId; dir: string }> {
  const id = `alloc-${++drawn}` as AllocId;
  await dirs.create(id, tasks);
  return { id, dir: join(root, id) };
}

async function* of(...pieces: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await Promise.resolve();
    if (piece instanceof Error) throw piece;
    yield piece;
  }
}

/** Everything in a directory, with what it is. */
function tree(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
}

const isFault = (fault: Fault, words?: RegExp) => (error: unknown) =>
  error instanceof Failure && error.fault === fault && (words?.test(error.message) ?? true);

test('what outlives an allocation arrives as it was', async () => {
  const [from, to] = [await newAlloc(), await newAlloc()];
  const large = Buffer.alloc(3_000_000, 'abc');
  mkdirSync(join(from.dir, 'alloc/data/deep/er'), { recursive: true });
  writeFileSync(join(from.dir, 'alloc/data/deep/er/large'), large);
  writeFileSync(join(from.dir, 'db/local/run.sh'), '#!/bin/sh\n');
  chmodSync(join(from.dir, 'db/local/run.sh'), 0o750);
  utimesSync(join(from.dir, 'db/local/run.sh'), 1_000_000, 1_000_000);
  mkdirSync(join(from.dir, 'db/local/empty'));
  symlinkSync('../local/run.sh', join(from.dir, 'db/local/link'));
  symlinkSync('/usr/bin/env', join(from.dir, 'db/local/env'));
  execFileSync('mkfifo', [join(from.dir, 'db/local/pipe')]);
  for (const stays of ['alloc/logs/x', 'alloc/tmp/x', 'db/secrets/key', 'db/tmp/x']) {
    writeFileSync(join(from.dir, stays), 'stays');
  }
  writeFileSync(join(to.dir, 'alloc/data/own'), 'own');
  const done = await data.unpack(to.id, TASKS, data.pack(from.id, TASKS, never), never);
  assert.equal(done.files, 2);
  assert.equal(done.linksLeftOut, 1);
  assert.ok(done.bytes >= large.length);
  assert.ok(readFileSync(join(to.dir, 'alloc/data/deep/er/large')).equals(large));
  const script = statSync(join(to.dir, 'db/local/run.sh'));
  assert.deepEqual([script.mode & 0o777, script.mtimeMs], [0o750, 1_000_000_000]);
  assert.equal(readlinkSync(join(to.dir, 'db/local/link')), '../local/run.sh');
  assert.deepEqual(readdirSync(join(to.dir, 'db/local')), ['empty', 'link', 'run.sh']);
  assert.deepEqual(readdirSync(join(to.dir, 'alloc/data')), ['deep', 'own']);
  assert.deepEqual(tree(join(to.dir, 'alloc/logs')), []);
  assert.deepEqual(tree(join(to.dir, 'db/secrets')), []);
  assert.deepEqual(readdirSync(to.dir), ['alloc', 'db']);
});

test('rights that a file gives to whoever runs it do not travel', async () => {
  const [from, to] = [await newAlloc(), await newAlloc()];
  writeFileSync(join(from.dir, 'db/local/su'), '');
  chmodSync(join(from.dir, 'db/local/su'), 0o4755);
  await data.unpack(to.id, TASKS, data.pack(from.id, TASKS, never), never);
  assert.equal(statSync(join(to.dir, 'db/local/su')).mode & 0o7777, 0o755);
});

test('a folder that a task has made a link is not followed', async () => {
  const [from, to] = [await newAlloc(), await newAlloc()];
  writeFileSync(join(from.dir, 'alloc/data/kept'), 'kept');
  rmSync(join(from.dir, 'db/local'), { recursive: true });
  symlinkSync('/etc', join(from.dir, 'db/local'));
  await data.unpack(to.id, TASKS, data.pack(from.id, TASKS, never), never);
  assert.deepEqual(readdirSync(join(to.dir, 'db/local')), []);
  assert.deepEqual(readdirSync(join(to.dir, 'alloc/data')), ['kept']);
  rmSync(from.dir, { recursive: true });
  const left = data.pack(from.id, TASKS, never)[Symbol.asyncIterator]();
  await assert.rejects(left.next(), isFault('not_found'));
});

/** A tar of headers that no program would write. */
function tar(entries: readonly { name: string; type?: string; link?: string }[]): Buffer {
  const blocks = entries.map(({ name, type = '0', link = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0' + '0000000\0' + '0000000\0', 100);
    header.write('00000000000\0' + '00000000000\0' + '        ', 124);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return header;
  });
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}

const hostile: readonly (readonly [string, Parameters<typeof tar>[0], RegExp])[] = [
  ['climbs out', [{ name: 'alloc/data/../../../up' }], /leads out/],
  ['from the root', [{ name: '/etc/evil' }], /leads out/],
  ['into the logs', [{ name: 'alloc/logs/x' }], /none of the folders/],
  ['into secrets', [{ name: 'db/secrets/x' }], /none of the folders/],
  ['into another task', [{ name: 'other/local/x' }], /none of the folders/],
  [
    'behind a link',
    [{ name: 'alloc/data/l', type: '2', link: '../../db' }, { name: 'alloc/data/l/secrets/x' }],
    /behind a link/,
  ],
  [
    'behind a link that is left out',
    [{ name: 'alloc/data/l', type: '2', link: '/etc' }, { name: 'alloc/data/l/evil' }],
    /behind a link/,
  ],
  ['a hard link out', [{ name: 'alloc/data/h', type: '1', link: '/etc/passwd' }], /out of/],
  ['a device', [{ name: 'alloc/data/d', type: '3' }], /neither a file/],
];

for (const [what, entries, words] of hostile) {
  test(`DA2: ${what}: nothing is taken over`, async () => {
    const to = await newAlloc();
    const before = tree(to.dir);
    const good = { name: 'alloc/data/good' };
    const pieces = of(tar([good, ...entries]));
    await assert.rejects(data.unpack(to.id, TASKS, pieces, never), isFault('invalid', words));
    assert.deepEqual(tree(to.dir), before);
  });
}

test('DA1: what breaks off, or is no archive, leaves nothing', async () => {
  const whole: Uint8Array[] = [];
  const from = await newAlloc();
  writeFileSync(join(from.dir, 'alloc/data/large'), Buffer.alloc(500_000, 'x'));
  for await (const piece of data.pack(from.id, TASKS, never)) whole.push(piece);
  const bytes = Buffer.concat(whole);
  const lost = new Failure('unavailable', 'the connection was lost');
  const rows: readonly (readonly [AsyncIterable<Uint8Array>, Fault])[] = [
    [of(bytes.subarray(0, 100_000), lost), 'unavailable'],
    [of(bytes.subarray(0, 100_000)), 'invalid'],
    [of(Buffer.from('no archive'.repeat(200))), 'invalid'],
  ];
  for (const [pieces, fault] of rows) {
    const to = await newAlloc();
    const before = tree(to.dir);
    await assert.rejects(data.unpack(to.id, TASKS, pieces, never), isFault(fault));
    assert.deepEqual(tree(to.dir), before);
  }
  const stop = new AbortController();
  const to = await newAlloc();
  const halted = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 100_000);
    await Promise.resolve();
    stop.abort();
    yield bytes.subarray(100_000);
  };
  const given = data.unpack(to.id, TASKS, halted(), stop.signal);
  await assert.rejects(given, isFault('canceled'));
  assert.deepEqual(readdirSync(join(to.dir, 'alloc/data')), []);
});

test('DA1: what an earlier attempt left is cleared away', async () => {
  const [from, to] = [await newAlloc(), await newAlloc()];
  writeFileSync(join(from.dir, 'alloc/data/state'), 'new');
  mkdirSync(join(to.dir, '.incoming/alloc/data'), { recursive: true });
  writeFileSync(join(to.dir, '.incoming/alloc/data/stale'), 'old');
  writeFileSync(join(to.dir, 'alloc/data/state'), 'old');
  await data.unpack(to.id, TASKS, data.pack(from.id, TASKS, never), never);
  assert.equal(readFileSync(join(to.dir, 'alloc/data/state'), 'utf8'), 'new');
  assert.deepEqual(readdirSync(join(to.dir, 'alloc/data')), ['state']);
  assert.ok(lstatSync(to.dir).isDirectory());
});
