/**
 * Checksums as job files write them: `sha256:HEX`, `HEX` alone (the length tells the kind), or
 * `file:URL` of a list as `sha256sum` prints it.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/artifact
 */

export type HashKind = 'md5' | 'sha1' | 'sha256' | 'sha512';

export interface Checksum {
  readonly kind: HashKind;
  /** Lower case. */
  readonly hex: string;
}

export type WantedChecksum = Checksum | { readonly listUrl: string };

const HEX_LENGTHS: Readonly<Record<HashKind, number>> = {
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha512: 128,
};

/** Reads a `checksum` option, or says what is wrong with it. */
export function parseChecksum(text: string): WantedChecksum | { readonly mistake: string } {
  if (text.startsWith('file:')) return { listUrl: text.slice('file:'.length) };
  const colon = text.indexOf(':');
  const hex = text.slice(colon + 1).toLowerCase();
  const kind = colon < 0 ? kindOfLength(hex.length) : text.slice(0, colon).toLowerCase();
  if (kind === undefined || !isKind(kind)) {
    return { mistake: `checksum "${text}" is of no kind that is known: md5 sha1 sha256 sha512` };
  }
  if (!/^[0-9a-f]*$/.test(hex) || hex.length !== HEX_LENGTHS[kind]) {
    return { mistake: `checksum "${text}" is not ${HEX_LENGTHS[kind]} hexadecimal digits` };
  }
  return { kind, hex };
}

/**
 * Finds a file's checksum in a list: lines of `HEX  NAME` (or `HEX *NAME`), or `KIND (NAME) = HEX`,
 * or one checksum alone.
 */
export function checksumIn(list: string, fileName: string): Checksum | undefined {
  const lines = list.split('\n').map((line) => line.trim());
  for (const line of lines) {
    const tagged = /^(\w+) \((.+)\) = ([0-9A-Fa-f]+)$/.exec(line);
    const plain = /^([0-9A-Fa-f]+)\s+[* ]?(.+)$/.exec(line);
    const name = tagged?.[2] ?? plain?.[2];
    const hex = tagged?.[3] ?? plain?.[1];
    if (hex !== undefined && name !== undefined && baseName(name) === fileName) return ofHex(hex);
  }
  const [only, ...more] = lines.filter((line) => line !== '');
  return only !== undefined && more.length === 0 ? ofHex(only) : undefined;
}

function ofHex(text: string): Checksum | undefined {
  const kind = kindOfLength(text.length);
  const isHex = /^[0-9A-Fa-f]+$/.test(text);
  return kind === undefined || !isHex ? undefined : { kind, hex: text.toLowerCase() };
}

function kindOfLength(length: number): HashKind | undefined {
  return (Object.keys(HEX_LENGTHS) as HashKind[]).find((kind) => HEX_LENGTHS[kind] === length);
}

function isKind(text: string): text is HashKind {
  return Object.hasOwn(HEX_LENGTHS, text);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
