/**
 * The data that outlives an allocation (`alloc/data`, and each task's `local`), on its way between
 * machines.
 */
import type { AllocId } from '../core/model/ids.ts';

export interface AllocData {
  /**
   * All of it as one stream (a tar archive); what is neither a file, a folder nor a link is left
   * out. Nothing of the allocation runs any more.
   */
  pack(id: AllocId, tasks: readonly string[], signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Puts the data of another allocation in the place of this one's own: all of it, or nothing.
   * Links that lead out of it are left out.
   *
   * Fails: `invalid` an entry that would land elsewhere, or no such stream; `exhausted` it is too
   * large, or the disk is full; `canceled`; what the stream fails with.
   */
  unpack(
    id: AllocId,
    tasks: readonly string[],
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Unpacked>;
}

export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
  readonly linksLeftOut: number;
}
