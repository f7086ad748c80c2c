/** What a server has on disk of the state, and how another's comes into its place. */
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure, explain } from '../base/failure.ts';
import { openLmdbCheckpoint } from '../io/checkpoint/lmdb-checkpoint.ts';
import { systemDisk } from '../io/fs/disk.ts';
import type { Checkpoint } from '../ports/checkpoint.ts';
import type { SentState } from '../ports/state-source.ts';
import { keepState } from '../server/state-fetch.ts';

/** Undefined where a new one finds no room: the log alone holds everything then. */
export async function openCheckpoint(
  dir: string,
  note: (line: string) => void,
): Promise<Checkpoint | undefined> {
  await systemDisk.makeDir(dir);
  try {
    return await openLmdbCheckpoint({ dir }, systemDisk);
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'exhausted') throw error;
    note(explain(error));
    return undefined;
  }
}

/**
 * Puts a state where a checkpoint was, which must be closed. Broken off before its last step it
 * leaves the old one, or none.
 *
 * Fails: as `openLmdbCheckpoint` and `keepState`.
 */
export async function replaceCheckpoint(dir: string, sent: SentState): Promise<void> {
  const fresh = `${dir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await systemDisk.makeDir(fresh);
  try {
    const checkpoint = await openLmdbCheckpoint({ dir: fresh }, systemDisk);
    try {
      await keepState(sent, checkpoint);
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  rmSync(dir, { recursive: true, force: true });
  renameSync(fresh, dir);
  await systemDisk.syncDir(dirname(dir));
}
