/**
 * Files with the guarantees that a log needs, and no others.
 *
 * What was written is durable once a later `sync` resolved; before that, a crash may keep all, some
 * or none of it, torn at 512-byte sectors. A name is durable once a later `syncDir` resolved. A
 * `sync` that failed leaves the written bytes in doubt for good: it is never worth repeating.
 *
 * Fails (all methods): `exhausted` no room; `not_found`, `conflict` (exists, or is locked),
 * `denied` as they say; `unavailable` everything else the device or system refuses.
 */
export interface Disk {
  /**
   * Opens a file.
   *
   * `create` makes a new one and fails with `conflict` if there is one; `write` opens an existing
   * one for reading and writing; `read` for reading only.
   */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile>;
  /** Names in a directory, sorted; `not_found` if it is absent. */
  list(dir: string): Promise<readonly string[]>;
  /** Makes a directory and its parents, durably; content if it exists. */
  makeDir(dir: string): Promise<void>;
  /** Takes a file's name away. Who holds it open may go on reading. */
  remove(path: string): Promise<void>;
  /** Makes creations and removals in the directory durable. */
  syncDir(dir: string): Promise<void>;
  /** Room left for this process on the file system that holds `dir` [bytes]. */
  freeBytes(dir: string): Promise<number>;
  /**
   * Claims an existing directory for this process until the claim is released or the process ends,
   * however it ends. Fails with `conflict`, naming the holder, while another holds it.
   */
  lock(dir: string): Promise<DiskLock>;
}

/** A claim on a directory. */
export interface DiskLock {
  release(): Promise<void>;
}

/**
 * An open file. Concurrent reads are allowed; writes, truncates and syncs are the caller's to
 * order.
 */
export interface DiskFile {
  readonly path: string;
  /** Its present length [bytes]. */
  size(): Promise<number>;
  /** Up to `length` bytes from `offset`, fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Writes the chunks one after the other from `offset`. After a failure any part may be written.
   */
  write(offset: number, chunks: readonly Uint8Array[]): Promise<void>;
  /**
   * Writes likewise, and resolves once that is durable; what was written before it otherwise need
   * not be. After `exhausted`, any part may be written and nothing that was durable is harmed;
   * after other failures, what was written is in doubt as after a `sync` that failed.
   */
  writeThrough(offset: number, chunks: readonly Uint8Array[]): Promise<void>;
  /** Sets its length, cutting off the end or adding zeros. */
  truncate(length: number): Promise<void>;
  /** Makes content and length durable (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}
