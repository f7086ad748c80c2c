/**
 * Small files in which a role keeps what it must know after a restart.
 *
 * A name is a path of plain segments (`allocs/ID/run.json`). A write replaces the whole file at
 * once: a reader, also one after a crash of this process, finds the old content or the new.
 *
 * Fails (all methods): `unavailable` the disk refuses, `exhausted` it is full.
 */
export interface StateFiles {
  /** The content, or undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** @param durable survives a power cut too; else only the end of this process */
  write(name: string, bytes: Uint8Array, durable: boolean): Promise<void>;
  /** Removes a file or a folder with all it holds; content when there is none. */
  remove(name: string): Promise<void>;
  /** Names in a folder, sorted; none where there is no folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Takes a file that cannot be read out of the way; answers where it lies now, for people. */
  setAside(name: string): Promise<string>;
}
