/**
 * Opens what lies inside an allocation's directory, and nothing else.
 *
 * IN1: a path may hold links, as tasks make them; where they end is looked at after opening, on the
 *      open file itself, so that a task that swaps a link meanwhile gains nothing.
 * IN2: only plain files and folders are opened: a pipe would hold us, a device could do worse.
 * IN3: what tasks keep as secrets is read for themselves alone; it may be written.
 */
import { constants } from 'node:fs';
import { mkdir, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { failureOf, isAbsent } from './errors.ts';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_DIRECTORY } = constants;

export interface Opened extends AsyncDisposable {
  readonly file: FileHandle;
  /** Where it really is. */
  readonly real: string;
  readonly isDirectory: boolean;
}

/** @param reader the task that it is read for. Fails: `not_found`, `denied`. */
export async function openInside(root: string, path: string, reader?: string): Promise<Opened> {
  const wanted = normalize(join('/', path));
  try {
    const realRoot = await realpath(root);
    const file = await open(join(realRoot, wanted), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      return await checked(file, { realRoot, path, reader });
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    if (isAbsent(error)) throw new Failure('not_found', `no such file: "${path}"`);
    throw failureOf(error, `cannot open "${path}"`);
  }
}

/** The name of something in an open folder: what the folder is reached by may change, not this. */
export function nameIn(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/**
 * Opens a folder to write into, and makes what of it is missing: each part within the one before,
 * so that none is made elsewhere (IN1). Fails: `denied`, `not_found` a link leads nowhere.
 */
export async function makeInside(root: string, path: string): Promise<FileHandle> {
  const realRoot = await realpath(root);
  let folder = await open(realRoot, O_RDONLY | O_DIRECTORY);
  try {
    for (const part of normalize(join('/', path)).split(sep)) {
      if (part === '') continue;
      const next = await enter(nameIn(folder, part));
      await folder.close();
      folder = next;
      await within(folder, realRoot, path);
    }
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function enter(path: string): Promise<FileHandle> {
  try {
    return await open(path, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  await mkdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  return open(path, O_RDONLY | O_DIRECTORY);
}

/** Where it really is, inside the root. Fails: `denied`. */
async function within(file: FileHandle, realRoot: string, path: string): Promise<string> {
  // A removed file's name ends in " (deleted)": then it leads nowhere, which is as good as absent.
  const real = await readlink(`/proc/self/fd/${file.fd}`);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) {
    throw new Failure('denied', `"${path}" leads out of the allocation's directory`);
  }
  return real;
}

async function checked(
  file: FileHandle,
  {
    realRoot,
    path,
    reader,
  }: { readonly realRoot: string; readonly path: string; readonly reader: string | undefined },
): Promise<Opened> {
  const real = await within(file, realRoot, path);
  const inRoot = real.slice(realRoot.length + 1);
  if (isSecret(inRoot) && inRoot.split(sep)[0] !== reader) {
    throw new Failure('denied', `reading secrets is prohibited: "${path}"`);
  }
  const stat = await file.stat();
  if (!stat.isFile() && !stat.isDirectory()) {
    throw new Failure('denied', `"${path}" is neither a file nor a folder`);
  }
  const isDirectory = stat.isDirectory();
  return { file, real, isDirectory, [Symbol.asyncDispose]: () => file.close() };
}

/** `TASK/secrets` and what is below it. */
function isSecret(path: string): boolean {
  const [task, folder] = path.split(sep);
  return task !== 'alloc' && (folder === 'secrets' || folder === 'private');
}
