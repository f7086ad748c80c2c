/** Unpacks a tar archive from a stream, entry by entry as far as each is admitted. */
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveEntry } from '../../core/artifact/archive.ts';

export interface Tar {
  readonly plain: NodeJS.ReadableStream;
  /** Through which it passes: bounds its size. */
  readonly counted: Transform;
  /** False: this entry is left out. Throws: it ends here. */
  readonly admit: (entry: ArchiveEntry) => boolean;
  /** Files belong to whom they belonged, as far as this process may do that. */
  readonly keepOwners: boolean;
}

/**
 * No program that is unpacked gains rights.
 *
 * @param into exists, and is empty
 * Fails: with what `admit` or the streams failed with, or as the parser says.
 */
export async function untar(
  into: string,
  { plain, counted, admit, keepOwners }: Tar,
  signal: AbortSignal,
): Promise<void> {
  const { extract } = await import('tar');
  const stop = new AbortController();
  let refusal: { readonly cause: unknown } | undefined;
  const extractor = extract({
    cwd: into,
    strict: true,
    preserveOwner: keepOwners,
    filter: (path, entry) => {
      if (refusal !== undefined) return false;
      try {
        return admit(tarEntry(path, 'type' in entry ? entry : undefined));
      } catch (error) {
        // The parser does not pass on what is thrown here.
        refusal = { cause: error };
        stop.abort();
        return false;
      }
    },
    onReadEntry: (entry) => {
      entry.mode = (entry.mode ?? 0o644) & 0o777;
    },
  });
  // What it began before it was stopped may fail when the directory is gone: nobody else listens.
  extractor.on('error', (cause: unknown) => {
    refusal ??= { cause };
  });
  const options = { signal: AbortSignal.any([signal, stop.signal]) };
  await pipeline(plain, counted, extractor as unknown as NodeJS.WritableStream, options).catch(
    (error: unknown) => {
      refusal ??= { cause: error };
    },
  );
  if (refusal !== undefined) throw refusal.cause;
}

const TAR_KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'directory',
  GNUDumpDir: 'directory',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
};

function tarEntry(
  path: string,
  entry: { readonly type: string; readonly linkpath?: string } | undefined,
): ArchiveEntry {
  const kind = TAR_KINDS[entry?.type ?? ''] ?? 'other';
  return { path, kind, ...(entry?.linkpath === undefined ? {} : { target: entry.linkpath }) };
}
