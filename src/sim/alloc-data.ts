import { Failure } from '../base/failure.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { AllocData, Unpacked } from '../ports/alloc-data.ts';
import type { SimAllocDirs } from './alloc-dirs.ts';

/** What arrives becomes one file, `alloc/data/arrived`; what leaves is that file. */
export class SimAllocData implements AllocData {
  readonly #dirs: SimAllocDirs;

  constructor(dirs: SimAllocDirs) {
    this.#dirs = dirs;
  }

  async *pack(id: AllocId): AsyncIterable<Uint8Array> {
    const text = await Promise.resolve(this.#dirs.text(id, ARRIVED));
    if (text === undefined) throw new Failure('not_found', `allocation ${id} has left no data`);
    yield new TextEncoder().encode(text);
  }

  async unpack(
    id: AllocId,
    _: readonly string[],
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<Unpacked> {
    const all: number[] = [];
    for await (const piece of pieces) all.push(...piece);
    await this.#dirs.writeFile(id, ARRIVED, { bytes: Uint8Array.from(all), mode: 0o644 });
    return { files: 1, bytes: all.length, linksLeftOut: 0 };
  }
}

const ARRIVED = 'alloc/data/arrived';
