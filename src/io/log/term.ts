/**
 * The term of the embedded log: a number that each opening raises, durably, before it may write.
 *
 * T1: the file is two sectors written in turn, so a torn write leaves the other one intact.
 * T2: after its creation it is only overwritten, which needs no room: a full disk does not keep an
 *     agent from starting.
 */
import { crc32 } from 'node:zlib';
import { Failure } from '../../base/failure.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { SECTOR } from './sector.ts';

const NAME = 'term';
const MARK = 0x4d54726d;
/** The last byte of a written half. */
const END = 0xa5;

/** Raises the term kept in `dir` by one and answers it; 1 in a new directory. */
export async function raiseTerm(disk: Disk, dir: string): Promise<number> {
  const path = `${dir}/${NAME}`;
  const file = await openOrCreate(disk, dir, path);
  try {
    const bytes = Buffer.from(await file.read(0, 2 * SECTOR));
    const slots = [readSlot(bytes.subarray(0, SECTOR)), readSlot(bytes.subarray(SECTOR))];
    const known = slots.filter((found) => typeof found === 'number');
    const isDamaged = slots.includes('damaged');
    if (known.length === 0 && isDamaged) {
      throw new Failure('internal', `file "${path}" is damaged`, { facts: { file: path } });
    }
    // The damaged half may have held the next term. Three on is beyond that, and goes to that half.
    const term = Math.max(0, ...known) + (isDamaged ? 3 : 1);
    await file.write((term % 2) * SECTOR, [slot(term)]);
    await file.sync();
    // Each time: the process that made the file may have been killed before it did this.
    await disk.syncDir(dir);
    return term;
  } finally {
    await file.close();
  }
}

async function openOrCreate(disk: Disk, dir: string, path: string): Promise<DiskFile> {
  if ((await disk.list(dir)).includes(NAME)) return await disk.open(path, 'write');
  const file = await disk.open(path, 'create');
  try {
    await file.write(0, [Buffer.alloc(2 * SECTOR)]);
    await file.sync();
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function slot(term: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.writeUInt32LE(MARK, 0);
  bytes.writeUInt32LE(term, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  bytes[SECTOR - 1] = END;
  return bytes;
}

/** A half that was never wholly written shows no end and holds no term that anybody used. */
function readSlot(bytes: Buffer): number | 'unwritten' | 'damaged' {
  if (bytes.length < SECTOR || bytes[SECTOR - 1] === 0) return 'unwritten';
  const crc = crc32(bytes.subarray(0, 8));
  if (bytes.readUInt32LE(0) !== MARK || bytes.readUInt32LE(8) !== crc) return 'damaged';
  return bytes.readUInt32LE(4);
}
