/**
 * Archives: what is unpacked by its name, and which entries may be.
 *
 * AR1: nothing in an archive leaves the directory that it is unpacked into: neither by its path,
 *      nor by a link, nor as a device.
 */
import { FILE_NAME_BYTES_MAX, PATH_BYTES_MAX } from '../limits.ts';

/** How a file is packed: an archive of many, or one file made smaller. */
export interface Packing {
  readonly container: 'tar' | 'zip' | 'single';
  readonly compression: 'none' | 'gzip' | 'bzip2' | 'xz';
}

const BY_ENDING: readonly (readonly [ending: string, packing: Packing])[] = [
  ['tar.gz', { container: 'tar', compression: 'gzip' }],
  ['tgz', { container: 'tar', compression: 'gzip' }],
  ['tar.bz2', { container: 'tar', compression: 'bzip2' }],
  ['tbz2', { container: 'tar', compression: 'bzip2' }],
  ['tar.xz', { container: 'tar', compression: 'xz' }],
  ['txz', { container: 'tar', compression: 'xz' }],
  ['tar', { container: 'tar', compression: 'none' }],
  ['zip', { container: 'zip', compression: 'none' }],
  ['gz', { container: 'single', compression: 'gzip' }],
  ['bz2', { container: 'single', compression: 'bzip2' }],
  ['xz', { container: 'single', compression: 'xz' }],
];

/** Of a file by its name; undefined: it is not packed. */
export function packingOf(fileName: string): Packing | undefined {
  const lower = fileName.toLowerCase();
  return BY_ENDING.find(([ending]) => lower.endsWith(`.${ending}`))?.[1];
}

/** Of an `archive` option; undefined: there is no such kind. */
export function packingNamed(kind: string): Packing | undefined {
  return BY_ENDING.find(([ending]) => ending === kind)?.[1];
}

/** The name of a single file once it is unpacked: `data.json.gz` becomes `data.json`. */
export function unpackedName(fileName: string): string {
  return fileName.replace(/\.(gz|bz2|xz)$/i, '');
}

export interface ArchiveEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Where a link leads: a symbolic one from its own directory, a hard one from the root. */
  readonly target?: string;
}

/** What is wrong with an entry; undefined: it may be unpacked (AR1). */
export function entryProblem({ path, kind, target = '' }: ArchiveEntry): string | undefined {
  if (!staysInside(path)) return 'leads out of the directory';
  if (isTooLong(path)) return 'has a name that is too long';
  switch (kind) {
    case 'file':
    case 'directory':
      return undefined;
    case 'symlink':
      return staysInside(target.startsWith('/') ? target : `${path}/../${target}`)
        ? undefined
        : `is a link to "${target}", out of the directory`;
    case 'hardlink':
      return staysInside(target) ? undefined : `is a link to "${target}", out of the directory`;
    case 'other':
      return 'is neither a file, a directory nor a link';
  }
}

/** A path that no file system here holds. */
function isTooLong(path: string): boolean {
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  if (path.length > PATH_BYTES_MAX || bytes(path) > PATH_BYTES_MAX) return true;
  return path.split('/').some((part) => bytes(part) > FILE_NAME_BYTES_MAX);
}

/** True for relative paths that never climb above where they begin. */
export function staysInside(path: string): boolean {
  if (path.startsWith('/') || path.includes('\0') || path.includes('\\')) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    depth += part === '..' ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

/** True where a path fits a pattern of the same depth: `*`, `?` and `[a-z]` match within a part. */
export function fitsPattern(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const parts = path.split('/');
  return wanted.length === parts.length && wanted.every((one, i) => fitsPart(one, parts[i] ?? ''));
}

/** True where a path is a pattern and no name. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

function fitsPart(pattern: string, name: string): boolean {
  let expression = '';
  for (const [token] of pattern.matchAll(/\[\^?[^\]]+\]|[^]/g)) {
    if (token === '*') expression += '.*';
    else if (token === '?') expression += '.';
    else if (token.length > 1) expression += token.replaceAll('\\', '\\\\');
    else expression += token.replace(/[.+^${}()|[\]\\/-]/g, '\\$&');
  }
  try {
    return new RegExp(`^${expression}$`, 's').test(name);
  } catch {
    // `[z-a]` is no class; nothing fits it.
    return false;
  }
}
