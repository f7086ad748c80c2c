/**
 * The embedded log engine: segment files of our own, for one server.
 *
 * E1: appends that wait share one durable write (group commit); while it runs, the next are
 *     encoded.
 * E2: `apply` runs right after that write, then the outcomes are given out (L2, L4).
 * E3: a full disk refuses an append and leaves no trace of it; the next append tries again.
 * E4: any other failure of the disk ends all writing until the next opening: an fdatasync that
 *     failed once must not be believed when it later succeeds. Reading goes on.
 * E5: the directory is held by one process at a time.
 *
 * It knows files only through the Disk port, so simulations run this very code.
 */
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Disk, DiskLock } from '../../ports/disk.ts';
import type {
  ApplyEntry,
  Committed,
  EntryCodec,
  Leadership,
  Log,
  Logged,
} from '../../ports/log.ts';
import { AppendQueue } from './append-queue.ts';
import type { Pending } from './append-queue.ts';
import { Broadcast } from './broadcast.ts';
import { frameBytes, payloadBytesOf, writeFrame } from './frame.ts';
import { PREALLOCATE_BYTES, SEGMENT_BYTES } from './limits.ts';
import { readEntries } from './read-entries.ts';
import { recover, segmentPath } from './recover.ts';
import type { RecoveryReport, Segment } from './recover.ts';
import { SegmentWriter, isExhausted } from './segment-writer.ts';
import type { SegmentSizes } from './segment-writer.ts';
import { raiseTerm } from './term.ts';

/** Where the log lives and from where on it is replayed. */
export type SegmentLogOptions = Readonly<{
  dir: string;
  /**
   * The index that the state is at already (a checkpoint's); later entries are applied on opening.
   */
  applied: Index;
  segmentBytes?: number;
  preallocateBytes?: number;
}>;

/** What the engine works with. */
export type SegmentLogDeps<Entry, Outcome> = Readonly<{
  disk: Disk;
  codec: EntryCodec<Entry>;
  apply: ApplyEntry<Entry, Outcome>;
}>;

/**
 * Opens the log, creating it if there is none, and applies what the state does not hold yet.
 *
 * Fails: `conflict` another process holds the directory; `internal` the log is damaged (file,
 * offset and index are named); `exhausted` a new log does not fit on the disk; `unavailable`.
 */
