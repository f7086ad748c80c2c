/**
 * One simulated file: what is in the page cache, and what the medium held before (D1 of disk.ts).
 */
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';

const SECTOR = 512;

export class SimInode {
  #bytes = new Uint8Array(SECTOR);
  #length = 0;
  #durableLength = 0;
  /** For each sector changed since the last sync: what the medium holds there. */
  readonly #before = new Map<number, Uint8Array>();

  /** For each sector that a failed sync did not write: what the medium holds there. */
  readonly #doomed = new Map<number, Uint8Array>();

  get length(): number {
    return this.#length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, Math.min(this.#length, offset + length));
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const end = offset + bytes.length;
    this.#grow(end);
    this.#remember(offset, end);
    this.#bytes.set(bytes, offset);
    this.#length = Math.max(this.#length, end);
  }

  truncate(length: number): void {
    this.#grow(length);
    this.#remember(Math.min(length, this.#length), Math.max(length, this.#length));
    this.#bytes.fill(0, length);
    this.#length = length;
  }

  sync(): void {
    this.#before.clear();
    this.#durableLength = this.#length;
  }

  /** What a write-through makes durable: its own sectors, and that the file is so long. */
  syncRange(from: number, to: number): void {
    for (let sector = Math.floor(from / SECTOR); sector * SECTOR < to; sector++) {
      this.#before.delete(sector);
    }
    this.#durableLength = Math.max(this.#durableLength, Math.min(to, this.#length));
  }

  /**
   * As Linux does when the device fails: the changes stay readable and count as written, so that no
   * later sync writes them again; only writing them anew does.
   */
  failSync(): void {
    for (const [sector, before] of this.#before) {
      if (!this.#doomed.has(sector)) this.#doomed.set(sector, before);
    }
    this.sync();
  }

  /** Keeps or undoes each change since the last sync, sector by sector, and the length. */
  losePower(random: Random): void {
    for (const [sector, before] of this.#before) {
      if (random.next() < 0.5) this.#bytes.set(before, sector * SECTOR);
    }
    for (const [sector, before] of this.#doomed) this.#bytes.set(before, sector * SECTOR);
    this.#doomed.clear();
    if (random.next() < 0.5) this.#length = this.#durableLength;
    this.#bytes.fill(0, this.#length);
    this.sync();
  }

  flipBit(offset: number, bit: number): void {
    const byte = this.#bytes[offset];
    if (byte === undefined || offset >= this.#length) {
      throw new Failure('not_found', `no byte ${offset} to flip`);
    }
    this.#bytes[offset] = byte ^ (1 << bit);
  }

  #grow(end: number): void {
    if (end <= this.#bytes.length) return;
    const sectors = Math.ceil(Math.max(end, this.#bytes.length * 2) / SECTOR);
    const bytes = new Uint8Array(sectors * SECTOR);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  #remember(from: number, to: number): void {
    for (let sector = Math.floor(from / SECTOR); sector * SECTOR < to; sector++) {
      if (this.#before.has(sector)) continue;
      const start = sector * SECTOR;
      const before = this.#doomed.get(sector) ?? this.#bytes.slice(start, start + SECTOR);
      this.#doomed.delete(sector);
      this.#before.set(sector, before);
    }
  }
}
