/** A node's metadata as TXT strings. */
import type { DirectoryNode } from './directory.ts';
import { TYPE, type ResourceRecord } from './record.ts';
import type { Name } from './name.ts';

/**
 * One TXT record for each entry: `key=value` as RFC 1464 writes it, or the value alone where the
 * key begins with `rfc1035-`. Source: Consul.
 *
 * @param name whose; undefined: of the name that was asked for
 * @param ttl [s]
 */
export function metaRecords(
  { meta }: DirectoryNode,
  name: Name | undefined,
  ttl: number,
): ResourceRecord[] {
  return Object.entries(meta).flatMap(([key, value]): ResourceRecord[] => {
    const isPlain = key.toLowerCase().startsWith('rfc1035-');
    const bytes = new TextEncoder().encode(
      isPlain ? value : `${escapeKey(key)}=${value.replaceAll('`', '``')}`,
    );
    if (bytes.length > TEXT_BYTES_MAX) return [];
    return [{ name, ttl, type: TYPE.TXT, strings: pieces(bytes) }];
  });
}

function escapeKey(key: string): string {
  const quoted = key.replaceAll('`', '``').replaceAll('=', '`=');
  const spaces = (run: string): string => '` '.repeat(run.length);
  return quoted.replace(/^ +/, spaces).replace(/ +$/, spaces);
}

/** A string of the wire has at most 255 bytes; readers put a record's strings together again. */
function pieces(bytes: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / STRING_BYTES_MAX));
  return Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * STRING_BYTES_MAX, (i + 1) * STRING_BYTES_MAX),
  );
}

const STRING_BYTES_MAX = 255;
/** Longer ones, which no catalog takes, are left out: a record's length has 16 bits. */
const TEXT_BYTES_MAX = 32_768;
