/** Files as a person at a command line names them; `-` is standard input. */
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure, type Fault } from '../../base/failure.ts';

/** The largest file read whole [bytes]: far above any job file. */
const SIZE_MAX = 64 * 1024 * 1024;

export interface TextFiles {
  /** Fails: `not_found`, `denied`, `invalid` (not UTF-8, a directory), `exhausted` (too large). */
  read(path: string): Promise<string>;
  /** The same for content that need not be text. */
  readBytes(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** The files in a directory; undefined where it is none. Fails: `not_found`, `denied`. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Fails: `conflict` where there is one already. */
  create(path: string, text: string): Promise<void>;
  /** At once, for its owner alone. Fails: `invalid` no plain file is there; else as `create`. */
  writeBytes(path: string, bytes: Uint8Array): Promise<void>;
}

export function textFiles(stdin: Readable): TextFiles {
  const readBytes = (path: string): Promise<Buffer> =>
    path === '-' ? readAll(stdin) : readWhole(path);
  return {
    read: async (path) => decode(path, await readBytes(path)),
    readBytes,
    exists: (path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    list: async (path) => {
      try {
        if (!(await stat(path)).isDirectory()) return undefined;
        const found = await readdir(path, { withFileTypes: true });
        const files = found.filter((one) => !one.isDirectory()).map(({ name }) => name);
        return files.sort().map((name) => join(path, name));
      } catch (cause) {
        throw new Failure(faultOf(cause), `cannot read "${path}"`, { cause });
      }
    },
    create: async (path, text) => {
      try {
        await using file = await open(path, 'wx', 0o644);
        await file.writeFile(text);
      } catch (cause) {
        throw new Failure(faultOf(cause), `cannot write "${path}"`, { cause });
      }
    },
    writeBytes: writeWhole,
  };
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const before = await stat(path).catch(() => undefined);
  // A device would be replaced by a file.
  if (before?.isFile() === false) throw new Failure('invalid', `"${path}" is not a plain file`);
  const { replaceFile } = await import('../template/replace-file.ts');
  await replaceFile(path, bytes, { perms: 0o600, backup: false, createDirectories: false });
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Failure('invalid', `"${path}" is a directory`);
    if (found.size > SIZE_MAX) throw tooLarge(path);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(faultOf(cause), `cannot read "${path}"`, { cause });
  }
}

async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > SIZE_MAX) throw tooLarge('-');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('invalid', `"${path}" is not UTF-8 text`, { cause });
  }
}

function tooLarge(path: string): Failure {
  return new Failure('exhausted', `"${path}" is larger than ${SIZE_MAX / 1024 / 1024} MiB`);
}

const FAULTS: Readonly<Record<string, Fault>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EACCES: 'denied',
  EPERM: 'denied',
  EEXIST: 'conflict',
  ENOSPC: 'exhausted',
};

function faultOf(cause: unknown): Fault {
  return FAULTS[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'invalid';
}
