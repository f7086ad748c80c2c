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
import { SECTOR } from './frame.ts';

const NAME = 'term';
const MARK = 0x4d54726d;

/** Raises the term kept in `dir` by one and answers it; 1 in a new directory. */
export async function raiseTerm(disk: Disk, dir: string): Promise<number> {
  const path = `${dir}/${NAME}`;
  const file = await openOrCreate(disk, dir, path);
  try {
    const bytes = Buffer.from(await file.read(0, 2 * SECTOR));
    const terms = [readSlot(bytes, 0), readSlot(bytes, SECTOR)];
    const known = terms.filter((term) => term !== undefined);
    if (known.length === 0 && bytes.some((byte) => byte !== 0)) {
      throw new Failure('internal', `both halves of "${path}" are damaged`, {
        facts: { file: path },
      });
    }
    const term = Math.max(0, ...known) + 1;
    await file.write((term % 2) * SECTOR, [slot(term)]);
    await file.sync();
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
    await disk.syncDir(dir);
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
  return bytes;
}

function readSlot(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + SECTOR || bytes.readUInt32LE(at) !== MARK) return undefined;
  if (bytes.readUInt32LE(at + 8) !== crc32(bytes.subarray(at, at + 8))) return undefined;
  return bytes.readUInt32LE(at + 4);
}
