import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { FileFrame, LogsQuery } from '../ports/client-link.ts';
import { SimAllocDirs } from '../sim/alloc-dirs.ts';
import { SimClock } from '../sim/clock.ts';
import { followFile } from './files.ts';
import { readLogs } from './logs.ts';

const A = 'a-1' as AllocId;
const BASE: LogsQuery = { task: 'web', type: 'stdout', follow: false, offset: 0, origin: 'start' };
const path = (n: number): string => `alloc/logs/web.stdout.${n}`;

async function world(): Promise<{ clock: SimClock; dirs: SimAllocDirs }> {
  const clock = new SimClock();
  const dirs = new SimAllocDirs(clock);
  await dirs.create(A);
  dirs.append(A, path(2), 'aaaa\n');
  dirs.append(A, path(3), 'bbbb\n');
  dirs.append(A, path(10), 'cccc\n');
  dirs.append(A, 'alloc/logs/web.stderr.0', 'oops\n');
  dirs.append(A, 'alloc/logs/web2.stdout.0', 'other\n');
  return { clock, dirs };
}

async function all(dirs: SimAllocDirs, query: LogsQuery): Promise<string> {
  const frames: string[] = [];
  const source = { id: A, isOver: () => false };
  for await (const frame of readLogs(dirs, source, query, new AbortController().signal)) {
    frames.push(Buffer.from(frame.bytes).toString());
  }
  return frames.join('');
}

test('LO1: one output across its files, from either end', async () => {
  const { dirs } = await world();
  const rows: readonly (readonly [Partial<LogsQuery>, string])[] = [
    [{}, 'aaaa\nbbbb\ncccc\n'],
    [{ offset: 7 }, 'bb\ncccc\n'],
    [{ offset: 99 }, ''],
    [{ origin: 'end', offset: 7 }, 'b\ncccc\n'],
    [{ origin: 'end', offset: 99 }, 'aaaa\nbbbb\ncccc\n'],
    [{ origin: 'end', offset: 0 }, ''],
    [{ type: 'stderr' }, 'oops\n'],
  ];
  for (const [query, expected] of rows) {
    assert.equal(await all(dirs, { ...BASE, ...query }), expected, JSON.stringify(query));
  }
  await assert.rejects(
    all(dirs, { ...BASE, task: 'none' }),
    (error) => error instanceof Failure && error.fault === 'not_found',
  );
});

test('LO1: followed while it is written, rotated and removed', async () => {
  const { clock, dirs } = await world();
  const stop = new AbortController();
  let text = '';
  let over = false;
  const source = { id: A, isOver: () => over };
  const reading = (async () => {
    for await (const { bytes } of readLogs(dirs, source, { ...BASE, follow: true }, stop.signal)) {
      text += Buffer.from(bytes).toString();
    }
  })();
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  await settle();
  dirs.append(A, path(10), 'dddd\n');
  await settle();
  // Written and rotated between two looks.
  dirs.append(A, path(10), 'eeee\n');
  dirs.append(A, path(11), 'ffff\n');
  dirs.drop(A, path(2));
  await settle();
  assert.equal(text, 'aaaa\nbbbb\ncccc\ndddd\neeee\nffff\n');
  dirs.append(A, path(12), 'gggg\n');
  over = true;
  await settle();
  clock.advance(2_000);
  await settle();
  await reading;
  assert.ok(text.endsWith('gggg\n'));
});

test('a followed file tells of truncation and of its end', async () => {
  const { clock, dirs } = await world();
  const frames: FileFrame[] = [];
  const stop = new AbortController();
  const place = { id: A, path: path(10) };
  const reading = (async () => {
    for await (const frame of followFile(dirs, place, { offset: 2, origin: 'end' }, stop.signal)) {
      frames.push(frame);
    }
  })();
  const step = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  await step();
  dirs.drop(A, path(10));
  dirs.append(A, path(10), 'x');
  await step();
  dirs.drop(A, path(10));
  await step();
  await reading;
  const told = frames.map((f) => f.event ?? Buffer.from(f.bytes).toString());
  assert.deepEqual(told, ['c\n', 'file truncated', 'x', 'file deleted']);
});
