/** Unpacks archives into a directory of their own, within their budget (`budget.ts`). */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { Failure } from '../../base/failure.ts';
import type { ArtifactLimits } from '../../core/artifact/artifact-limits.ts';
import { unpackedName } from '../../core/artifact/archive.ts';
import type { ArchiveEntry, Packing } from '../../core/artifact/archive.ts';
import { Budget } from './budget.ts';
import { untar } from './untar.ts';

export interface Unpacking {
  /** The archive on disk. */
  readonly file: string;
  /** As people know it; named in errors. */
  readonly name: string;
  /** Exists, and is empty. */
  readonly into: string;
  readonly limits: ArtifactLimits;
}

/** Fails: `invalid` an entry that may not be, or a broken archive; `exhausted` it is too large. */
export async function unpack(
  work: Unpacking,
  packing: Packing,
  signal: AbortSignal,
): Promise<void> {
  const budget = new Budget(work.name, (await stat(work.file)).size, work.limits);
  try {
    if (packing.container === 'zip') await unpackZip(work, budget, signal);
    else {
      const plain = await decompressed(work.file, packing.compression);
      const counted = budget.counting();
      if (packing.container === 'tar') {
        const admit = (entry: ArchiveEntry): boolean => {
          budget.admit(entry);
          return true;
        };
        // The agent may be root; what it unpacks belongs to it.
        const tar = { plain, counted, admit, keepOwners: false };
        await untar(work.into, tar, signal);
      } else {
        const target = join(work.into, unpackedName(basename(work.file)));
        await pipeline(plain, counted, createWriteStream(target), { signal });
      }
    }
  } catch (cause) {
    if (signal.aborted) throw new Failure('canceled', 'the unpacking was given up');
    if (cause instanceof Failure) throw cause;
    throw new Failure('invalid', `cannot unpack ${work.name}`, { cause });
  }
}

async function decompressed(
  file: string,
  compression: Packing['compression'],
): Promise<NodeJS.ReadableStream> {
  const packed = createReadStream(file);
  switch (compression) {
    case 'none':
      return packed;
    case 'gzip':
      return passing(packed, createGunzip());
    case 'bzip2': {
      const { default: unbzip2 } = await import('unbzip2-stream');
      return passing(packed, unbzip2());
    }
    case 'xz': {
      const { XzReadableStream } = await import('xz-decompress');
      const web = Readable.toWeb(packed) as unknown as globalThis.ReadableStream<Uint8Array>;
      return Readable.fromWeb(new XzReadableStream(web) as unknown as ReadableStream);
    }
  }
}

/** Both streams as one: an error of either is the reader's. */
function passing(from: Readable, through: NodeJS.ReadWriteStream): NodeJS.ReadableStream {
  const out = new PassThrough();
  pipeline(from, through, out).catch((error: unknown) => {
    out.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return out;
}

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;

async function unpackZip(
  { file, into }: Unpacking,
  budget: Budget,
  signal: AbortSignal,
): Promise<void> {
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(file, { lazyEntries: true, decodeStrings: true });
  try {
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      const mode = entry.externalFileAttributes >>> 16;
      const path = entry.fileName;
      if (path.endsWith('/')) {
        budget.admit({ path, kind: 'directory' });
        await mkdir(join(into, path), { recursive: true });
        continue;
      }
      const isLink = (mode & S_IFMT) === S_IFLNK;
      const content = await zip.openReadStreamPromise(entry);
      const target = isLink ? await textOf(content.pipe(budget.counting())) : undefined;
      budget.admit({
        path,
        kind: isLink ? 'symlink' : 'file',
        ...(target === undefined ? {} : { target }),
      });
      await mkdir(dirname(join(into, path)), { recursive: true });
      if (target !== undefined) await symlink(target, join(into, path));
      else {
        const bits = mode === 0 ? 0o644 : mode & 0o777;
        // A link of an earlier entry is not followed: the file must be new.
        const out = createWriteStream(join(into, path), { mode: bits, flags: 'wx' });
        await pipeline(content, budget.counting(), out, { signal });
      }
    }
  } finally {
    zip.close();
  }
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString('utf8');
}