export async function openSegmentLog<Entry, Outcome>(
  options: SegmentLogOptions,
  deps: SegmentLogDeps<Entry, Outcome>,
): Promise<SegmentLog<Entry, Outcome>> {
  await deps.disk.makeDir(options.dir);
  const lock = await deps.disk.lock(options.dir);
  try {
    const sizes: SegmentSizes = {
      segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
      preallocateBytes: options.preallocateBytes ?? PREALLOCATE_BYTES,
    };
    const found = await recover(options.dir, options.applied, deps);
    const newest = found.segments.at(-1);
    let writer: SegmentWriter | undefined;
    if (newest !== undefined) {
      const file = await deps.disk.open(newest.path, 'write');
      writer = await SegmentWriter.reopen(file, sizes, { first: newest.first, tail: found.tail });
    }
    const term = await raiseTerm(deps.disk, options.dir);
    const { segments, report } = found;
    const opened = { dir: options.dir, sizes, lock, term, next: found.next, segments, report };
    return new SegmentLog(opened, writer, deps);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Opened = Readonly<{
  dir: string;
  sizes: SegmentSizes;
  lock: DiskLock;
  term: number;
  next: Index;
  segments: readonly Segment[];
  report: RecoveryReport;
}>;

/** See the head of the file; made by `openSegmentLog`. */
export class SegmentLog<Entry, Outcome> implements Log<Entry, Outcome> {
  /** What the opening found. */
  readonly report: RecoveryReport;
  readonly #opened: Opened;
  readonly #deps: SegmentLogDeps<Entry, Outcome>;
  readonly #queue: AppendQueue<Entry, Outcome>;
  readonly #changed = new Broadcast();
  /** Full segments, oldest first; the newest one belongs to the writer. */
  readonly #sealed: Segment[];
  #writer: SegmentWriter | undefined;
  #next: Index;
  #stopped: Failure | undefined;
  #committing: Promise<void> | undefined;
  #maintaining: Promise<void> = Promise.resolve();
  #staging: Buffer = Buffer.alloc(64 * 1024);

  constructor(
    opened: Opened,
    writer: SegmentWriter | undefined,
    deps: SegmentLogDeps<Entry, Outcome>,
  ) {
    this.report = opened.report;
    this.#opened = opened;
    this.#deps = deps;
    this.#queue = new AppendQueue(deps.codec);
    this.#sealed = opened.segments.slice(0, -1);
    this.#writer = writer;
    this.#next = opened.next;
  }

  get firstIndex(): Index {
    return this.#sealed[0]?.first ?? this.#writer?.first ?? this.#next;
  }

  get lastIndex(): Index {
    return (this.#next - 1) as Index;
  }

  append(entries: readonly Entry[], signal?: AbortSignal): Promise<readonly Committed<Outcome>[]> {
    return this.#enqueue(entries, signal);
  }

  read(from: Index, signal: AbortSignal): AsyncIterable<Logged<Entry>> {
    return readEntries(from, signal, {
      disk: this.#deps.disk,
      codec: this.#deps.codec,
      changed: this.#changed,
      firstIndex: () => this.firstIndex,
      lastIndex: () => this.lastIndex,
      isOpen: () => !this.#isClosed,
      segmentOf: (index) => this.#segmentOf(index),
    });
  }

  async *leadership(signal: AbortSignal): AsyncIterable<Leadership> {
    let told: boolean | undefined;
    while (!signal.aborted) {
      const leading = this.#stopped === undefined;
      if (leading !== told) yield { leading, term: this.#opened.term };
      else await this.#changed.wait(signal);
      told = leading;
    }
  }

  compact(upTo: Index): Promise<void> {
    const work = this.#maintaining.then(() => this.#compact(upTo));
    // Those who come later wait for this one, but its failure is its own caller's to handle.
    this.#maintaining = work.catch(() => undefined);
    return work;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#committing !== undefined) await this.#committing;
    this.#stop(new Failure('unavailable', 'the log is closed'));
    await this.#maintaining;
    await this.#writer?.close();
    await this.#opened.lock.release();
  }

  #isClosed = false;

  async #enqueue(
    entries: readonly Entry[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Committed<Outcome>[]> {
    if (this.#isClosed) throw new Failure('unavailable', 'the log is closed');
    if (this.#stopped !== undefined) throw this.#stopped;
    if (signal?.aborted === true) throw new Failure('canceled', 'gave up before an append');
    if (entries.length === 0) return [];
    const settled = this.#queue.add(entries, signal);
    this.#committing ??= this.#commitAll();
    return await settled;
  }

  /** The one loop that writes. Runs while anything waits; never rejects. */
  async #commitAll(): Promise<void> {
    // Everybody who appends in this turn of the event loop shares the first commit (E1).
    await Promise.resolve();
    while (!this.#queue.isEmpty && this.#stopped === undefined) {
      const group = this.#queue.take();
      try {
        await this.#commit(group);
      } catch (error) {
        this.#refuse(group, error);
      }
    }
    this.#committing = undefined;
  }

  async #commit(group: readonly Pending<Entry, Outcome>[]): Promise<void> {
    const chunks = group.map((pending) => pending.chunk);
    const bytes = frameBytes(payloadBytesOf(chunks));
    const writer = await this.#writerFor(bytes);
    if (this.#staging.length < bytes) this.#staging = Buffer.alloc(bytes);
    const at = { index: this.#next, term: this.#opened.term };
    const length = writeFrame(this.#staging, chunks, at);
    await writer.commit(this.#staging.subarray(0, length));
    this.#apply(group);
  }

  #apply(group: readonly Pending<Entry, Outcome>[]): void {
    const settle: (() => void)[] = [];
    for (const pending of group) {
      const committed = pending.entries.map((entry) => {
        const index = this.#next;
        const outcome = this.#deps.apply(index, entry);
        this.#next = (index + 1) as Index;
        return { index, outcome };
      });
      settle.push(() => pending.resolve(committed));
    }
    for (const each of settle) each();
    this.#changed.notify();
  }

  /** The segment that takes a frame of this size, after sealing the full one if need be. */
  async #writerFor(bytes: number): Promise<SegmentWriter> {
    const current = this.#writer;
    if (current?.hasRoom(bytes) === true) return current;
    const { dir, sizes, term } = this.#opened;
    const first = this.#next;
    const created = await SegmentWriter.create(this.#deps.disk, dir, { first, term }, sizes);
    this.#writer = created;
    if (current !== undefined) {
      this.#sealed.push({ path: current.path, first: current.first, last: this.lastIndex });
      await current.seal();
    }
    return created;
  }

  #refuse(group: readonly Pending<Entry, Outcome>[], error: unknown): void {
    if (isExhausted(error)) {
      const full = new Failure('exhausted', 'cannot append: the disk is full', { cause: error });
      for (const pending of group) pending.reject(full);
      return;
    }
    const stopped = new Failure('unavailable', 'the log takes no more writes until a restart', {
      cause: error,
    });
    // What is no Failure is a bug, such as a throw of `apply`: its callers must see it as one.
    const bug = error instanceof Error && !(error instanceof Failure) ? error : undefined;
    for (const pending of group) pending.reject(bug ?? stopped);
    this.#stop(stopped);
  }

  #stop(why: Failure): void {
    this.#stopped ??= why;
    this.#queue.refuseAll(this.#stopped);
    this.#changed.notify();
  }

  async #compact(upTo: Index): Promise<void> {
    for (;;) {
      const oldest = this.#sealed[0];
      if (oldest === undefined || oldest.last > upTo || this.#isClosed) return;
      this.#sealed.shift();
      await this.#deps.disk.remove(oldest.path);
      // Oldest first and each durably, so that a crash never leaves a gap (R1 of recover.ts).
      await this.#deps.disk.syncDir(this.#opened.dir);
    }
  }

  /** The segment that holds a durable index, and where its frames end if it is still written. */
  #segmentOf(index: Index): { path: string; first: Index; tail: number | undefined } {
    const sealed = this.#sealed.find((segment) => index <= segment.last && index >= segment.first);
    if (sealed !== undefined) return { path: sealed.path, first: sealed.first, tail: undefined };
    const writer = this.#writer;
    assert(writer !== undefined && index >= writer.first, 'a durable index is in some segment');
    return {
      path: segmentPath(this.#opened.dir, writer.first),
      first: writer.first,
      tail: writer.tail,
    };
  }
}
