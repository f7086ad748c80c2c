/**
 * Opens what lies inside an allocation's directory, and nothing else.
 *
 * IN1: a path may hold links, as tasks make them; where they end is looked at after opening, on the
 *      open file itself, so that a task that swaps a link meanwhile gains nothing.
 * IN2: only plain files and folders are opened: a pipe would hold us, a device could do worse.
 * IN3: what tasks keep as secrets is not read.
 */
import { constants } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { failureOf, isAbsent } from './errors.ts';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;

export interface Opened extends AsyncDisposable {
  readonly file: FileHandle;
  /** Where it really is. */
  readonly real: string;
  readonly isDirectory: boolean;
}

/** Fails: `not_found`, `denied`. */
export async function openInside(root: string, path: string): Promise<Opened> {
  const wanted = normalize(join('/', path));
  try {
    const realRoot = await realpath(root);
    const file = await open(join(realRoot, wanted), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      return await checked(file, realRoot, path);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    if (isAbsent(error)) throw new Failure('not_found', `no such file: "${path}"`);
    throw failureOf(error, `cannot open "${path}"`);
  }
}

async function checked(file: FileHandle, realRoot: string, path: string): Promise<Opened> {
  // A removed file's name ends in " (deleted)": then it leads nowhere, which is as good as absent.
  const real = await readlink(`/proc/self/fd/${file.fd}`);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) {
    throw new Failure('denied', `"${path}" leads out of the allocation's directory`);
  }
  if (isSecret(real.slice(realRoot.length + 1))) {
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
