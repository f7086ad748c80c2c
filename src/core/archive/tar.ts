/**
 * Small tar archives in memory: a few plain files, none larger than 8 GiB. For files of our own
 * making, not for what people bring along.
 *
 * A1: what `writeTar` wrote, `readTar` reads back; other bytes give a problem, never an exception.
 *
 * Source: POSIX.1-1988, the ustar format.
 */

export interface TarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
/** Files of one archive; there are three in a snapshot. */
const FILES_MAX = 64;

export function writeTar(files: readonly TarFile[]): Uint8Array {
  const sizes = files.map(({ bytes }) => BLOCK + padded(bytes.length));
  const out = new Uint8Array(sizes.reduce((sum, size) => sum + size, 2 * BLOCK));
  let at = 0;
  for (const { name, bytes } of files) {
    out.set(header(name, bytes.length), at);
    out.set(bytes, at + BLOCK);
    at += BLOCK + padded(bytes.length);
  }
  return out;
}

export function readTar(bytes: Uint8Array): readonly TarFile[] | Readonly<{ problem: string }> {
  const files: TarFile[] = [];
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return files;
    const size = octal(block, 124, 12);
    if (size === undefined || octal(block, 148, 8) !== checksum(block)) {
      return { problem: `at byte ${at}: not the header of a file` };
    }
    if (at + BLOCK + size > bytes.length) return { problem: `at byte ${at}: the file is cut off` };
    if (files.length >= FILES_MAX) return { problem: 'too many files' };
    const from = at + BLOCK;
    files.push({ name: text(block, 0, 100), bytes: bytes.subarray(from, from + size) });
    at = from + padded(size);
  }
  return { problem: 'the archive has no end' };
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (value: string, at: number): void => block.set(new TextEncoder().encode(value), at);
  put(name.slice(0, 100), 0);
  put('0000600\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${size.toString(8).padStart(11, '0')}\0`, 124);
  put('00000000000\0', 136);
  put('0', 156);
  put('ustar\0' + '00', 257);
  put(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Of a header, its own field counted as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 32;
  for (const [i, byte] of block.entries()) if (i < 148 || i >= 156) sum += byte;
  return sum;
}

function octal(block: Uint8Array, at: number, length: number): number | undefined {
  const digits = text(block, at, length).trim();
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
