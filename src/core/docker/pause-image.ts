/**
 * The image of the containers that do nothing but hold an allocation's network, made here: no
 * registry need be reachable for a group to have a network.
 *
 * It holds one file, `/pause`: a static program that waits for ever. The kernel's own ABI is all it
 * uses, so it is the same everywhere.
 */

/** How the engine knows it. A change of the program is a new tag. */
export const PAUSE_IMAGE = { repository: 'muster/pause', tag: '1' } as const;
export const PAUSE_PATH = '/pause';

interface Machine {
  /** ELF's number for the processor. */
  readonly machine: number;
  readonly code: readonly number[];
}

/** By the engine's name of the architecture, which is Go's. */
const MACHINES: Readonly<Record<string, Machine>> = {
  amd64: {
    machine: 0x3e,
    code: [
      ...[0xb8, 0x22, 0x00, 0x00, 0x00], //  mov eax, 34 (pause)
      ...[0x0f, 0x05], //                    syscall
      ...[0xeb, 0xf7], //                    jmp to the first
    ],
  },
  arm64: {
    machine: 0xb7,
    code: [
      ...[0x28, 0x09, 0x80, 0xd2], //  mov x8, 73 (ppoll: there is no pause)
      ...[0x00, 0x00, 0x80, 0xd2], //  mov x0, 0 (of nothing)
      ...[0x01, 0x00, 0x80, 0xd2], //  mov x1, 0
      ...[0x02, 0x00, 0x80, 0xd2], //  mov x2, 0 (for ever)
      ...[0x03, 0x00, 0x80, 0xd2], //  mov x3, 0
      ...[0x01, 0x00, 0x00, 0xd4], //  svc 0
      ...[0xfa, 0xff, 0xff, 0x17], //  b to the first
    ],
  },
};

/** Where the program is put in memory. */
const ADDRESS = 0x400000;
const ELF_HEADER_SIZE = 64;
const SEGMENT_HEADER_SIZE = 56;
/** The largest page of any kernel on these machines. */
const ALIGNMENT = 0x10000;
const TAR_BLOCK = 512;

/**
 * The image's only layer as a tar archive; undefined where the program is not known for the
 * architecture (`amd64`, `arm64`).
 */
export function pauseArchive(architecture: string): Uint8Array | undefined {
  const machine = Object.hasOwn(MACHINES, architecture) ? MACHINES[architecture] : undefined;
  return machine === undefined ? undefined : archive(PAUSE_PATH.slice(1), program(machine));
}

/** Source: `man 5 elf`. */
function program({ machine, code }: Machine): Uint8Array {
  const start = ELF_HEADER_SIZE + SEGMENT_HEADER_SIZE;
  const size = start + code.length;
  return Uint8Array.from([
    ...[0x7f, 0x45, 0x4c, 0x46], // magic
    ...[2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], // 64 bits, little-endian, version 1, System V
    ...little(2, 2), // an executable
    ...little(machine, 2),
    ...little(1, 4), // version
    ...little(ADDRESS + start, 8), // where it begins
    ...little(ELF_HEADER_SIZE, 8), // segment headers
    ...little(0, 8), // no section headers
    ...little(0, 4), // flags
    ...little(ELF_HEADER_SIZE, 2),
    ...little(SEGMENT_HEADER_SIZE, 2),
    ...little(1, 2), // one segment
    ...little(0, 6), // no sections
    // The segment: the whole file, to be read and run.
    ...little(1, 4),
    ...little(5, 4),
    ...little(0, 8),
    ...little(ADDRESS, 8),
    ...little(ADDRESS, 8),
    ...little(size, 8),
    ...little(size, 8),
    ...little(ALIGNMENT, 8),
    ...code,
  ]);
}

/** Source: the ustar format, POSIX.1-2017 `pax`. */
function archive(name: string, content: Uint8Array): Uint8Array {
  const fields: readonly (readonly [offset: number, text: string])[] = [
    [0, name],
    [100, '0000555\0'],
    [108, '0000000\0'],
    [116, '0000000\0'],
    [124, `${octal(content.length, 11)}\0`],
    // Always the same time, so that the same program is the same image.
    [136, `${octal(0, 11)}\0`],
    [148, ' '.repeat(8)],
    [156, '0'],
    [257, 'ustar\x0000'],
  ];
  const blocks = Math.ceil(content.length / TAR_BLOCK);
  // Two empty blocks end an archive.
  const bytes = new Uint8Array(TAR_BLOCK * (1 + blocks + 2));
  for (const [offset, text] of fields) write(bytes, offset, text);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  write(bytes, 148, `${octal(sum, 6)}\0 `);
  bytes.set(content, TAR_BLOCK);
  return bytes;
}

function little(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** at) % 256);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function write(bytes: Uint8Array, offset: number, text: string): void {
  for (let at = 0; at < text.length; at++) bytes[offset + at] = text.charCodeAt(at);
}
