/**
 * Opens a directory of segments: checks every byte, cuts off a torn tail, and replays.
 *
 * R1: no acknowledged entry is dropped silently: a gap or damage is a Failure with file, offset,
 *     index.
 * R2: what is cut off was never acknowledged, and is counted.
 * R3: what was replayed is durable before the first new append.
 */
import { Failure } from '../../base/failure.ts';
import type { Index } from '../../base/brand.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { ApplyEntry, EntryCodec } from '../../ports/log.ts';
import type { ScanEnd } from './scan.ts';
import { damaged, judgeTail, scanFrames } from './scan.ts';
import type { Frame } from './scan.ts';
import {
  SEGMENT_HEADER_BYTES,
  chunksOf,
  readSegmentHeader,
  segmentFirst,
  segmentName,
} from './frame.ts';

/** A segment on disk; `last` is `first - 1` while it holds nothing. */
export type Segment = Readonly<{ path: string; first: Index; last: Index }>;

/** What an opening found, for the log line of the agent and for tests. */
export type RecoveryReport = Readonly<{
  segments: number;
  entries: number;
  replayed: number;
  /** Bytes of a frame in flight at the crash, cut off (R2). */
  tornBytes: number;
}>;

/** The outcome of an opening: all segments, oldest first, and where the newest one ends. */
export type Recovered = Readonly<{
  segments: readonly Segment[];
  tail: number;
  next: Index;
  report: RecoveryReport;
}>;

/** What recovery works with. */
export type RecoveryDeps<Entry> = Readonly<{
  disk: Disk;
  codec: EntryCodec<Entry>;
  apply: ApplyEntry<Entry, unknown>;
}>;

/**
 * Reads the log in `dir` and hands every entry after `applied` to `apply`.
 *
 * Fails: `internal` damage (R1), or the log does not reach `applied`, or begins after it.
 */
export async function recover<Entry>(
  dir: string,
  applied: Index,
  deps: RecoveryDeps<Entry>,
): Promise<Recovered> {
  const names = (await deps.disk.list(dir)).filter((name) => segmentFirst(name) !== undefined);
  const segments: Segment[] = [];
  const counts = { entries: 0, replayed: 0, tornBytes: 0 };
  let tail = SEGMENT_HEADER_BYTES;
  for (const [i, name] of names.entries()) {
    const path = `${dir}/${name}`;
    if (i === 0) checkFirst(firstOf(name), path, applied);
    const following = names[i + 1];
    const file = await deps.disk.open(path, following === undefined ? 'write' : 'read');
    try {
      const end = await readSegment(file, { name, following, applied }, deps, counts);
      if (end === undefined) {
        await deps.disk.remove(path);
        continue;
      }
      segments.push({ path, first: firstOf(name), last: (end.index - 1) as Index });
      tail = end.offset;
    } finally {
      await file.close();
    }
  }
  await deps.disk.syncDir(dir);
  const newest = segments.at(-1);
  const last = newest?.last ?? applied;
  if (newest !== undefined && last < applied) {
    throw new Failure(
      'internal',
      `the log in "${dir}" ends at index ${last}, but the state is already at ${applied}`,
      { facts: { last, applied } },
    );
  }
  const report = { segments: segments.length, ...counts };
  return { segments, tail, next: (last + 1) as Index, report };
}

/** Scans one segment; undefined if its creation was cut short and it can go. */
async function readSegment<Entry>(
  file: DiskFile,
  which: Readonly<{ name: string; following: string | undefined; applied: Index }>,
  deps: RecoveryDeps<Entry>,
  counts: { entries: number; replayed: number; tornBytes: number },
): Promise<ScanEnd | undefined> {
  const first = firstOf(which.name);
  const newest = which.following === undefined;
  const header = readSegmentHeader(Buffer.from(await file.read(0, SEGMENT_HEADER_BYTES)));
  if (header.kind === 'version') {
    throw new Failure(
      'unsupported',
      `"${file.path}" has format version ${header.version}, written by a newer program`,
      { facts: { file: file.path } },
    );
  }
  const start = { offset: 0, index: first };
  if (header.kind === 'unwritten' && newest) {
    await judgeTail(file, { offset: 0, index: (first - 1) as Index });
    counts.tornBytes += await file.size();
    return undefined;
  }
  if (header.kind !== 'intact')
    throw damaged(file.path, start, 'the header does not match its checksum');
  if (header.first !== first) {
    throw damaged(file.path, start, `the header says that it begins with ${header.first}`);
  }
  const begin = { offset: SEGMENT_HEADER_BYTES, index: first };
  let last: Frame | undefined;
  const end = await scanFrames(file, begin, (frame) => {
    last = frame;
    counts.entries += frame.header.entries;
    counts.replayed += replay(frame, which.applied, deps);
    return true;
  });
  if (which.following !== undefined && firstOf(which.following) !== end.index) {
    throw damaged(file.path, end, `the next file, "${which.following}", does not continue here`);
  }
  if (newest) await settle(file, end, last, counts);
  return end;
}

/**
 * Makes what was found in the newest segment durable, before anything is built on it (R3): a killed
 * process may have left the last frame in the page cache only, and after a failed fdatasync the
 * system takes it for written though it is not, so it is written anew.
 */
async function settle(
  file: DiskFile,
  end: ScanEnd,
  last: Frame | undefined,
  counts: { tornBytes: number },
): Promise<void> {
  if ((await judgeTail(file, end)) === 'torn') {
    counts.tornBytes += (await file.size()) - end.offset;
    await file.truncate(end.offset);
  }
  if (last !== undefined) {
    await file.write(last.offset, [await file.read(last.offset, last.bytes)]);
  }
  await file.sync();
}

/** Applies what of a frame lies after `applied`; answers how many entries that were. */
function replay<Entry>(frame: Frame, applied: Index, deps: RecoveryDeps<Entry>): number {
  let index = frame.header.index;
  let count = 0;
  for (const chunk of chunksOf(frame.payload)) {
    const end = index + chunk.entries;
    if (end <= applied + 1) {
      index = end as Index;
      continue;
    }
    for (const entry of deps.codec.decode(chunk.bytes)) {
      if (index > applied) {
        deps.apply(index, entry);
        count += 1;
      }
      index = (index + 1) as Index;
    }
  }
  return count;
}

function checkFirst(first: Index, path: string, applied: Index): void {
  if (first <= applied + 1) return;
  throw new Failure(
    'internal',
    `the log begins at index ${first} in "${path}", but the state is only at ${applied}`,
    { facts: { first, applied } },
  );
}

function firstOf(name: string): Index {
  return segmentFirst(name) ?? (0 as Index);
}

/** The path of the segment that begins with `first`. */
export function segmentPath(dir: string, first: Index): string {
  return `${dir}/${segmentName(first)}`;
}
