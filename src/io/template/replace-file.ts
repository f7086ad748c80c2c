/**
 * Puts a file's new content in the place of the old, at once: whoever reads sees all of one or all
 * of the other, also after a crash.
 *
 * W1: the file of before keeps its owner and its mode, unless others are asked for.
 * W2: equal content is not written.
 */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { numberOf } from './files.ts';

export interface Replacing {
  /** Mode of the file; that of the one before, or 0644, where absent. */
  readonly perms?: number;
  /** Names or numbers; absent: those of the file before. */
  readonly user?: string;
  readonly group?: string;
  /** Keeps the content of before in `<path>.bak`. */
  readonly backup: boolean;
  readonly createDirectories: boolean;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

interface Wanted {
  readonly perms: number;
  readonly owner: Owner | undefined;
}

const DEFAULT_PERMS = 0o644;

/**
 * Answers whether the content is another one than before.
 *
 * Fails: `not_found` no such directory; `denied`, `exhausted`, `internal` otherwise.
 */
export async function replaceFile(
  path: string,
  content: Uint8Array,
  options: Replacing,
): Promise<boolean> {
  try {
    if (options.createDirectories) await makeDirectories(resolve(dirname(path)));
    // What a link points to is replaced, not the link.
    const target = await realpath(path).catch(() => path);
    const before = await stat(target).catch(() => undefined);
    if (before?.isDirectory() === true) throw new Failure('invalid', `"${path}" is a directory`);
    const old = before === undefined ? undefined : await readFile(target);
    const perms = options.perms ?? (before === undefined ? DEFAULT_PERMS : before.mode & 0o7777);
    const owner = await ownerOf(options, before);
    if (before !== undefined && old !== undefined && old.equals(content)) {
      await adjust(target, before, { perms, owner });
      return false;
    }
    if (old !== undefined && options.backup) await keepBackup(target);
    await putInPlace(target, content, { perms, owner });
    return true;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(faultOf(cause), `cannot write "${path}"`, { cause });
  }
}

/** Not Node's own recursive form, which never ends where the system refuses new directories. */
async function makeDirectories(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists || dirname(path) === path) return;
  await makeDirectories(dirname(path));
  await mkdir(path, { mode: 0o755 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

async function putInPlace(target: string, content: Uint8Array, as: Wanted): Promise<void> {
  const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    await using file = await open(draft, 'wx', as.perms);
    await file.writeFile(content);
    if (as.owner !== undefined) await file.chown(as.owner.uid, as.owner.gid).catch(ifAllowed);
    // After the owner, which clears some bits; and the mode of `open` was masked.
    await file.chmod(as.perms);
    await file.sync();
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** Only the superuser may give files away; others keep them. */
function ifAllowed(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
}

/** Undefined: whoever this process is. */
async function ownerOf(
  { user, group }: Replacing,
  before: Stats | undefined,
): Promise<Owner | undefined> {
  if (user === undefined && group === undefined) return before;
  const uid = user === undefined ? before?.uid : await numberOf(user, '/etc/passwd');
  const gid = group === undefined ? before?.gid : await numberOf(group, '/etc/group');
  return { uid: uid ?? -1, gid: gid ?? -1 };
}

/** A file whose content is right already. */
async function adjust(path: string, before: Stats, { perms, owner }: Wanted): Promise<void> {
  const hasOwner = (now: number, wanted: number | undefined): boolean =>
    wanted === undefined || wanted === -1 || wanted === now;
  const isOwned = hasOwner(before.uid, owner?.uid) && hasOwner(before.gid, owner?.gid);
  if (isOwned && (before.mode & 0o7777) === perms) return;
  await using file = await open(path, 'r');
  if (!isOwned && owner !== undefined) await file.chown(owner.uid, owner.gid);
  await file.chmod(perms);
}

async function keepBackup(path: string): Promise<void> {
  const draft = `${path}.bak.${randomBytes(6).toString('hex')}`;
  await copyFile(path, draft);
  await rename(draft, `${path}.bak`);
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

function faultOf(cause: unknown): 'denied' | 'exhausted' | 'internal' | 'not_found' {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'not_found';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'denied';
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'exhausted' : 'internal';
}
